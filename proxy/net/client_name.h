/* client_name: the name of a client, as the DNS confirms it both ways (postern.conf(5),
 * client_name).
 *
 * The names of its address are looked up, and the first that is a host's name and has that address
 * is the one. What the owner of an address writes into its reverse zone proves nothing, and may be
 * anything (PROTOCOL E01, X06): only a name that passes hostname_valid comes out of here.
 */
#ifndef PROXY_NET_CLIENT_NAME_H
#define PROXY_NET_CLIENT_NAME_H

#include "proxy/net/resolver.h"

struct client_name_lookup;

enum client_name {
    CLIENT_NAME_FOUND,
    CLIENT_NAME_NONE,   /* no name, none that is one, or none that is confirmed */
    CLIENT_NAME_FAILED, /* the DNS did not say, or not in time */
};

struct client_name_ask {
    uint64_t deadline_ms; /* for all of it */
    /* ${name} lives until it returns; empty unless found. */
    void (*done)(void *ctx, enum client_name result, struct slice name);
    void *ctx;
};

/* client_name_start(loop, r, client, ask): looks it up; ${ask}->done is called once, from the loop,
 * never from inside this call. The handle is good until then; NULL when memory is out. What has no
 * IP address has no name. */
struct client_name_lookup *client_name_start(struct loop *loop, struct resolver *r,
                                             const struct address *client,
                                             const struct client_name_ask *ask);

/* client_name_cancel(lookup): nothing will be called. NULL: nothing. */
void client_name_cancel(struct client_name_lookup *lookup);

#endif
