/* mention: the domains that stand in a pattern or a wildcard: "example.org" in "/@example\.org$/",
 * for whoever wants to try them on it. A guess: what it finds need not be what was meant. Pure.
 */
#ifndef PROXY_EXPLAIN_MENTION_H
#define PROXY_EXPLAIN_MENTION_H

#include "filters/base/arena.h"

/* mention_next(text, arena): the next domain, of two labels or more, in *${text}, and takes it off
 * with all before it. Empty when there is none; ptr NULL with that when ${arena} is full. */
struct slice mention_next(struct slice *text, struct arena *arena);

#endif
