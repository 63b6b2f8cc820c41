/* boundary: the boundaries of all multiparts that are open, and which of them a line is a delimiter
 * of (RFC 2046, 5.1.1). However many there are, a line is read once.
 */
#ifndef FILTERS_MIME_BOUNDARY_H
#define FILTERS_MIME_BOUNDARY_H

#include "filters/base/arena.h"

#define BOUNDARY_MAX     1000 /* octets of one; the RFC has 70 */
#define BOUNDARY_BUCKETS 256

struct boundary;

struct boundaries {
    struct arena *arena;
    struct boundary *buckets[BOUNDARY_BUCKETS]; /* of an upper level before those below */
    struct boundary *spare;
    struct boundary *newest;
    unsigned of_length[BOUNDARY_MAX + 1]; /* how many are so long */
    size_t longest;
};

struct boundary_match {
    size_t level; /* of the multipart; the innermost, where several have that boundary */
    bool last;    /* "--" stands behind it: no part follows */
    bool exact;   /* nothing else does: else only some take it for a delimiter */
};

void boundaries_init(struct boundaries *set, struct arena *arena);

/* boundaries_open(set, text, level): ${text} is one of the multipart at ${level}, which is the
 * innermost. Returns 1; 0: another level has the same; -1: the arena is full. ${text} is at most
 * BOUNDARY_MAX long, and lives as long as it is open. */
MUST_USE int boundaries_open(struct boundaries *set, struct slice text, size_t level);

/* boundaries_close(set, level): those of ${level} and above are no more. */
void boundaries_close(struct boundaries *set, size_t level);

/* boundaries_match(set, line, match): whether ${line}, without its line end, could be a delimiter.
 * Linear in the line. */
bool boundaries_match(const struct boundaries *set, struct slice line,
                      struct boundary_match *match);

#endif
