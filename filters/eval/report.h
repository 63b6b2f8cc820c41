/* report: what became of a message so far, for the audit record, `explain` and the front-ends. */
#ifndef FILTERS_EVAL_REPORT_H
#define FILTERS_EVAL_REPORT_H

#include "filters/eval/eval_private.h"

/* report_make(e), report_interest(e), report_outcome(e, index): as eval_report, eval_interest,
 * eval_outcome. */
struct eval_report report_make(struct eval *e);
unsigned report_interest(const struct eval *e);
enum rule_outcome report_outcome(const struct eval *e, size_t index);

/* report_score(e, shadow): the sum of the rules that fired, or of the shadow rules whose condition
 * held; with those of the rules before, if these are final. */
double report_score(const struct eval *e, bool shadow);

#endif
