/* list_private: what the files of lists know of each other. */
#ifndef FILTERS_MATCH_LIST_PRIVATE_H
#define FILTERS_MATCH_LIST_PRIVATE_H

#include "filters/match/list.h"
#include "filters/match/ranges.h"

struct slow_entry {          /* one that is asked in turn */
    struct pattern *pattern; /* NULL: a wildcard */
    struct slice wildcard;
    bool unicode; /* the wildcard has bytes above 0x7F */
    const struct list_entry *origin;
};

struct list {
    struct arena arena;
    struct lookup names;    /* addresses, domains and other names, compared whole */
    struct lookup suffixes; /* of "*.example.org" the "example.org" */
    struct ranges ranges;
    struct slow_entry *slow;
    size_t slow_count, slow_capacity;
    size_t count;
    struct lookalikes *lookalikes; /* NULL: nobody asks what imitates it */
};

#endif
