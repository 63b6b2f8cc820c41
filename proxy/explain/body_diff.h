/* body_diff: what edits make of a body, or of a text in it, line by line.
 */
#ifndef PROXY_EXPLAIN_BODY_DIFF_H
#define PROXY_EXPLAIN_BODY_DIFF_H

#include "filters/base/must_use.h"
#include "proxy/explain/diff.h"

/* All zero: nothing was compared. */
struct body_diff {
    size_t before, after; /* lines */
    struct diff diff;     /* none: nothing has changed, or too much to say */
};

/* body_diff_make(diff, old, new, arena): compares two bodies, which must outlive ${diff}. 0, or -1
 * when the arena is full. */
MUST_USE int body_diff_make(struct body_diff *diff, struct slice old, struct slice new,
                            struct arena *arena);

#endif
