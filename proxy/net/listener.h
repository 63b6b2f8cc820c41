/* listener: a listening socket.
 *
 * The main thread accepts, counts (client_table) and hands the descriptor on; a session's end is
 * told back. When descriptors run out, accepting pauses for a moment instead of spinning (PROTOCOL
 * Z05).
 */
#ifndef PROXY_NET_LISTENER_H
#define PROXY_NET_LISTENER_H

#include "filters/base/must_use.h"
#include "proxy/net/client_table.h"
#include "proxy/net/loop.h"

struct endpoint;
struct listener;
struct listener_conf;

#define LISTENER_BACKLOG        4096 /* the system's somaxconn may lower it */
#define LISTENER_PAUSE_MS       200
#define LISTENER_ACCEPTS_A_TURN 64

/* listener_open(endpoint, error, error_size): binds and listens (SO_REUSEADDR; IPV6_V6ONLY off for
 * [::]; a stale unix socket file is replaced, mode 0660). Returns the descriptor (non-blocking,
 * close-on-exec) or -1 and a sentence. */
MUST_USE int listener_open(const struct endpoint *endpoint, char *error, size_t error_size);

/* listener_open_conf(conf, error, error_size): the same for a listener of the configuration, whose
 * socket takes what TPROXY hands over if it is to (proxy/net/transparent.h: the right it needs). */
MUST_USE int listener_open_conf(const struct listener_conf *conf, char *error, size_t error_size);

/* listener_probe(endpoint, transparent): whether this process could listen there, as far as can be
 * told while somebody else perhaps does: the address is this machine's, the port is allowed, a unix
 * socket can be made. Leaves no trace. Returns 0, or an errno. */
MUST_USE int listener_probe(const struct endpoint *endpoint, bool transparent);

/* listener_create(loop, fd, accepted, ctx): calls ${accepted} with each new socket and its peer;
 * the callee owns the descriptor. Takes over ${fd}. NULL on failure. */
struct listener *listener_create(struct loop *loop, int fd,
                                 void (*accepted)(void *ctx, int fd, const struct address *peer),
                                 void *ctx);
/* listener_destroy(l): stops listening at once. NULL: nothing. */
void listener_destroy(struct listener *l);

#endif
