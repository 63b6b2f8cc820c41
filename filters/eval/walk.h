/* walk: the list of rules, from top to bottom (postern-rules(7), "Order and stages").
 *
 * On each event the list is walked once. What the rules above leave open is kept in views: for
 * rules that speak for the message, for rules of the recipient that is judged, and for shadow
 * rules.
 */
#ifndef FILTERS_EVAL_WALK_H
#define FILTERS_EVAL_WALK_H

#include "filters/eval/step.h"

/* walk_run(e): walks from e->m->walk.index to the end, or until it stops. */
enum step walk_run(struct eval *e);

#endif
