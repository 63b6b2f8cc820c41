/* upstream_hear: what a server says: one reply at a time, and whether it was asked (PROTOCOL D4).
 */
#ifndef PROXY_UPSTREAM_UPSTREAM_HEAR_H
#define PROXY_UPSTREAM_UPSTREAM_HEAR_H

#include <stdbool.h>

struct upstream;

/* upstream_hear(u): takes one reply off the input of the connection, which is there, and what it
 * means. Returns whether there was one; false also when that has lost the connection. */
bool upstream_hear(struct upstream *u);

#endif
