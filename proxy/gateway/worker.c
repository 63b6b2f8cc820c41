#include "proxy/gateway/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/config.h"
#include "proxy/net/connection.h"
#include "proxy/process/thread.h"
#include "proxy/session/session.h"

#define POST_PAUSE_NS 10000000

struct worker {
    struct worker_options options;
    struct host host;             /* of its sessions; what it holds is the worker's */
    struct config *first;         /* the one whose listeners are open */
    struct serving *serving;      /* the newest */
    struct worker_change *change; /* on its way here, or NULL */
    struct loop_task change_task; /* ... as the loop brings it */
    atomic_uint session_count;    /* given to it and not ended */
    atomic_bool broken;           /* its loop has ended by itself */
    pthread_t thread;
};

/* A new connection on its way to the worker's thread. */
struct arrival {
    struct worker *worker;
    int fd;
    size_t socket;
    struct address client;
};

unsigned worker_wanted(const struct config *config)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = config->workers;
    if (count == 0)
        count = cpus > 0 ? (unsigned)cpus : 1;
    return count < WORKERS_MAX ? count : WORKERS_MAX;
}

/* --- the host of its sessions --- */

static void session_left(void *ctx)
{
    struct worker *w = ctx;
    atomic_fetch_sub(&w->session_count, 1);
}

static void session_ended(void *ctx, const struct address *client)
{
    struct worker *w = ctx;
    session_left(w);
    w->options.ended(w->options.ctx, client);
}

/* A client's connection that is on its way out. */
struct lingering {
    struct worker *worker;
    struct address client;
};

static void lingering_closed(void *ctx)
{
    struct lingering *lingering = ctx;
    const struct worker_options *options = &lingering->worker->options;
    options->ended(options->ctx, &lingering->client);
    free(lingering);
}

static bool linger(void *ctx, struct connection *c, const struct address *client)
{
    struct worker *w = ctx;
    struct lingering *lingering = malloc(sizeof *lingering);
    if (lingering == NULL)
        return false;
    *lingering = (struct lingering){w, *client};
    connection_on_closed(c, lingering_closed, lingering);
    return true;
}

static bool recount(void *ctx, const struct address *from, const struct address *to, unsigned max)
{
    struct worker *w = ctx;
    return w->options.recount(w->options.ctx, from, to, max);
}

static const struct listener_conf *listener_of(void *ctx, size_t socket)
{
    struct worker *w = ctx;
    return serving_listener(w->serving, socket);
}

static void fill_host(struct worker *w)
{
    w->host = (struct host){
        .log = w->options.log,
        .audit = w->options.audit,
        .keeper = w->options.keeper,
        .crew = w->options.crew,
        .outgoing = w->options.outgoing,
        .number = w->options.number,
        .rests = {.log = w->options.log},
        .listener = listener_of,
        .left = session_left,
        .ended = session_ended,
        .linger = linger,
        .recount = recount,
        .ctx = w,
    };
}

/* --- its life --- */

static void drop_all(void *ctx)
{
    struct worker *w = ctx;
    session_stop(&w->host);
}

/* Nothing comes to its sessions any more, and none may be given to it. */
static void broke(struct worker *w)
{
    log_write(w->options.log, LOG_LEVEL_ERROR, "worker %u: the event loop broke: %s",
              w->options.number, strerror(errno));
    atomic_store(&w->broken, true);
    w->host.draining = true;
    loop_end(w->host.loop);
    drop_all(w);
    w->options.broke(w->options.ctx);
}

static void *run(void *ctx)
{
    struct worker *w = ctx;
    if (loop_run(w->host.loop) != 0)
        broke(w);
    return NULL;
}

static void release(struct worker *w)
{
    pool_destroy(w->host.pool);
    resolver_destroy(w->host.resolver);
    turns_fini(&w->host.turns);
    loop_destroy(w->host.loop);
    pattern_scratch_destroy(w->host.scratch);
    serving_unref(w->serving);
    config_unref(w->first);
    tls_store_unref(w->host.tls);
    free(w);
}

