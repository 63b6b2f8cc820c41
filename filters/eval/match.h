/* match: asks one leaf's question of the values of its field, in slices, within the budget. */
#ifndef FILTERS_EVAL_MATCH_H
#define FILTERS_EVAL_MATCH_H

#include "filters/eval/facts.h"

/* match_leaf(e, leaf, at, pausable): TRUTH_TRUE when some value matches, TRUTH_FALSE, TRUTH_FAILED
 * when a limit was hit before that was known, or TRUTH_STOP. The field must be known. ${pausable}:
 * the caller keeps the answer, so that a long search may stop (STOP_MORE) and go on where it was
 * when called again. */
enum truth match_leaf(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                      bool pausable);

/* match_listing(e, leaf, at, value): which entry of the lists that ${leaf} asks has ${value}; none
 * too when the time is up. Nothing is kept. */
struct listing match_listing(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                             const struct value *value);

#endif
