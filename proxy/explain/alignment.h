/* alignment: which lines two texts share, where equal lines need not be the same bytes: the
 * shortest way from one to the other (E. Myers, An O(ND) Difference Algorithm, 1986).
 */
#ifndef PROXY_EXPLAIN_ALIGNMENT_H
#define PROXY_EXPLAIN_ALIGNMENT_H

#include "proxy/explain/diff.h"

#define ALIGNMENT_EDITS_MAX 1000 /* lines that went or came */

/* alignment_diff(diff, before, after, arena): compares, as diff_make. 1, or 0 when more than
 * ALIGNMENT_EDITS_MAX lines would have to be told, and ${diff} has none; -1 when memory is out. */
MUST_USE int alignment_diff(struct diff *diff, const struct diff_side *before,
                            const struct diff_side *after, struct arena *arena);

#endif
