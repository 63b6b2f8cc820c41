/* The configuration and the certificates, anew. */
#include "proxy/gateway/gateway_reload.h"

#include <stdio.h>

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/read/config_load.h"
#include "filters/base/endpoint.h"
#include "proxy/explain/relay.h"
#include "proxy/gateway/gateway_accept.h"
#include "proxy/gateway/gateway_state.h"
#include "proxy/process/readiness.h"

/* --- to the workers --- */

/* On the gateway's thread. */
static void worker_has_changed(void *ctx)
{
    struct gateway *g = ctx;
    if (--g->awaited > 0)
        return;
    g->changed(g);
    if (g->reload_again && !g->draining) {
        g->reload_again = false;
        gateway_reload(g);
    }
}

/* On the worker's, in any case: also one that is broken, or is to stop next, is asked before. */
static void change_was_taken(void *ctx)
{
    struct change_under_way *change = ctx;
    serving_unref(change->what.serving);
    tls_store_unref(change->what.tls);
    /* A gateway whose own loop has ended waits for nobody. */
    (void)loop_post_task(change->gateway->loop, &change->taken);
}

/* hand_over(g, serving, changed): has every worker serve ${serving} (NULL: as before) with the
 * certificates of ${g}; ${changed} is called when all do. */
static void hand_over(struct gateway *g, struct serving *serving,
                      void (*changed)(struct gateway *g))
{
    g->awaited = g->worker_count;
    g->changed = changed;
    for (unsigned i = 0; i < g->worker_count; i++) {
        struct change_under_way *change = &g->changes[i];
        *change = (struct change_under_way){
            .gateway = g,
            .what = {.serving = serving != NULL ? serving_ref(serving) : NULL,
                     .tls = tls_store_ref(g->tls),
                     .taken = change_was_taken,
                     .ctx = change},
            .taken = {.run = worker_has_changed, .ctx = g}};
        worker_change(g->workers[i], &change->what);
    }
}

/* --- certificates --- */

struct tls_store *gateway_reload_tls(struct gateway *g, const struct config *config)
{
    struct diag diag;
    diag_init(&diag);
    struct tls_store *store = tls_store_create(config, &diag);
    log_report(g->log, &diag);
    diag_fini(&diag);
    return store;
}

static void keep_tls(struct gateway *g, struct tls_store *store, uint64_t mark)
{
    tls_store_unref(g->tls);
    g->tls = store;
    g->tls_mark = mark;
}

static void every_worker_has_certificates(struct gateway *g)
{
    log_write(g->log, LOG_LEVEL_INFO, "certificates were replaced and read anew");
}

void gateway_reload_look(void *ctx)
{
    struct gateway *g = ctx;
    loop_timer_set(g->tls_timer, GATEWAY_RELOAD_LOOK_MS);
    uint64_t mark = tls_store_mark(g->config); /* before they are read: a later change shows */
    if (mark == g->tls_mark || g->awaited > 0)
        return;
    struct tls_store *store = gateway_reload_tls(g, g->config);
    if (store == NULL) {
        g->tls_mark = mark;
        log_write(g->log, LOG_LEVEL_ERROR, "new certificates cannot be used, the old ones stay");
        return;
    }
    keep_tls(g, store, mark);
    hand_over(g, NULL, every_worker_has_certificates);
}

/* --- what only a restart changes --- */

static void say_what_sockets_wait_for(struct gateway *g, const struct serving *next)
{
    for (size_t i = 0; i < g->port_count; i++) {
        const struct endpoint *bound = &g->first->listeners[i].endpoint;
        const struct listener_conf *is = serving_listener(next, i);
        if (!endpoint_equal(bound, &is->endpoint))
            log_write(g->log, LOG_LEVEL_WARNING,
                      "reload: listener '%.*s' stays on %.*s: a changed address needs a restart",
                      SLICE_ARG(is->name), SLICE_ARG(bound->text));
    }
}

/* All against what was opened at the start: what an earlier reload has brought waits still. */
static void say_what_waits(struct gateway *g, const struct serving *serving)
{
    const struct config *next = serving_config(serving);
    say_what_sockets_wait_for(g, serving);
    for (size_t i = 0; i < next->listener_count; i++)
        if (!serving_has(serving, &next->listeners[i]))
            log_write(g->log, LOG_LEVEL_WARNING,
                      "reload: listener '%.*s' is new: it needs a restart, and is not open before",
                      SLICE_ARG(next->listeners[i].name));
    if (!slice_equal(g->first->user, next->user))
        log_write(g->log, LOG_LEVEL_WARNING, "reload: a changed user needs a restart");
    if (g->first->workers != next->workers)
        log_write(g->log, LOG_LEVEL_WARNING, "reload: a changed number of workers needs a restart");
}

