/* ranges: which of many address ranges holds an address; for list.
 *
 * Ranges are kept by hash under their prefix length, so that a look-up asks once for each length in
 * use, however many ranges there are.
 */
#ifndef FILTERS_MATCH_RANGES_H
#define FILTERS_MATCH_RANGES_H

#include "filters/base/address.h"
#include "filters/base/must_use.h"
#include "filters/match/lookup.h"

/* All zero is empty. */
struct ranges {
    struct lookup by_prefix;
    bool v4[32 + 1], v6[128 + 1]; /* prefix lengths in use */
};

/* ranges_add(ranges, range, item, arena): adds a range with its item, which must outlive ${ranges},
 * as the arena must. Returns 0, or -1 when out of memory. */
MUST_USE int ranges_add(struct ranges *ranges, const struct address_range *range, const void *item,
                        struct arena *arena);

/* ranges_find(ranges, address): the item of the narrowest range that holds ${address}; NULL: none
 * does. */
const void *ranges_find(const struct ranges *ranges, const struct address *address);

/* ranges_fini(ranges): frees what it took. */
void ranges_fini(struct ranges *ranges);

#endif
