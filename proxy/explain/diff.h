/* diff: what edits have changed, line by line, as `diff -u` shows it.
 *
 * No general comparison: edits never change the order of what they leave alone, and what they leave
 * alone keeps its place in memory. So two lines are the same when they are the same bytes, not only
 * equal ones, and the result is exact in one pass.
 */
#ifndef PROXY_EXPLAIN_DIFF_H
#define PROXY_EXPLAIN_DIFF_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"

#define DIFF_CONTEXT 2 /* unchanged lines shown around a change */

struct diff_line {
    char mark;         /* ' ', '-', '+', or '@' for the head of a hunk */
    struct slice text; /* without line end; of a head: "@@ -1,3 +1,4 @@" */
};

struct diff {
    struct diff_line *lines; /* none: nothing has changed */
    size_t count;
};

struct diff_side {
    const struct slice *lines;
    size_t count;
};

/* diff_make(diff, before, after, arena): compares. The lines' bytes must outlive ${diff}. Returns
 * 0, or -1 when the arena is full. */
MUST_USE int diff_make(struct diff *diff, const struct diff_side *before,
                       const struct diff_side *after, struct arena *arena);

/* diff_hunks(diff, lines, count, arena): of all lines of both sides, marked, those that changed and
 * what stands around them. Returns 0, or -1 when the arena is full. */
MUST_USE int diff_hunks(struct diff *diff, const struct diff_line *lines, size_t count,
                        struct arena *arena);

#endif
