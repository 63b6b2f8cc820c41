/* walk_recipient: rules that speak for one recipient (postern-rules(7), "Order and stages").
 *
 * At RCPT such a rule judges the recipient of that moment. Where it was undecided or held back
 * then, it is judged again for that recipient when the recipients are complete, and then speaks for
 * the message. A redirect speaks for each recipient at any stage.
 */
#ifndef FILTERS_EVAL_WALK_RECIPIENT_H
#define FILTERS_EVAL_WALK_RECIPIENT_H

#include "filters/eval/step.h"

/* walk_recipient_rule(e, entry): the step for such a rule. STEP_END also when the recipient's own
 * list has ended; what was said to it is in e->m->said. */
enum step walk_recipient_rule(struct eval *e, const struct entry *entry);

/* walk_judged_late(r, index): whether rule ${index} has something to say of the recipient that was
 * not settled at RCPT. */
bool walk_judged_late(const struct recipient *r, size_t index);

/* walk_refuse_by_claim(e, entry): at RCPT, for a rule of the message that may refuse this recipient
 * by what SIZE= declares: STEP_END when it does. */
enum step walk_refuse_by_claim(struct eval *e, const struct entry *entry);

#endif