/* --- reload --- */

static void every_worker_has_reloaded(struct gateway *g)
{
    log_write(g->log, LOG_LEVEL_INFO, "reloaded %s, configuration %s", g->config->file.ptr,
              g->config->id);
    (void)notify_status(g->notify, "reloaded %s, configuration %s", g->config->file.ptr,
                        g->config->id);
}

static void not_reloaded(struct gateway *g, const char *reason)
{
    log_write(g->log, LOG_LEVEL_ERROR, "reload failed, the old policy stays: %s", reason);
    (void)notify_status(g->notify, "reload failed, configuration %s stays: %s", g->config->id,
                        reason);
}

/* open_records(g, next, error, error_size): the places of audit and log: both, or none. */
static int open_records(struct gateway *g, const struct config *next, char *error,
                        size_t error_size)
{
    char ignored[256];
    if (audit_configure(g->audit, &next->audit, error, error_size) != 0)
        return -1;
    if (log_configure(g->log, &next->log, error, error_size) == 0)
        return 0;
    if (audit_configure(g->audit, &g->config->audit, ignored, sizeof ignored) != 0)
        log_write(g->log, LOG_LEVEL_ERROR, "the audit goes to its new place all the same: %s",
                  ignored);
    return -1;
}

/* look_around(g, next, error, error_size): whether the machine has what ${next} names. */
static int look_around(struct gateway *g, const struct config *next, char *error, size_t error_size)
{
    const struct readiness readiness = {next, CONFIG_NEEDS_PROXY, DIAG_ERROR};
    struct diag diag;
    diag_init(&diag);
    readiness_serve(&readiness, &diag);
    log_report(g->log, &diag);
    int result = diag.errors == 0 ? 0 : -1;
    diag_fini(&diag);
    if (result != 0)
        (void)snprintf(error, error_size, "places that it names cannot be used");
    return result;
}

/* What may fail comes first: then nothing has changed yet. */
static int prepare(struct gateway *g, const struct config *next, struct tls_store **store,
                   char *error, size_t error_size)
{
    if (look_around(g, next, error, error_size) != 0 ||
        keeper_open(&g->keeper, g->log, next, error, error_size) != 0)
        return -1;
    *store = gateway_reload_tls(g, next);
    if (*store == NULL) {
        (void)snprintf(error, error_size, "its certificates cannot be used");
        return -1;
    }
    if (open_records(g, next, error, error_size) == 0)
        return 0;
    tls_store_unref(*store);
    return -1;
}

static int adopt(struct gateway *g, struct config *next, char *error, size_t error_size)
{
    uint64_t mark = tls_store_mark(next);
    struct tls_store *store;
    struct serving *serving = serving_next(g->serving, g->first, next, error, error_size);
    if (serving == NULL)
        return -1;
    if (prepare(g, next, &store, error, error_size) != 0) {
        serving_unref(serving);
        return -1;
    }
    say_what_waits(g, serving);
    keep_tls(g, store, mark);
    serving_unref(g->serving);
    g->serving = serving;
    g->config = next;
    keeper_follow(g->keeper, next);
    gateway_accept_fit(g);
    hand_over(g, serving, every_worker_has_reloaded);
    return 0;
}

void gateway_reload_take(struct gateway *g, struct config *next)
{
    char error[512] = "the configuration has errors";
    if (next == NULL || adopt(g, next, error, sizeof error) != 0)
        not_reloaded(g, error);
}

void gateway_reload(void *ctx)
{
    struct gateway *g = ctx;
    struct diag diag;
    if (g->awaited > 0 || g->draining) {
        g->reload_again = true;
        return;
    }
    (void)notify_reloading(g->notify);
    diag_init(&diag);
    struct config *next = config_load(g->config->file.ptr, CONFIG_NEEDS_PROXY, relay_check, &diag);
    log_report(g->log, &diag);
    gateway_reload_take(g, next);
    config_unref(next);
    diag_fini(&diag);
}
