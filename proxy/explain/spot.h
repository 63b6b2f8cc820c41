/* spot: where in the message what a condition has found stands. */
#ifndef PROXY_EXPLAIN_SPOT_H
#define PROXY_EXPLAIN_SPOT_H

#include "filters/eval/eval.h"
#include "proxy/explain/lines.h"

/* All zero: nobody knows, or it is not of the message. */
struct spot {
    size_t line; /* of the message, from 1, on which it begins; 0: it does not stand there as it was
                  * found, but decoded or put together */
    size_t part; /* from 1; 0: it is of no part */
    size_t first_line, last_line; /* of that part; 0: it stands in what is decoded, or is edited */
    const char *reading; /* of a text, how it was read: "visible text"; NULL: it is no text */
};

/* spot_of(hit, content, lines): of what was found in the message whose lines are ${lines}, and
 * whose content, if it was read, ${content}. */
struct spot spot_of(const struct eval_hit *hit, const struct content *content, struct lines *lines);

#endif
