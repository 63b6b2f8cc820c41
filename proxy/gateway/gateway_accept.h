/* gateway_accept: who is let in, and how many there are. */
#ifndef PROXY_GATEWAY_GATEWAY_ACCEPT_H
#define PROXY_GATEWAY_GATEWAY_ACCEPT_H

#include <stdbool.h>

#include "filters/base/address.h"

struct gateway;

/* gateway_accept_connection(port, fd, peer): a new connection: lets it in or turns it away; owns
 * ${fd}. */
void gateway_accept_connection(void *port, int fd, const struct address *peer);

/* gateway_accept_ended(g, client): the connection of a worker's client is closed. Any thread. */
void gateway_accept_ended(void *g, const struct address *client);

/* gateway_accept_recount(g, from, to, max): it is counted as ${to} from now on; false: that one has
 * ${max} already. Any thread. */
bool gateway_accept_recount(void *g, const struct address *from, const struct address *to,
                            unsigned max);

/* gateway_accept_sessions(g): how many there are. */
unsigned gateway_accept_sessions(struct gateway *g);

/* gateway_accept_fit(g): makes the budget of descriptors for the newest configuration, and warns
 * once when it has not the room that limits.connections wants. */
void gateway_accept_fit(struct gateway *g);

#endif
