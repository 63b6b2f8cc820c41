/* revised: the parts of a message that edits have changed, as it came and as it goes on: their
 * decoded texts, or what a part was that is gone.
 */
#ifndef PROXY_EXPLAIN_REVISED_H
#define PROXY_EXPLAIN_REVISED_H

#include "filters/base/must_use.h"
#include "filters/content/content.h"
#include "proxy/explain/body_diff.h"

#define REVISED_PARTS_MAX 100 /* shown */
#define REVISED_LINE_MAX  300 /* bytes of a line, around what changed */

struct revised_part {
    size_t part;                /* from 1, as it came */
    struct slice before, after; /* what it is, on a line */
    struct body_diff text;
};

struct revised {
    struct revised_part *parts;
    size_t count, left_out;
};

/* revised_compare(before, after, revised, arena): what differs. Both contents must outlive
 * ${revised}. 0, or -1 when the arena is full. */
MUST_USE int revised_compare(const struct content *before, const struct content *after,
                             struct revised *revised, struct arena *arena);

#endif
