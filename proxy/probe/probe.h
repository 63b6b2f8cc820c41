/* probe: one SMTP session told to a milter as an MTA would tell it, and all that came of it.
 *
 * Made once, then printed for a person or for a program: probe_report.h.
 */
#ifndef PROXY_PROBE_PROBE_H
#define PROXY_PROBE_PROBE_H

#include "conf/milter_conf.h"
#include "filters/base/address.h"
#include "filters/base/endpoint.h"
#include "filters/base/must_use.h"
#include "filters/event.h"
#include "filters/message/draft.h"
#include "filters/verdict.h"
#include "proxy/explain/body_diff.h"
#include "proxy/probe/transcript.h"

struct probe_request {
    struct endpoint endpoint;
    uint32_t version; /* of the protocol, offered */
    enum milter_style macros;
    unsigned timeout_ms; /* for each answer */
    unsigned repeat;     /* messages */
    enum stage until;    /* the last that is told; STAGE_MESSAGE: all */
    struct address client;
    struct slice helo, sender, message; /* the message with CRLF line ends */
    const struct slice *recipients;
    size_t recipient_count;
    struct milter_facts facts; /* without what changes with each command */
};

/* One message, or the session that ended before it. */
struct probe_message {
    unsigned number;        /* from 1 */
    struct verdict verdict; /* the milter's last word */
    const char *note;       /* more to say about the verdict, static; NULL: nothing */
    struct edit_list edits; /* values as in struct edit */
    bool unfit;             /* ... one of them cannot be made */
    struct diff envelope, header;
    struct body_diff body;
    struct probe_message *next;
};

struct probe {
    const struct probe_request *request;
    struct arena arena;
    struct transcript transcript;
    struct probe_message *messages; /* one at least */
    enum milter_fault fault;
    const char *failure; /* in ${arena}, or static; NULL: none */
};

/* probe_run(probe, request): tells it all. ${request} must live until probe_end. 0, or -1 when
 * memory or descriptors are out; probe_end either way. */
MUST_USE int probe_run(struct probe *probe, const struct probe_request *request);
void probe_end(struct probe *probe);

#endif
