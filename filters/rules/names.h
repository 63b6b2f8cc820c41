/* names: the names of header fields that a list of rules asks for, each with a number, so that a
 * message's fields are sorted by name once.
 */
#ifndef FILTERS_RULES_NAMES_H
#define FILTERS_RULES_NAMES_H

#include "filters/base/must_use.h"
#include "filters/rules/ruleset_private.h"

struct compiler;

/* names_valid(name): whether a header field can have that name (RFC 5322, 2.2). */
bool names_valid(struct slice name);

/* names_collect(c): numbers the header names of all leaves; to be called once, when all are made.
 * Returns 0, or -1 when memory is out. */
MUST_USE int names_collect(struct compiler *c);

/* names_number(ruleset, name): the number of that name, in any case, or SLICE_NOT_FOUND when no
 * leaf asks for it. */
size_t names_number(const struct ruleset *ruleset, struct slice name);

#endif
