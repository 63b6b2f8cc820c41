/* pattern_set: the patterns that are asked of one field, so that one pass over a text tells which
 * of them could match it. Who could is for pattern_search to judge; the set never says what
 * matches.
 */
#ifndef FILTERS_MATCH_PATTERN_SET_H
#define FILTERS_MATCH_PATTERN_SET_H

#include "filters/match/literal_set.h"
#include "filters/match/pattern.h"

struct pattern_set;

/* pattern_set_create(patterns, count, arena): the set of those of ${patterns} that have literals,
 * numbered as they stand there; NULL may be among them. In ${arena}, immutable, and without need of
 * the patterns. NULL when memory is out. */
struct pattern_set *pattern_set_create(const struct pattern *const *patterns, size_t count,
                                       struct arena *arena);

/* pattern_set_holds(set, number): whether that pattern has literals, so that a text in which the
 * scan does not find it is none that it matches. */
bool pattern_set_holds(const struct pattern_set *set, size_t number);

/* pattern_set_ahead(set, number): how far before the place found a match may begin; SIZE_MAX:
 * anywhere. */
size_t pattern_set_ahead(const struct pattern_set *set, size_t number);

/* pattern_set_scan(set, text, first, end, seen, ctx): ${seen} hears of each place of ${text} from
 * ${first} on, before ${end}, where a literal begins, and whose it is: as literal_set_scan. */
void pattern_set_scan(const struct pattern_set *set, struct slice text, size_t first, size_t end,
                      literal_seen *seen, void *ctx);

#endif
