/* report: what became of a message so far, for the audit record, `explain` and the front-ends. */
#ifndef FILTERS_EVAL_REPORT_H
#define FILTERS_EVAL_REPORT_H

#include "filters/eval/eval_private.h"

/* report_make(e), report_interest(e), report_outcome(e, index): as eval_report, eval_interest,
 * eval_outcome, of this list of rules alone. */
struct eval_report report_make(struct eval *e);
unsigned report_interest(const struct eval *e);
enum rule_outcome report_outcome(const struct eval *e, size_t index);

#endif
