/* listener: a listening socket, and the exact count of who is connected.
 *
 * The main thread accepts, counts and hands the descriptor on; a session's end is told back. When
 * descriptors run out, accepting pauses for a moment instead of spinning (PROTOCOL Z05).
 */
#ifndef PROXY_NET_LISTENER_H
#define PROXY_NET_LISTENER_H

#include "conf/config.h"
#include "proxy/net/loop.h"

struct listener;
struct client_table;

#define LISTENER_BACKLOG        4096 /* the system's somaxconn may lower it */
#define LISTENER_PAUSE_MS       200
#define LISTENER_ACCEPTS_A_TURN 64

/* listener_open(endpoint, error, error_size): binds and listens (SO_REUSEADDR; IPV6_V6ONLY off for
 * [::]; a stale unix socket file is replaced, mode 0660). Returns the descriptor (non-blocking,
 * close-on-exec) or -1 and a sentence. */
int listener_open(const struct endpoint *endpoint, char *error, size_t error_size);

/* listener_create(loop, fd, accepted, ctx): calls ${accepted} with each new socket and its peer;
 * the callee owns the descriptor. Takes over ${fd}. NULL on failure. */
struct listener *listener_create(struct loop *loop, int fd,
                                 void (*accepted)(void *ctx, int fd, const struct address *peer),
                                 void *ctx);
/* listener_destroy(l): stops listening at once. NULL: nothing. */
void listener_destroy(struct listener *l);

/* client_table: connections in all and per client network (address_network). One thread. */
struct client_table *client_table_create(void);
void client_table_destroy(struct client_table *table);

enum client_answer { CLIENT_ADMITTED, CLIENT_TOO_MANY, CLIENT_TOO_MANY_OF_ONE };
/* client_table_add(table, client, all_max, one_max): counts one in, unless that would exceed a
 * limit. Memory out counts as too many. */
enum client_answer client_table_add(struct client_table *table, const struct address *client,
                                    unsigned all_max, unsigned one_max);
void client_table_remove(struct client_table *table, const struct address *client);
unsigned client_table_count(const struct client_table *table);

#endif
