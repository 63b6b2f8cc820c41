/* The milter as its own files share it: milter.c (its life, and what the owner asks),
 * milter_negotiate.c (options), milter_say.c (macros and commands), milter_message.c (content),
 * milter_answer.c (verdicts), milter_edits.c (changes), milter_index.c (how Sendmail counts header
 * fields), milter_trace.c (who looks on). Nobody else includes this. */
#ifndef PROXY_MILTER_MILTER_PRIVATE_H
#define PROXY_MILTER_MILTER_PRIVATE_H

#include "filters/base/must_use.h"
#include "proxy/milter/milter.h"
#include "proxy/milter/wire/packet_command.h"
#include "proxy/milter/wire/packet_reply.h"
#include "proxy/net/connection.h"
#include "proxy/net/spool.h"

enum milter_phase {
    MILTER_CLOSED,
    MILTER_CONNECTING,
    MILTER_NEGOTIATING,
    MILTER_OPEN,
};

/* What is settled already. */
enum milter_stance {
    MILTER_ASKED,        /* nothing */
    MILTER_DONE_MESSAGE, /* ${verdict} is the answer until milter_reset */
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

/* How far the content has come. */
enum milter_part { MILTER_PART_HEADER, MILTER_PART_EOH, MILTER_PART_BODY, MILTER_PART_END };

struct milter_content {
    enum milter_part part;
    size_t field;   /* next to send */
    size_t body_at; /* next octet to send of what is below the fields */
    bool begun;     /* the macros of this part were sent */
};

/* A header field as Sendmail counts it: a deleted one too. */
struct milter_counted {
    struct slice name;
    bool deleted;
};

struct milter_counting {
    struct milter_counted *fields; /* NULL: not needed so far */
    size_t count, capacity;
    size_t above; /* how many of them stand above our own Received field, which is none of them */
};

/* Changes that came so far. */
struct milter_staged {
    struct edit_list edits;
    struct milter_counting counting;
    struct spool body;
    size_t body_edit; /* its index in ${edits} */
    bool body_begun;
    bool body_over; /* something else came after it */
    bool carriage;  /* it ended in a CR so far */
};

struct milter {
    struct loop *loop;
    const struct milter_conf *conf;
    const struct limits *limits;
    struct log *log;
    void (*wake)(void *ctx);
    void *ctx;
    uint32_t version;
    const struct milter_trace *trace;

    struct connection *connection;
    struct packet_reader reader;
    struct packet_options options; /* settled; its lists are in ${session} */
    struct arena session;          /* of the connection */
    struct bytes out;              /* packets being written */
    enum milter_phase phase;
    unsigned defined; /* 1 << stage: macros were sent on this connection */
    bool introduced;  /* it was told of the client */
    bool transaction; /* it was told of a message, and not of its end */

    enum milter_stance stance;
    const char *failure;
    enum milter_fault fault;
    bool untouchable; /* failed after it had begun to change: never continue */
    struct verdict verdict;

    struct milter_job job;
    enum packet_command_kind command; /* said last */
    bool awaiting;                    /* its answer */
    int skipping;                     /* command that it wants no more of; 0: none */
    struct milter_content content;
    struct arena message;
    struct milter_staged staged;
    uint64_t spent_ms;
    bool utf8; /* the message has SMTPUTF8 */
};

/* milter_trace_said(m): shows the whole packets in ${out}. milter_trace_body(m, chunk): a part of
 * the body. */
void milter_trace_said(const struct milter *m);
void milter_trace_body(const struct milter *m, struct slice chunk);

/* milter_fail(m, failure): closes; ${failure} is static or in ${message}. The job under way ends.
 */
void milter_fail(struct milter *m, const char *failure);
/* milter_done(m, verdict): the job under way ends with that answer. milter_pass(m): with
 * CONTINUE. */
void milter_done(struct milter *m, struct verdict verdict);
void milter_pass(struct milter *m);
/* milter_work(m): begins the job, or the way to it. */
void milter_work(struct milter *m);
/* milter_hang_up(m): ABORT and QUIT where the milter understands them, and closes. */
void milter_hang_up(struct milter *m);
/* milter_stage(m): of the job under way. */
enum stage milter_stage(const struct milter *m);
/* milter_wait(m, ms): the milter has that long, or until the job's deadline. */
void milter_wait(struct milter *m, uint64_t ms);
/* milter_push(m): queues what is in ${out}. False: it has failed. milter_unwritable(m): milter_fail
 * because nothing can be queued. */
bool milter_push(struct milter *m);
void milter_unwritable(struct milter *m);

/* milter_negotiate_begin(m): makes the offer. milter_negotiate_end(m, answer): takes the answer. */
void milter_negotiate_begin(struct milter *m);
void milter_negotiate_end(struct milter *m, const struct packet_options *answer);

/* milter_say_macros(m, command): writes what goes before ${command}. False: it has failed. */
bool milter_say_macros(struct milter *m, enum packet_command_kind command);
/* milter_say_event(m): says the event of the job. milter_say_unknown(m): the line of the job. */
void milter_say_event(struct milter *m);
void milter_say_unknown(struct milter *m);
/* milter_say_sent(m, command): what is in ${out}, ${command} last, leaves; awaits its answer.
 * None is awaited when none comes, or it has failed. */
void milter_say_sent(struct milter *m, enum packet_command_kind command);

/* milter_message_begin(m), milter_message_step(m): sends as much of the content as can be now. */
void milter_message_begin(struct milter *m);
void milter_message_step(struct milter *m);

/* milter_answer_take(m, packet): what was awaited, or a part of it, is there. */
void milter_answer_take(struct milter *m, struct packet packet);

/* milter_edits_take(m, reply): one change. NULL, or why it cannot be. milter_edits_finish(m): all
 * are there; the same. milter_edits_drop(m): forgets them. */
const char *milter_edits_take(struct milter *m, const struct packet_reply *reply);
const char *milter_edits_finish(struct milter *m);
void milter_edits_drop(struct milter *m);

/* milter_index_edit(m, edit): turns the index of a header edit, as Sendmail counts, into that of
 * struct edit. Returns 1, 0 when nothing is to be changed, or -1 when memory is out. */
MUST_USE int milter_index_edit(struct milter *m, struct edit *edit);

#endif
