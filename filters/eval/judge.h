/* judge: one list of rules judges one session: its rules, or its final rules.
 *
 * Each of the two is a struct eval; the one of the final rules continues the other. eval is the
 * door to both, and says what each of these means (eval.h).
 */
#ifndef FILTERS_EVAL_JUDGE_H
#define FILTERS_EVAL_JUDGE_H

#include "filters/base/must_use.h"
#include "filters/eval/eval_private.h"

/* judge_create(options, rules, before): judges ${rules}, whatever ${options} says of rules.
 * ${before}: the one whose score and tags these continue, and whose time they share; it hears every
 * event first, is reset with this one, and outlives it; NULL: these are not final rules. NULL when
 * out of memory. judge_destroy(NULL) does nothing. */
struct eval *judge_create(const struct eval_options *options, const struct ruleset *rules,
                          const struct eval *before);
void judge_destroy(struct eval *e);

/* judge_feed(e, event), judge_edits(e), judge_reset(e): as eval_feed, eval_edits and eval_reset,
 * for this list alone. Final rules judge nothing before EVENT_MESSAGE: all else is
 * VERDICT_CONTINUE, but for memory, and every recipient they hear of is in. */
MUST_USE struct verdict judge_feed(struct eval *e, const struct event *event);
const struct edit_list *judge_edits(struct eval *e);
void judge_reset(struct eval *e);

#endif
