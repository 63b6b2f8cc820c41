#include "proxy/gateway/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proxy/session/session.h"
#include "proxy/session/session_private.h"

#define POST_PAUSE_NS 10000000

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

static void drop_all(void *ctx)
{
    struct worker *w = ctx;
    while (w->sessions != NULL)
        session_stop(w->sessions);
}

/* Nothing comes to its sessions any more, and none may be given to it. */
static void broke(struct worker *w)
{
    log_write(w->options.log, LOG_LEVEL_ERROR, "worker %u: the event loop broke: %s",
              w->options.number, strerror(errno));
    atomic_store(&w->broken, true);
    w->draining = true;
    loop_end(w->loop);
    drop_all(w);
    w->options.broke(w->options.ctx);
}

static void *run(void *ctx)
{
    struct worker *w = ctx;
    if (loop_run(w->loop) != 0)
        broke(w);
    return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct worker *w)
{
    sigset_t all, old;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    int failed = pthread_create(&w->thread, NULL, run, w);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return failed == 0 ? 0 : -1;
}

static void release(struct worker *w)
{
    pool_destroy(w->pool);
    resolver_destroy(w->resolver);
    turns_fini(&w->turns);
    loop_destroy(w->loop);
    pattern_scratch_destroy(w->scratch);
    serving_unref(w->serving);
    config_unref(w->first);
    tls_store_unref(w->tls);
    free(w);
}

struct worker *worker_create(const struct worker_options *options)
{
    struct worker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->options = *options;
    w->rests.log = options->log;
    w->serving = serving_ref(options->serving);
    w->config = serving_config(w->serving);
    w->first = config_ref(w->config);
    w->tls = tls_store_ref(options->tls);
    w->epoch = (uint64_t)time(NULL);
    w->scratch = pattern_scratch_create();
    w->loop = loop_create();
    if (w->loop != NULL) {
        w->pool = pool_create(w->loop, options->log);
        w->resolver = resolver_create(w->loop, &w->config->resolver);
    }
    if (w->scratch == NULL || w->pool == NULL || w->resolver == NULL ||
        turns_init(&w->turns, w->loop) != 0 || start_thread(w) != 0) {
        release(w);
        return NULL;
    }
    return w;
}

/* What must be heard: waits for memory if it must. On the main thread. */
static void post(struct worker *w, void (*run_there)(void *ctx))
{
    const struct timespec pause = {.tv_nsec = POST_PAUSE_NS};
    while (loop_post(w->loop, run_there, w) != 0 && !loop_ended(w->loop))
        (void)nanosleep(&pause, NULL);
}

static void stop(void *ctx)
{
    struct worker *w = ctx;
    w->draining = true;
    drop_all(w);
    pool_close(w->pool, "the service was stopped");
    loop_stop(w->loop);
}

void worker_destroy(struct worker *w)
{
    if (w == NULL)
        return;
    post(w, stop);
    (void)pthread_join(w->thread, NULL);
    release(w);
}

void worker_left(struct worker *w)
{
    atomic_fetch_sub(&w->session_count, 1);
}

void worker_ended(struct worker *w, const struct address *client)
{
    worker_left(w);
    w->options.ended(w->options.ctx, client);
}

/* A client's connection that is on its way out. */
struct lingering {
    struct worker *worker;
    struct address client;
};

static void closed(void *ctx)
{
    struct lingering *lingering = ctx;
    const struct worker_options *options = &lingering->worker->options;
    options->ended(options->ctx, &lingering->client);
    free(lingering);
}

bool worker_linger(struct worker *w, struct connection *c, const struct address *client)
{
    struct lingering *lingering = malloc(sizeof *lingering);
    if (lingering == NULL)
        return false;
    *lingering = (struct lingering){w, *client};
    connection_on_closed(c, closed, lingering);
    return true;
}

bool worker_recount(struct worker *w, const struct address *from, const struct address *to,
                    unsigned max)
{
    return w->options.recount(w->options.ctx, from, to, max);
}

static void serve(void *ctx)
{
    struct arrival *arrival = ctx;
    struct worker *w = arrival->worker;
    if (w->draining) {
        (void)close(arrival->fd);
        worker_ended(w, &arrival->client);
    } else {
        session_create(w, arrival->fd, arrival->socket, &arrival->client);
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
    if (loop_post(w->loop, serve, arrival) == 0)
        return 0;
    atomic_fetch_sub(&w->session_count, 1);
    free(arrival);
    return -1;
}

static void use_serving(struct worker *w, struct serving *serving)
{
    serving_unref(w->serving);
    w->serving = serving_ref(serving);
    w->config = serving_config(serving);
    resolver_configure(w->resolver, &w->config->resolver);
    name_cache_expire(&w->names);
}

static void change(void *ctx)
{
    struct worker *w = ctx;
    struct worker_change *next = w->change;
    w->change = NULL;
    if (next->serving != NULL)
        use_serving(w, next->serving);
    tls_store_unref(w->tls);
    w->tls = tls_store_ref(next->tls);
    pool_close(w->pool, "the configuration is another now");
    next->taken(next->ctx);
}

void worker_change(struct worker *w, struct worker_change *next)
{
    w->change = next;
    w->change_task = (struct loop_task){.run = change, .ctx = w};
    if (loop_post_task(w->loop, &w->change_task))
        return;
    w->change = NULL;
    next->taken(next->ctx); /* it is broken, and serves nobody by anything */
}

static void drain(void *ctx)
{
    struct worker *w = ctx;
    w->draining = true;
    pool_close(w->pool, "the service is going down");
    struct session *next;
    for (struct session *s = w->sessions; s != NULL; s = next) {
        next = s->next;
        session_drain(s);
    }
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
    return loop_orphans(w->loop);
}