struct worker *worker_create(const struct worker_options *options)
{
    struct worker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->options = *options;
    fill_host(w);
    w->serving = serving_ref(options->serving);
    w->host.config = serving_config(w->serving);
    w->host.first = w->first = config_ref(w->host.config);
    w->host.tls = tls_store_ref(options->tls);
    w->host.epoch = (uint64_t)time(NULL);
    w->host.scratch = pattern_scratch_create();
    w->host.loop = loop_create();
    if (w->host.loop != NULL) {
        w->host.pool = pool_create(w->host.loop, options->log);
        w->host.resolver = resolver_create(w->host.loop, &w->host.config->resolver);
    }
    if (w->host.scratch == NULL || w->host.pool == NULL || w->host.resolver == NULL ||
        turns_init(&w->host.turns, w->host.loop) != 0 || thread_start(&w->thread, run, w) != 0) {
        release(w);
        return NULL;
    }
    return w;
}

/* What must be heard: waits for memory if it must. On the main thread. */
static void post(struct worker *w, void (*run_there)(void *ctx))
{
    const struct timespec pause = {.tv_nsec = POST_PAUSE_NS};
    while (loop_post(w->host.loop, run_there, w) != 0 && !loop_ended(w->host.loop))
        (void)nanosleep(&pause, NULL);
}

static void stop(void *ctx)
{
    struct worker *w = ctx;
    w->host.draining = true;
    drop_all(w);
    pool_close(w->host.pool, "the service was stopped");
    loop_stop(w->host.loop);
}

void worker_destroy(struct worker *w)
{
    if (w == NULL)
        return;
    post(w, stop);
    (void)pthread_join(w->thread, NULL);
    release(w);
}

static void serve(void *ctx)
{
    struct arrival *arrival = ctx;
    struct worker *w = arrival->worker;
    if (w->host.draining) {
        (void)close(arrival->fd);
        session_ended(w, &arrival->client);
    } else {
        session_create(&w->host, arrival->fd, arrival->socket, &arrival->client);
    }
    free(arrival);
}

int worker_serve(struct worker *w, int fd, size_t socket, const struct address *client)
{
    struct arrival *arrival = malloc(sizeof *arrival);
    if (arrival == NULL)
        return -1;
    *arrival = (struct arrival){w, fd, socket, *client};
    /* Counted here, not when its thread gets to it: a burst must spread over the workers. */
    atomic_fetch_add(&w->session_count, 1);
    if (loop_post(w->host.loop, serve, arrival) == 0)
        return 0;
    atomic_fetch_sub(&w->session_count, 1);
    free(arrival);
    return -1;
}

static void use_serving(struct worker *w, struct serving *serving)
{
    serving_unref(w->serving);
    w->serving = serving_ref(serving);
    w->host.config = serving_config(serving);
    resolver_configure(w->host.resolver, &w->host.config->resolver);
    name_cache_expire(&w->host.names);
}

static void change(void *ctx)
{
    struct worker *w = ctx;
    struct worker_change *next = w->change;
    w->change = NULL;
    if (next->serving != NULL)
        use_serving(w, next->serving);
    tls_store_unref(w->host.tls);
    w->host.tls = tls_store_ref(next->tls);
    pool_close(w->host.pool, "the configuration is another now");
    next->taken(next->ctx);
}

void worker_change(struct worker *w, struct worker_change *next)
{
    w->change = next;
    w->change_task = (struct loop_task){.run = change, .ctx = w};
    if (loop_post_task(w->host.loop, &w->change_task))
        return;
    w->change = NULL;
    next->taken(next->ctx); /* it is broken, and serves nobody by anything */
}

static void drain(void *ctx)
{
    struct worker *w = ctx;
    w->host.draining = true;
    pool_close(w->host.pool, "the service is going down");
    session_drain(&w->host);
}

void worker_drain(struct worker *w)
{
    post(w, drain);
}

void worker_drop(struct worker *w)
{
    post(w, drop_all);
}

unsigned worker_sessions(const struct worker *w)
{
    return atomic_load(&w->session_count);
}

bool worker_broken(const struct worker *w)
{
    return atomic_load(&w->broken);
}

unsigned worker_lingering(const struct worker *w)
{
    return loop_orphans(w->host.loop);
}
