/* report_join: what the rules and what the final rules have to tell, as one report. */
#ifndef FILTERS_EVAL_REPORT_JOIN_H
#define FILTERS_EVAL_REPORT_JOIN_H

#include "filters/base/arena.h"
#include "filters/eval/eval.h"

/* report_join(arena, first, last): ${last} with all of ${first} before it; score and tags are those
 * of ${last}, which counts ${first}'s in. What is made for that lives in ${arena}, the rest where
 * it was. Where memory is out it leaves out of ${first} what there is no room for, and says so. */
struct eval_report report_join(struct arena *arena, const struct eval_report *first,
                               const struct eval_report *last);

#endif
