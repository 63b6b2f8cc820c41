/* action: what a rule does, taken apart and checked once. */
#ifndef FILTERS_RULES_ACTION_H
#define FILTERS_RULES_ACTION_H

#include "filters/rules/compiler.h"

/* action_compile(c): fills in the acts of c->entry from its rule, and what they say of it. What is
 * wrong is in the diag. */
void action_compile(struct compiler *c);

#endif
