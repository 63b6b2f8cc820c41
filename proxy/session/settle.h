/* settle: the fate of a message is known: what still comes of it is drained, then it is said. */
#ifndef PROXY_SESSION_SETTLE_H
#define PROXY_SESSION_SETTLE_H

#include <stdbool.h>

#include "filters/base/must_use.h"
#include "filters/verdict.h"

struct session;

/* settle_refuse(s, verdict): a verdict other than continue or accept: read to the end, then say it.
 */
void settle_refuse(struct session *s, const struct verdict *verdict);
/* settle_fail(s, failure, party, wire): the same for a failure of ours or the upstream's; ${wire}
 * is copied. settle_fail_because(s, failure, why, party, wire): with more to say of it in log and
 * record. settle_spool_failed(s): when it is the spool's. settle_upstream_gone(s): the upstream,
 * which should be taking content, is not: what it has decided (PROTOCOL U02 to U04). */
void settle_fail(struct session *s, const char *failure, enum party party, struct slice wire);
void settle_fail_because(struct session *s, const char *failure, struct slice why, enum party party,
                         struct slice wire);
void settle_spool_failed(struct session *s);
void settle_upstream_gone(struct session *s);
/* settle_prepare(s): a copy of the message will be stored, and its confirmation waited for. 0, or
 * -1 when memory is out: it must not be. */
MUST_USE int settle_prepare(struct session *s);
/* settle_finish(s): says the decided reply and ends the transaction; before that it waits, for a
 * moment, until copies of the message are confirmed or removed. settle_step(s): PHASE_SETTLE,
 * false when it must wait; settle_hurry(s): it must not any longer. */
void settle_finish(struct session *s);
bool settle_step(struct session *s);
void settle_hurry(struct session *s);
/* settle_at_once(s): settle_finish without any wait. settle_destroy(s): at the end of a session. */
void settle_at_once(struct session *s);
void settle_destroy(struct session *s);

#endif
