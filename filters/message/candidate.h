/* candidate: what may be an address of a list, and as what readers take it.
 *
 * Where a list is well-formed each candidate is an address and all readers agree. Where it is not,
 * each of them mends it in his own way: one stops at the first byte that no address has, another
 * leaves that byte out. A rule is to see each address that comes of it.
 */
#ifndef FILTERS_MESSAGE_CANDIDATE_H
#define FILTERS_MESSAGE_CANDIDATE_H

#include "filters/base/arena.h"

#define CANDIDATES_LAST 8

/* The addresses found so far. */
struct candidates {
    struct arena *arena;
    struct slice *out;
    size_t max, count; /* room in ${out}; found, more than that maybe */
    bool failed;       /* memory was out */
    bool unread;       /* a malformed list was too long to be mended */
    bool mending;      /* the list is malformed: an address may have lost its local part */
    /* private */
    struct slice last[CANDIDATES_LAST]; /* so that readings that agree count once */
    size_t seen;                        /* how many came, those too that were there already */
};

/* candidate_read(found, text): all that readers take ${text} for, whose quoted strings are closed.
 * It must live as long as ${found} is used, and is mostly kept as it is. */
void candidate_read(struct candidates *found, struct slice text);

#endif
