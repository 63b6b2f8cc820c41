/* list_private: what the files of lists know of each other. */
#ifndef FILTERS_MATCH_LIST_PRIVATE_H
#define FILTERS_MATCH_LIST_PRIVATE_H

#include "filters/match/list.h"
#include "filters/match/pattern_set.h"
#include "filters/match/ranges.h"

#define LIST_BLOCK      2048 /* entries whose patterns are looked for in one pass */
#define LIST_BLOCK_BITS (LIST_BLOCK / 64)

struct slow_entry {          /* one that is asked in turn */
    struct pattern *pattern; /* NULL: a wildcard */
    struct slice wildcard;
    bool unicode; /* the wildcard has bytes above 0x7F */
    const struct list_entry *origin;
};

/* LIST_BLOCK of them, or the last ones. */
struct slow_block {
    const struct pattern_set *patterns; /* numbered as the entries; NULL: they are few */
    uint64_t asked[LIST_BLOCK_BITS];    /* a bit for each entry that is asked, seen or not */
};

struct list {
    struct arena arena;
    struct lookup names;    /* addresses, domains and other names, compared whole */
    struct lookup suffixes; /* of "*.example.org" the "example.org" */
    struct ranges ranges;
    struct slow_entry *slow;
    size_t slow_count, slow_capacity;
    struct slow_block *blocks; /* of all slow entries, in the arena; NULL: none has a set */
    size_t count;
    struct lookalikes *lookalikes; /* NULL: nobody asks what imitates it */
};

#endif
