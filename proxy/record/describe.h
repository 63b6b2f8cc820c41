/* describe: what an audit record says of a message and its verdict, in one way for whoever has
 * judged it: a session of the proxy, or an MTA's. Both fill in what they alone know. Pure; what has
 * to be made is made in an arena of the caller's, and must stay until the record is written.
 */
#ifndef PROXY_RECORD_DESCRIBE_H
#define PROXY_RECORD_DESCRIBE_H

#include "filters/base/arena.h"
#include "filters/eval/eval.h"
#include "filters/message/header.h"
#include "filters/verdict.h"
#include "proxy/record/audit.h"

/* What has become of a message. */
struct describe_fate {
    struct verdict verdict; /* the last word; PARTY_NONE: there was none */
    struct slice decider;   /* who said it */
    struct slice reply;     /* first line of what the client was told */
    enum stage reached;     /* how far the message has come */
    bool settled;           /* its fate was decided, not only that of some recipients */
    size_t accepted_count;  /* recipients that were accepted */
};

/* describe_fate(record, fate): verdict, stage, who decided and the reply. A message that was taken
 * back, or whose client left, is an "abort", unless every recipient was refused; what was decided
 * of it before is told all the same. What was decided of one recipient is no word on a message that
 * has others. */
void describe_fate(struct audit_record *record, const struct describe_fate *fate);

/* describe_session_fate(record, last, decider): the same of a session without a message: the last
 * verdict in it. */
void describe_session_fate(struct audit_record *record, const struct verdict *last,
                           struct slice decider);

/* describe_nobody_gets(verdict): whether nobody gets the message, so that no edit of it matters. */
bool describe_nobody_gets(const struct verdict *verdict);

/* describe_header(record, header, arena): what the record tells of the content. ${header} NULL: it
 * has not come. */
void describe_header(struct audit_record *record, const struct header *header, struct arena *arena);

/* describe_field(header, name, arena): the decoded value of the first field of that name; empty:
 * there is none. ${header} NULL: it has not come. */
struct slice describe_field(const struct header *header, struct slice name, struct arena *arena);

/* What has failed, in the order of the record: milters, rules, then what is said of us. */
struct describe_failures {
    const struct audit_milter *milters;
    size_t milter_count;
    const struct eval_report *report;
    const struct slice *ours; /* empty ones are left out */
    size_t our_count;
};

/* describe_failures(record, failures, arena): each as a text: "milter: name: reason", "regex:
 * rule", "lookup: rule", and ours as they are. */
void describe_failures(struct audit_record *record, const struct describe_failures *failures,
                       struct arena *arena);

#endif
