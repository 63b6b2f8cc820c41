/* worker: one thread, one event loop, the sessions that live and die in it.
 *
 * Nothing is shared between workers on the hot path but the immutable configuration. The gateway
 * talks to a worker by posting to its loop.
 */
#ifndef PROXY_GATEWAY_WORKER_H
#define PROXY_GATEWAY_WORKER_H

#include "filters/base/must_use.h"
#include "proxy/gateway/serving.h"
#include "proxy/net/loop.h"
#include "proxy/net/outgoing.h"
#include "proxy/net/tls_store.h"
#include "proxy/record/audit.h"
#include "proxy/record/log.h"

struct config;
struct crew;
struct keeper;
struct worker;

struct worker_options {
    struct serving *serving; /* a reference is taken */
    struct tls_store *tls;   /* likewise */
    struct audit *audit;
    struct keeper *keeper;
    struct crew *crew;
    struct log *log;
    struct outgoing *outgoing; /* of all workers */
    unsigned number;           /* makes session ids distinct */
    /* Called when the connection of a client is closed, by any thread. */
    void (*ended)(void *ctx, const struct address *client);
    /* Called there when a session's client turns out to be another: counts it anew. false: there
     * would be more than ${max} of it, and the count is as it was. */
    bool (*recount)(void *ctx, const struct address *from, const struct address *to, unsigned max);
    /* Called there when its loop has ended by itself, after its sessions. */
    void (*broke)(void *ctx);
    void *ctx;
};

#define WORKERS_MAX 256

/* worker_wanted(config): how many workers it asks for. */
unsigned worker_wanted(const struct config *config);

/* worker_create(options): a worker whose thread runs, or NULL. What ${options} points to must
 * outlive it. */
struct worker *worker_create(const struct worker_options *options);

/* worker_destroy(w): drops what is left, stops the thread and joins it. NULL: nothing. */
void worker_destroy(struct worker *w);

/* worker_serve(w, fd, socket, client): gives it a new connection, accepted on that listening socket
 * (as serving counts them). Returns 0, or -1 when out of memory or broken; ${fd} is then still the
 * caller's.
 */
MUST_USE int worker_serve(struct worker *w, int fd, size_t socket, const struct address *client);

/* What is other from now on: sessions use the configuration from their next MAIL on, and TLS begins
 * with the certificates. */
struct worker_change {
    struct serving *serving; /* NULL: as it was */
    struct tls_store *tls;
    void (*taken)(void *ctx); /* called on the worker's thread: it serves that now */
    void *ctx;
};

/* worker_change(w, change): hands it over; needs no memory, so that all workers take it or none is
 * asked. References are taken; ${change} must live until ${taken} is called, and there may be no
 * other change before that. */
void worker_change(struct worker *w, struct worker_change *change);

/* worker_drain(w): idle sessions are told 421 and closed, the others after their transaction; new
 * ones are refused. worker_drop(w): whatever is left is closed now, without a dot to any upstream.
 */
void worker_drain(struct worker *w);
void worker_drop(struct worker *w);

/* worker_sessions(w): how many it has; any thread. */
unsigned worker_sessions(const struct worker *w);

/* worker_broken(w): whether its loop has ended by itself: it serves nobody any more; any thread. */
bool worker_broken(const struct worker *w);

/* worker_lingering(w): how many connections of sessions that have ended are not closed yet; any
 * thread. */
unsigned worker_lingering(const struct worker *w);

#endif
