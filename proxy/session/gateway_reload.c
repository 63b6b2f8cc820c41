/* The configuration and the certificates, anew. */
#include <stdio.h>

#include "proxy/session/gateway_private.h"

/* --- certificates --- */

struct tls_store *gateway_read_tls(struct gateway *g, const struct config *config)
{
    struct diag diag;
    diag_init(&diag);
    struct tls_store *store = tls_store_create(config, &diag);
    gateway_report(g, &diag);
    diag_fini(&diag);
    return store;
}

/* use_tls(g, store): takes it over and hands it to the workers. */
static void use_tls(struct gateway *g, struct tls_store *store)
{
    tls_store_unref(g->tls);
    g->tls = store;
    for (unsigned i = 0; i < g->worker_count; i++)
        worker_secure(g->workers[i], store);
}

void gateway_look_at_certificates(void *ctx)
{
    struct gateway *g = ctx;
    loop_timer_set(g->tls_timer, TLS_LOOK_MS);
    uint64_t mark = tls_store_mark(g->config); /* before they are read: a later change shows */
    if (mark == g->tls_mark)
        return;
    g->tls_mark = mark;
    struct tls_store *store = gateway_read_tls(g, g->config);
    if (store == NULL) {
        log_write(g->log, LOG_LEVEL_ERROR, "new certificates cannot be used, the old ones stay");
        return;
    }
    use_tls(g, store);
    log_write(g->log, LOG_LEVEL_INFO, "certificates were replaced and read anew");
}

/* --- reload --- */

static bool same_listeners(const struct config *a, const struct config *b)
{
    if (a->listener_count != b->listener_count)
        return false;
    for (size_t i = 0; i < a->listener_count; i++)
        if (!slice_equal(a->listeners[i].name, b->listeners[i].name) ||
            !slice_equal(a->listeners[i].endpoint.text, b->listeners[i].endpoint.text))
            return false;
    return true;
}

static void say_what_waits(struct gateway *g, const struct config *next)
{
    if (!same_listeners(g->config, next))
        log_write(g->log, LOG_LEVEL_WARNING, "reload: changed listeners need a restart");
    if (!slice_equal(g->config->user, next->user))
        log_write(g->log, LOG_LEVEL_WARNING, "reload: a changed user needs a restart");
    if (g->config->workers != next->workers)
        log_write(g->log, LOG_LEVEL_WARNING, "reload: a changed number of workers needs a restart");
}

/* TLS, log and audit first: if they cannot be had, nothing has changed yet. */
static int adopt(struct gateway *g, struct config *next, char *error, size_t error_size)
{
    if (!transparent_keeps(g->first, next, error, error_size))
        return -1;
    uint64_t mark = tls_store_mark(next);
    struct tls_store *store = gateway_read_tls(g, next);
    if (store == NULL) {
        (void)snprintf(error, error_size, "its certificates cannot be used");
        return -1;
    }
    if (audit_configure(g->audit, &next->audit, error, error_size) != 0 ||
        log_configure(g->log, &next->log, error, error_size) != 0) {
        tls_store_unref(store);
        return -1;
    }
    g->tls_mark = mark;
    use_tls(g, store);
    say_what_waits(g, next);
    config_unref(g->config);
    g->config = config_ref(next);
    gateway_fit_descriptors(g);
    for (unsigned i = 0; i < g->worker_count; i++)
        worker_configure(g->workers[i], next);
    return 0;
}

void gateway_reload(void *ctx)
{
    struct gateway *g = ctx;
    char error[512] = "";
    (void)notify_reloading(g->notify);
    struct diag diag;
    diag_init(&diag);
    struct config *next = config_load(g->config->file.ptr, CONFIG_NEEDS_PROXY, &diag);
    gateway_report(g, &diag);
    if (next != NULL && adopt(g, next, error, sizeof error) == 0)
        log_write(g->log, LOG_LEVEL_INFO, "reloaded %s", g->config->file.ptr);
    else
        log_write(g->log, LOG_LEVEL_ERROR, "reload failed, the old policy stays: %s",
                  next == NULL ? "the configuration has errors" : error);
    config_unref(next);
    diag_fini(&diag);
    (void)notify_send(g->notify, "READY=1");
}
