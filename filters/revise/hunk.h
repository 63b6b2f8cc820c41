/* hunk: what differs between two texts. Where they have as many lines, line by line, so that what
 * stands between two changes is none; else all from the first octet that differs to the last.
 */
#ifndef FILTERS_REVISE_HUNK_H
#define FILTERS_REVISE_HUNK_H

#include <stdbool.h>

#include "filters/base/slice.h"

struct hunk {
    size_t from, to;   /* octets of the text before that go */
    struct slice text; /* what comes in their place; of the text after */
};

/* Private. */
struct hunks {
    struct slice before, after; /* what was not gone through */
    size_t at;                  /* where in the text before that is */
    bool by_line;
};

/* hunks_begin(hunks, before, after): starts with the first; hunks_next(hunks, hunk): takes the
 * next, from front to back; false: there is none. Linear in all. */
void hunks_begin(struct hunks *hunks, struct slice before, struct slice after);
bool hunks_next(struct hunks *hunks, struct hunk *hunk);

/* hunk_line(s): takes the first line off ${s}, its line end included; empty at the end.
 * hunk_lines(s): how many line ends it has. */
struct slice hunk_line(struct slice *s);
size_t hunk_lines(struct slice s);

/* hunk_common(a, b): how many octets both begin with. */
size_t hunk_common(struct slice a, struct slice b);

#endif
