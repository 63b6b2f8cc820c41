/* bare: the patterns of a rule that have no literal (filters/match/literals.h): nothing can be
 * looked for in their place, so each is searched for in every value of its field. */
#ifndef FILTERS_RULES_BARE_H
#define FILTERS_RULES_BARE_H

#include "filters/match/pattern.h"
#include "filters/rules/ruleset.h"

struct bare_pattern {
    enum field_id field;
    struct slice name; /* of the header, for a named field */
    struct slice text; /* as written, between the slashes */
    const struct pattern *pattern;
};

/* Called for each. */
typedef void bare_seen(void *ctx, const struct bare_pattern *bare);

/* bare_patterns(ruleset, index, seen, ctx): tells ${seen} of each such pattern that stands in the
 * condition of rule ${index}, other than in a list (list_bare_patterns). Returns how many patterns
 * stand there in all, or SLICE_NOT_FOUND when memory is out. */
size_t bare_patterns(const struct ruleset *ruleset, size_t index, bare_seen *seen, void *ctx);

#endif
