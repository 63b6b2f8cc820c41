/* lookup: byte strings found by hash, each with an item; the ground of list.
 *
 * Filled once by the operator's configuration and read from then on. What comes from the wire is
 * only looked up, never added, so nobody outside can make it slow.
 */
#ifndef FILTERS_MATCH_LOOKUP_H
#define FILTERS_MATCH_LOOKUP_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"

struct lookup_entry {
    struct slice key; /* ptr NULL: a free place */
    const void *item;
    uint32_t hash; /* of the key, so that a key elsewhere in memory is seldom fetched in vain */
};

/* All zero is an empty one that tells letter case apart. */
struct lookup {
    struct lookup_entry *entries; /* a power of two of them, at most half of them taken */
    size_t capacity, count;
    size_t longest; /* of the keys */
    bool fold;      /* keys are compared without ASCII letter case */
};

/* lookup_add(lookup, key, item): adds an entry; both must outlive the lookup. A key that is there
 * keeps its first item. Returns 0, or -1 when out of memory. */
MUST_USE int lookup_add(struct lookup *lookup, struct slice key, const void *item);

/* lookup_find(lookup, key): the entry of that key, or NULL. Takes as long as the longest key that
 * was added, however long ${key} is. */
const struct lookup_entry *lookup_find(const struct lookup *lookup, struct slice key);

/* lookup_bytes(lookup): the memory that it takes, the keys aside. */
size_t lookup_bytes(const struct lookup *lookup);

/* lookup_fini(lookup): frees what it took; it is then empty. */
void lookup_fini(struct lookup *lookup);

#endif
