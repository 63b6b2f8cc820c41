/* verdict: the answer to an event.
 *
 * The second word of the seam. A milter's answers are verdicts too. The functions are the only way
 * to build a refusal, so that a reject with a 4xx reply, or a tempfail with a 5xx, cannot exist.
 */
#ifndef FILTERS_VERDICT_H
#define FILTERS_VERDICT_H

#include "filters/base/reply.h"
#include "filters/event.h"

enum verdict_kind {
    VERDICT_CONTINUE,
    VERDICT_MORE, /* judging goes on: feed the same event again, in another turn of the loop */
    VERDICT_ACCEPT,
    VERDICT_DISCARD,
    VERDICT_QUARANTINE,
    VERDICT_TEMPFAIL,
    VERDICT_REJECT,
    VERDICT_DISCONNECT,
};

enum verdict_scope { SCOPE_MESSAGE, SCOPE_RECIPIENT, SCOPE_SESSION };

/* Who spoke. */
enum party { PARTY_NONE, PARTY_RULE, PARTY_MILTER, PARTY_UPSTREAM, PARTY_GATEWAY };

/* Why a party could not judge; each has its own setting under `on_failure` and its own audit
 * reason. */
enum failure {
    FAILURE_NONE,
    FAILURE_REGEX,
    FAILURE_MILTER,
    FAILURE_LOOKUP,
    FAILURE_CONTENT, /* what the message says could not be read, or not within the limits */
    FAILURE_MEMORY,
};

struct verdict {
    enum verdict_kind kind;
    enum verdict_scope scope;
    enum party party;
    struct slice by;     /* name of the rule or milter; lives as long as the policy */
    struct reply reply;  /* of a refusal; lives until eval_reset */
    struct slice reason; /* of a quarantine; likewise */
    /* With scope recipient: it is in, but goes to this address instead; likewise. ptr NULL: to its
     * own. */
    struct slice redirect;
    enum stage stage; /* at which it was reached */
    enum failure failure;
    bool all;       /* of an accept, or of a CONTINUE before MAIL: no milter is asked any more */
    bool redirects; /* of an accept: some recipients are sent elsewhere, and final rules judge it */
    unsigned delay_ms; /* to wait before the reply, whatever the kind */
};

/* verdict_refuses(kind): whether it is a tempfail, reject or disconnect. */
static inline bool verdict_refuses(enum verdict_kind kind)
{
    return kind == VERDICT_TEMPFAIL || kind == VERDICT_REJECT || kind == VERDICT_DISCONNECT;
}

/* verdict_refusal(kind, scope, reply): a tempfail, reject or disconnect with its reply. A reply
 * whose code does not fit the kind (4xx for tempfail; 5xx for reject; either for disconnect) is
 * replaced by "451 4.7.1 Service unavailable - try again later", "550 5.7.1 Command rejected" or
 * "421 4.7.0 Closing connection". Never called with another kind. */
struct verdict verdict_refusal(enum verdict_kind kind, enum verdict_scope scope,
                               struct reply reply);

/* verdict_greeting(verdict, arena): the reply of a refusal as a greeting says it, which knows no
 * other codes than 554 and 421 (RFC 5321, 3.1 and 4.3.2): 554 for a reject, 421 for a tempfail; a
 * disconnect's as it is. code 0 when the arena is full. */
struct reply verdict_greeting(const struct verdict *verdict, struct arena *arena);

/* verdict_name(kind), failure_name(failure), party_name(party): for the audit record: "reject",
 * "regex", "rule". */
struct slice verdict_name(enum verdict_kind kind);
struct slice failure_name(enum failure failure);
struct slice party_name(enum party party);

#endif
