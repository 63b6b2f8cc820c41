/* leaf_sets: which leaves have their patterns looked for together. */
#ifndef FILTERS_RULES_LEAF_SETS_H
#define FILTERS_RULES_LEAF_SETS_H

#include "filters/rules/compiler.h"

/* leaf_sets_make(c): once all leaves and the names of headers are there, puts those that ask many
 * patterns of one field, of one header name, into a set. Problems go to the diag. */
void leaf_sets_make(struct compiler *c);

#endif
