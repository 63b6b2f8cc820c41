/* compiler: what the parts of the rule compiler (names, leaf, action, plan; ruleset above them)
 * share while a list of rules is compiled.
 *
 * Each part puts what is wrong into the diag and goes on, so that one run finds all of it. Out of
 * memory is a problem in the diag like any other.
 */
#ifndef FILTERS_RULES_COMPILER_H
#define FILTERS_RULES_COMPILER_H

#include "filters/base/must_use.h"
#include "filters/rules/ruleset_private.h"

#define COMPILER_BUCKETS 4096 /* of the table of leaves */

/* A leaf made before, and the condition it was made from. */
struct known_leaf {
    const struct condition *condition;
    struct leaf *leaf;
    struct known_leaf *next;  /* in its bucket */
    struct known_leaf *older; /* of all */
};

struct compiler {
    struct ruleset *out;
    const struct list_table *lists;
    struct diag *diag;
    bool final;           /* final rules: all are judged when the message is complete */
    struct entry *entry;  /* the rule under way */
    struct arena scratch; /* freed when all is compiled */
    struct known_leaf **buckets;
    struct known_leaf *newest;
};

/* compiler_alloc(c, count, size): zeroed room in the ruleset's arena, or NULL and a problem in the
 * diag. */
void *compiler_alloc(struct compiler *c, size_t count, size_t size);

/* compiler_no_memory(c): says in the diag that memory is out. */
void compiler_no_memory(struct compiler *c);

/* compiler_pattern(c, source, flags, place): a pattern owned by the ruleset, or NULL and a problem.
 */
const struct pattern *compiler_pattern(struct compiler *c, struct slice source, unsigned flags,
                                       struct place place);

/* compiler_entry(c, text, place): the list of which ${text} is the one entry, owned by the ruleset,
 * or NULL and a problem. */
const struct list *compiler_entry(struct compiler *c, struct slice text, struct place place);

#endif
