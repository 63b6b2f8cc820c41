/* fire: a rule acts. Its texts are put together from the captures and facts of that moment; its
 * edits are only noted and made into edits by effects, when the list is decided.
 */
#ifndef FILTERS_EVAL_FIRE_H
#define FILTERS_EVAL_FIRE_H

#include "filters/base/must_use.h"
#include "filters/eval/facts.h"

/* fire_rule(e, at): the actions of ${at}->rule but its terminal one. For a rule of recipients that
 * fired before, only its log and delay. Returns 0, or -1 when memory is out. */
MUST_USE int fire_rule(struct eval *e, const struct standpoint *at);

/* fire_verdict(e, at, scope, verdict): its terminal action as a verdict. 0, or -1 when memory is
 * out. */
MUST_USE int fire_verdict(struct eval *e, const struct standpoint *at, enum verdict_scope scope,
                          struct verdict *verdict);

/* fire_reason(e, at, reason): the reason of its quarantine, which lives until eval_reset. 0, or -1
 * when memory is out. */
MUST_USE int fire_reason(struct eval *e, const struct standpoint *at, struct slice *reason);

/* fire_target(e, at, target): the address that its redirect puts in the place of ${at}->recipient,
 * unchecked; it lives until eval_reset. 0, or -1 when memory is out. */
MUST_USE int fire_target(struct eval *e, const struct standpoint *at, struct slice *target);

/* fire_bad_address(e, index, scope, needs_utf8): the refusal where a text of rule ${index} that
 * shall be a mail address is none; ${needs_utf8}: or is one only with SMTPUTF8 (RFC 6531). */
struct verdict fire_bad_address(const struct eval *e, size_t index, enum verdict_scope scope,
                                bool needs_utf8);

/* fire_breaks_dkim(e, index): the refusal where an edit of rule ${index} would break a signature,
 * and the rule says to refuse then. */
struct verdict fire_breaks_dkim(const struct eval *e, size_t index);

/* fire_failure(e, index, scope): the refusal of a rule that could not be judged (on_failure).
 */
struct verdict fire_failure(const struct eval *e, size_t index, enum verdict_scope scope);

/* fire_conclude_memory(e): ends the message with that. */
void fire_conclude_memory(struct eval *e);

/* fire_message_scope(e, terminal): message, or session where a refusal ends that. */
enum verdict_scope fire_message_scope(const struct eval *e, const struct entry *entry);

/* fire_shadow(e, at): a shadow rule would act: notes it, and how it would end the list. 0; or -1:
 * e->stop says why, and it is to be called again unless memory is out. */
MUST_USE int fire_shadow(struct eval *e, const struct standpoint *at);

#endif
