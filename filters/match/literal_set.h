/* literal_set: many literals looked for in one pass.
 *
 * Each place of the text is looked up in a small table by its first few bytes, which says of what
 * lengths literals begin so; for nearly all places that is none. The others are looked up whole, at
 * most once for each length. So the time is linear in the text, whatever it is, and the tables are
 * some tens of bytes a literal.
 */
#ifndef FILTERS_MATCH_LITERAL_SET_H
#define FILTERS_MATCH_LITERAL_SET_H

#include "filters/base/arena.h"
#include "filters/match/literals.h"

struct literal_set;

/* A literal and whose it is; an owner may have many, and a literal many owners. */
struct literal_owned {
    struct literal literal;
    uint32_t owner;
};

/* literal_set_create(items, count, arena): the set of all of them, in ${arena}; immutable. NULL
 * when memory is out. ${items} is not needed afterwards. At most LITERAL_SET_MAX. */
struct literal_set *literal_set_create(const struct literal_owned *items, size_t count,
                                       struct arena *arena);

#define LITERAL_SET_MAX ((size_t)1 << 24)

/* Called for each owner of a literal that stands at ${at}, in the order of places. */
typedef void literal_seen(void *ctx, size_t at, uint32_t owner);

/* literal_set_scan(set, text, first, end, seen, ctx): finds all literals of ${text} that begin at
 * ${first} or behind, and before ${end}. ${text} must be all of it, so that what begins there is
 * seen to its end. */
void literal_set_scan(const struct literal_set *set, struct slice text, size_t first, size_t end,
                      literal_seen *seen, void *ctx);

#endif
