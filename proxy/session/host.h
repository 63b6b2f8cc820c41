/* host: what a session finds where it lives: the event loop, what sessions share, and whom to tell
 * of its client. Filled by whoever runs the loop; all of it is used on the loop's thread.
 */
#ifndef PROXY_SESSION_HOST_H
#define PROXY_SESSION_HOST_H

#include "filters/match/pattern.h"
#include "proxy/inspect/turns.h"
#include "proxy/net/loop.h"
#include "proxy/net/outgoing.h"
#include "proxy/net/resolver.h"
#include "proxy/net/tls_store.h"
#include "proxy/record/audit.h"
#include "proxy/record/log.h"
#include "proxy/upstream/name_cache.h"
#include "proxy/upstream/pool.h"
#include "proxy/upstream/rest.h"

struct config;
struct connection;
struct crew;
struct keeper;
struct listener_conf;
struct session;

struct host {
    struct loop *loop;
    struct log *log;
    struct audit *audit;
    struct keeper *keeper;
    struct crew *crew;          /* of all threads */
    struct outgoing *outgoing;  /* of all threads */
    const struct config *first; /* the one whose listeners are open */
    struct config *config;      /* the newest */
    struct tls_store *tls;      /* of that */
    struct pattern_scratch *scratch;
    struct resolver *resolver;
    struct name_cache names;  /* of upstreams */
    struct rest_table rests;  /* upstream addresses that failed lately */
    struct pool *pool;        /* idle upstream connections; all of ${config} and ${tls} */
    struct turns turns;       /* of judging */
    struct session *sessions; /* theirs: a list of all */
    unsigned number;          /* of the thread, for ids of sessions */
    uint64_t epoch;           /* second of the start, for ids */
    uint64_t started;         /* theirs: sessions since the start, for ids */
    bool draining;            /* nothing new is begun */

    /* listener(ctx, socket): the listener of ${config} that a listening socket serves. */
    const struct listener_conf *(*listener)(void *ctx, size_t socket);
    /* left(ctx): a session is over whose client's connection is still to be closed.
     * ended(ctx, client): a session is over, and so is the connection that was counted as that
     * client's. */
    void (*left)(void *ctx);
    void (*ended)(void *ctx, const struct address *client);
    /* linger(ctx, connection, client): before left, while the connection is still there: it is
     * counted until it is closed, so that nobody takes the place of others by connections that
     * linger. false: memory is out, and it is not. */
    bool (*linger)(void *ctx, struct connection *connection, const struct address *client);
    /* recount(ctx, from, to, max): the client that was counted as ${from} is ${to}. false: there
     * are
     * ${max} of them already, and it is counted as before. */
    bool (*recount)(void *ctx, const struct address *from, const struct address *to, unsigned max);
    void *ctx;
};

#endif
