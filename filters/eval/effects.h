/* effects: what rules that fired do to the message, as edits (postern-rules(7), "Actions").
 *
 * Rules only note that they fired. When the edits are asked for, their actions are gone through in
 * file order on a copy of the header and of the recipients, so that later ones see earlier ones.
 */
#ifndef FILTERS_EVAL_EFFECTS_H
#define FILTERS_EVAL_EFFECTS_H

#include "filters/eval/making.h"

/* effects_make(e, shadow, pausable, list, rule): the edits of all rules that fired, into ${list}.
 * With ${shadow} those of shadow rules only, made in their places between the others. On failure
 * *${rule} is the one that failed. MAKING_MORE, only with ${pausable}: the turn is over; called
 * again with the same arguments it goes on. Called with others it begins anew. Between budget_begin
 * and budget_end. */
enum making_result effects_make(struct eval *e, bool shadow, bool pausable, struct edit_list *list,
                                size_t *rule);

/* effects_shadowed(e): whether some shadow rule that would have acted has edits. */
bool effects_shadowed(const struct eval *e);

/* effects_drop(e): forgets a making under way, if there is one. */
void effects_drop(struct eval *e);

#endif
