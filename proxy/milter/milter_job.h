/* milter_job: what a milter is asked at the moment, and how that ends: with a verdict, its own or
 * that of its on_failure (MILTER 8). */
#ifndef PROXY_MILTER_MILTER_JOB_H
#define PROXY_MILTER_MILTER_JOB_H

#include "filters/event.h"
#include "filters/message/header.h"
#include "filters/verdict.h"
#include "proxy/milter/milter.h"

/* What is settled already. */
enum milter_stance {
    MILTER_ASKED,        /* nothing */
    MILTER_DONE_MESSAGE, /* the verdict is the answer until milter_reset */
    MILTER_DONE_SESSION, /* ... until the session ends; the connection is closed */
    MILTER_FAILED,       /* on_failure is the answer until milter_reset; closed */
};

enum milter_job_kind { MILTER_JOB_NONE, MILTER_JOB_EVENT, MILTER_JOB_UNKNOWN, MILTER_JOB_MESSAGE };

/* What is under way. */
struct milter_job {
    enum milter_job_kind kind;
    const struct event *event;
    const struct milter_facts *facts;
    struct slice line; /* UNKNOWN */
    const struct header *header;
    struct slice below; /* of the header, from the first line that is no field on: to the milter it
                           is the body's beginning */
    struct slice body;
    uint64_t since_ms, deadline_ms; /* in the loop's time */
};

/* milter_job_done(m, verdict): the job under way ends with that answer, said by the milter at the
 * stage of the job. milter_job_pass(m): with CONTINUE. */
void milter_job_done(struct milter *m, struct verdict verdict);
void milter_job_pass(struct milter *m);

/* milter_job_fail(m, fault, failure): the milter has failed, which is logged; closes. ${failure} is
 * static or in the message's arena. The job under way ends with the verdict of its on_failure, and
 * so does all else until milter_reset. */
void milter_job_fail(struct milter *m, enum milter_fault fault, const char *failure);

/* milter_job_fail_again(m): the job under way ends as one that has failed before. */
void milter_job_fail_again(struct milter *m);

#endif
