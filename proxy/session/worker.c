#include "proxy/session/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "proxy/session/session.h"
#include "proxy/session/session_private.h"

#define POST_PAUSE_NS 10000000

/* A new connection on its way to the worker's thread. */
struct arrival {
    struct worker *worker;
    int fd;
    size_t listener;
    struct address client;
};

/* A configuration, or certificates, on their way there. */
struct change {
    struct worker *worker;
    struct config *config; /* NULL: as it was */
    struct tls_store *tls; /* likewise */
};

unsigned worker_wanted(const struct config *config)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = config->workers;
    if (count == 0)
        count = cpus > 0 ? (unsigned)cpus : 1;
    return count < WORKERS_MAX ? count : WORKERS_MAX;
}

static void *run(void *ctx)
{
    struct worker *w = ctx;
    if (loop_run(w->loop) != 0)
        log_write(w->options.log, LOG_LEVEL_ERROR, "worker %u: the event loop broke",
                  w->options.number);
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
    loop_destroy(w->loop);
    pattern_scratch_destroy(w->scratch);
    config_unref(w->config);
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
    w->first = config_ref(options->config);
    w->config = config_ref(options->config);
    w->tls = tls_store_ref(options->tls);
    w->epoch = (uint64_t)time(NULL);
    w->scratch = pattern_scratch_create();
    w->loop = loop_create();
    if (w->loop != NULL) {
        w->pool = pool_create(w->loop, options->log);
        w->resolver = resolver_create(w->loop, &w->config->resolver);
    }
    if (w->scratch == NULL || w->pool == NULL || w->resolver == NULL || start_thread(w) != 0) {
        release(w);
        return NULL;
    }
    return w;
}

/* What must be heard: waits for memory if it must. On the main thread. */
static void post(struct worker *w, void (*run_there)(void *ctx))
{
    const struct timespec pause = {.tv_nsec = POST_PAUSE_NS};
    while (loop_post(w->loop, run_there, w) != 0)
        (void)nanosleep(&pause, NULL);
}

static void drop_all(void *ctx)
{
    struct worker *w = ctx;
    while (w->sessions != NULL)
        session_drop(w->sessions, "the service was stopped");
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

void worker_ended(struct worker *w, const struct address *client)
{
    atomic_fetch_sub(&w->session_count, 1);
    w->options.ended(w->options.ctx, client);
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
        session_create(w, arrival->fd, arrival->listener, &arrival->client);
    }
    free(arrival);
}

int worker_serve(struct worker *w, int fd, size_t listener, const struct address *client)
{
    struct arrival *arrival = malloc(sizeof *arrival);
    if (arrival == NULL)
        return -1;
    *arrival = (struct arrival){w, fd, listener, *client};
    /* Counted here, not when its thread gets to it: a burst must spread over the workers. */
    atomic_fetch_add(&w->session_count, 1);
    if (loop_post(w->loop, serve, arrival) == 0)
        return 0;
    atomic_fetch_sub(&w->session_count, 1);
    free(arrival);
    return -1;
}

static void configure(void *ctx)
{
    struct change *change = ctx;
    struct worker *w = change->worker;
    if (change->config != NULL) {
        config_unref(w->config);
        w->config = change->config;
        resolver_configure(w->resolver, &w->config->resolver);
        name_cache_expire(&w->names);
    }
    if (change->tls != NULL) {
        tls_store_unref(w->tls);
        w->tls = change->tls;
    }
    pool_close(w->pool, "the configuration is another now");
    free(change);
}

static int post_change(struct change change)
{
    struct change *posted = malloc(sizeof *posted);
    if (posted == NULL)
        return -1;
    *posted = change;
    if (loop_post(change.worker->loop, configure, posted) == 0)
        return 0;
    free(posted);
    return -1;
}

void worker_configure(struct worker *w, struct config *config)
{
    if (post_change((struct change){.worker = w, .config = config_ref(config)}) == 0)
        return;
    config_unref(config);
    log_write(w->options.log, LOG_LEVEL_ERROR, "worker %u keeps its old policy: out of memory",
              w->options.number);
}

void worker_secure(struct worker *w, struct tls_store *tls)
{
    if (post_change((struct change){.worker = w, .tls = tls_store_ref(tls)}) == 0)
        return;
    tls_store_unref(tls);
    log_write(w->options.log, LOG_LEVEL_ERROR,
              "worker %u keeps its old certificates: out of memory", w->options.number);
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

unsigned worker_lingering(const struct worker *w)
{
    return loop_orphans(w->loop);
}
