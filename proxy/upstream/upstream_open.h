/* upstream_open: the way to READY, a step at a time. */
#ifndef PROXY_UPSTREAM_UPSTREAM_OPEN_H
#define PROXY_UPSTREAM_UPSTREAM_OPEN_H

#include "proxy/upstream/upstream.h"

/* upstream_open_step(u): goes on when a name was found, a connection made or a handshake has moved.
 */
void upstream_open_step(struct upstream *u);

/* upstream_open_replied(u): goes on after a reply, in a phase of opening. */
void upstream_open_replied(struct upstream *u);

/* upstream_open_elsewhere(u): when there was no greeting from where it tried, tries the next
 * address. To be called at the end of each step. */
void upstream_open_elsewhere(struct upstream *u);

#endif
