/* leaf: questions about one field, compiled from conditions, each kind of question once. */
#ifndef FILTERS_RULES_LEAF_H
#define FILTERS_RULES_LEAF_H

#include "filters/rules/compiler.h"

/* leaf_intern(c, condition): the leaf for a CONDITION_FIELD, an equal one made before if there is
 * one. NULL and a problem when its matchers do not fit the field. */
struct leaf *leaf_intern(struct compiler *c, const struct condition *condition);

/* leaf_alone(c, condition): the same for an action, which asks one value at a time: a leaf that no
 * rule's condition shares, and no set. */
struct leaf *leaf_alone(struct compiler *c, const struct condition *condition);

#endif
