/* worker: one thread, one event loop, the sessions that live and die in it.
 *
 * Nothing is shared between workers on the hot path but the immutable configuration. The gateway
 * talks to a worker by posting to its loop.
 */
#ifndef PROXY_SESSION_WORKER_H
#define PROXY_SESSION_WORKER_H

#include "conf/config.h"
#include "filters/base/must_use.h"
#include "proxy/net/loop.h"
#include "proxy/net/outgoing.h"
#include "proxy/net/tls_store.h"
#include "proxy/record/audit.h"
#include "proxy/record/log.h"

struct keeper;
struct worker;

struct worker_options {
    struct config *config; /* a reference is taken */
    struct tls_store *tls; /* likewise */
    struct audit *audit;
    struct keeper *keeper;
    struct log *log;
    struct outgoing *outgoing; /* of all workers */
    unsigned number;           /* makes session ids distinct */
    /* Called on the worker's thread when a session has ended. */
    void (*ended)(void *ctx, const struct address *client);
    /* Called there when a session's client turns out to be another: counts it anew. false: there
     * would be more than ${max} of it, and the count is as it was. */
    bool (*recount)(void *ctx, const struct address *from, const struct address *to, unsigned max);
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

/* worker_serve(w, fd, listener, client): gives it a new connection, accepted on listener
 * ${listener} (an index into the configuration it was created with). Returns 0, or -1 when out of
 * memory; ${fd} is then still the caller's. */
MUST_USE int worker_serve(struct worker *w, int fd, size_t listener, const struct address *client);

/* worker_configure(w, config): from their next MAIL on, sessions use ${config}; a reference is
 * taken. */
void worker_configure(struct worker *w, struct config *config);

/* worker_secure(w, tls): from now on TLS begins with these certificates; a reference is taken. */
void worker_secure(struct worker *w, struct tls_store *tls);

/* worker_drain(w): idle sessions are told 421 and closed, the others after their transaction; new
 * ones are refused. worker_drop(w): whatever is left is closed now, without a dot to any upstream.
 */
void worker_drain(struct worker *w);
void worker_drop(struct worker *w);

/* worker_sessions(w): how many it has; any thread. */
unsigned worker_sessions(const struct worker *w);

/* worker_lingering(w): how many connections of sessions that have ended are not closed yet; any
 * thread. */
unsigned worker_lingering(const struct worker *w);

#endif
