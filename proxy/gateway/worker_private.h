/* The worker as its sessions see it. */
#ifndef PROXY_GATEWAY_WORKER_PRIVATE_H
#define PROXY_GATEWAY_WORKER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "filters/match/pattern.h"
#include "proxy/gateway/worker.h"
#include "proxy/inspect/turns.h"
#include "proxy/net/resolver.h"
#include "proxy/upstream/name_cache.h"
#include "proxy/upstream/pool.h"
#include "proxy/upstream/rest.h"

struct session;

struct worker {
    struct worker_options options;
    struct loop *loop;
    struct config *first;         /* the one whose listeners are open */
    struct serving *serving;      /* the newest */
    struct config *config;        /* that of ${serving} */
    struct tls_store *tls;        /* likewise */
    struct worker_change *change; /* on its way here, or NULL */
    struct loop_task change_task; /* ... as the loop brings it */
    struct pattern_scratch *scratch;
    struct resolver *resolver;
    struct name_cache names; /* of upstreams */
    struct rest_table rests; /* upstream addresses that failed lately */
    struct pool *pool;       /* idle upstream connections; all of ${config} and ${tls} */
    struct turns turns;      /* of judging */
    struct session *sessions;
    atomic_uint session_count; /* given to it and not ended */
    uint64_t started;          /* sessions since the start, for ids */
    uint64_t epoch;            /* second of the start, for ids */
    bool draining;
    atomic_bool broken; /* its loop has ended by itself */
    pthread_t thread;
};

/* worker_ended(w, client): a connection that was counted has ended, whether it became a session or
 * not. */
void worker_ended(struct worker *w, const struct address *client);

/* worker_left(w): a session is over, and its client is not, whose connection is still to be closed.
 * worker_linger(w, c, client): before that, while ${c} is still there: it is counted as ${client}
 * until it is closed, so that nobody takes the place of others by connections that linger. false:
 * memory is out, and it is not. */
void worker_left(struct worker *w);
bool worker_linger(struct worker *w, struct connection *c, const struct address *client);

/* worker_recount(w, from, to, max): the client that was counted as ${from} is ${to}. false: there
 * are
 * ${max} of them already, and it is counted as before. */
bool worker_recount(struct worker *w, const struct address *from, const struct address *to,
                    unsigned max);

#endif
