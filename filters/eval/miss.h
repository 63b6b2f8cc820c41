/* miss: why a rule did not fire, for `explain`: which part of its condition did not hold. */
#ifndef FILTERS_EVAL_MISS_H
#define FILTERS_EVAL_MISS_H

#include "filters/eval/eval_private.h"

/* miss_find(e, index, miss): as eval_miss. */
bool miss_find(struct eval *e, size_t index, struct eval_miss *miss);

#endif
