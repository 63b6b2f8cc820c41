/* plan: when each rule is decided, when it can act, what holds it back (postern-rules(7), "Order
 * and stages").
 */
#ifndef FILTERS_RULES_PLAN_H
#define FILTERS_RULES_PLAN_H

#include "filters/rules/compiler.h"

/* plan_make(c): finds that out for all rules, and warns of those that cannot do what was meant. */
void plan_make(struct compiler *c);

#endif
