/* origin: what a message does not say about itself: who sent it, and where it arrived. Samples and
 * `explain` set these facts by name.
 */
#ifndef CONF_ORIGIN_H
#define CONF_ORIGIN_H

#include "filters/event.h"

struct origin {
    struct address client;
    struct slice client_name; /* empty: it has none */
    struct slice listener;    /* its name */
    struct slice helo;        /* empty: none given */
    struct slice auth;        /* the login; ptr NULL: nobody has logged in */
    int64_t declared_size;    /* SIZE= of MAIL, or EVENT_SIZE_UNKNOWN */
    struct event_tls tls;
};

#define ORIGIN_CLIENT "192.0.2.1" /* when none is set: an address that nobody has (RFC 5737) */

/* origin_init(origin): ORIGIN_CLIENT, nothing else. */
void origin_init(struct origin *origin);

/* origin_set(origin, name, value): sets the fact client, client_port, client_name, listener, helo,
 * auth, size, tls or one about TLS, which makes tls true.
 * ${value} must live as long as ${origin}. Returns NULL, or what is wrong: ORIGIN_UNKNOWN when
 * ${name} is no such fact, ORIGIN_LATER when a later version will know it, else what ${value} must
 * be, as a part of a sentence. */
const char *origin_set(struct origin *origin, struct slice name, struct slice value);

extern const char ORIGIN_UNKNOWN[],
    ORIGIN_LATER[]; /* told apart by their addresses; are sentence parts too */

#endif
