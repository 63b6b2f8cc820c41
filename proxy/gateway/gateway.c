/* gateway: see gateway.h. Its life: opening, workers, drain. */
#include "proxy/gateway/gateway.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/config.h"
#include "conf/listener_conf.h"
#include "proxy/gateway/gateway_accept.h"
#include "proxy/gateway/gateway_lists.h"
#include "proxy/gateway/gateway_reload.h"
#include "proxy/gateway/gateway_state.h"

#define DRAIN_LOOK_MS 20 /* how often a draining gateway looks whether it is done */
#define POST_AGAIN_MS 10 /* when memory was out */

/* --- opening --- */

struct gateway *gateway_open(struct config *config, char *error, size_t error_size)
{
    struct gateway *g = calloc(1, sizeof *g);
    if (g == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    (void)pthread_mutex_init(&g->clients_lock, NULL);
    g->serving = serving_create(config);
    g->config = config;
    g->first = config_ref(config);
    g->ports = calloc(config->listener_count, sizeof *g->ports);
    g->loop = loop_create();
    g->clients = client_table_create();
    g->outgoing = outgoing_create();
    if (g->serving == NULL || g->ports == NULL || g->loop == NULL || g->clients == NULL ||
        g->outgoing == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        gateway_destroy(g);
        return NULL;
    }
    for (size_t i = 0; i < config->listener_count; i++) {
        struct port *port = &g->ports[i];
        *port = (struct port){.gateway = g, .index = i};
        port->fd = listener_open_conf(&config->listeners[i], error, error_size);
        if (port->fd < 0) {
            gateway_destroy(g);
            return NULL;
        }
        g->port_count++;
    }
    return g;
}

/* --- workers --- */

static void worker_broke(void *ctx);

static int start_workers(struct gateway *g)
{
    unsigned count = worker_wanted(g->first);
    g->workers = calloc(count, sizeof *g->workers);
    g->changes = calloc(count, sizeof *g->changes);
    g->crew = crew_create(count);
    if (g->workers == NULL || g->changes == NULL || g->crew == NULL)
        return -1;
    struct worker_options options = {.serving = g->serving,
                                     .tls = g->tls,
                                     .audit = g->audit,
                                     .keeper = g->keeper,
                                     .crew = g->crew,
                                     .log = g->log,
                                     .outgoing = g->outgoing,
                                     .ended = gateway_accept_ended,
                                     .recount = gateway_accept_recount,
                                     .broke = worker_broke,
                                     .ctx = g};
    while (g->worker_count < count) {
        options.number = g->worker_count;
        g->workers[g->worker_count] = worker_create(&options);
        if (g->workers[g->worker_count] == NULL)
            return -1;
        g->worker_count++;
    }
    return 0;
}

int gateway_start(struct gateway *g, char *error, size_t error_size)
{
    g->log = log_create(&g->config->log, error, error_size);
    if (g->log == NULL)
        return -1;
    g->audit = audit_create(&g->config->audit, g->log, error, error_size);
    if (g->audit == NULL || keeper_open(&g->keeper, g->log, g->config, error, error_size) != 0)
        return -1;
    g->opened = descriptors_opened();
    gateway_accept_fit(g);
    if (descriptors_sessions(&g->descriptors) == 0) {
        (void)snprintf(error, error_size, "%u descriptors (ulimit -n) are too few for one session",
                       g->descriptors.allowed);
        return -1;
    }
    g->tls_mark = tls_store_mark(g->config);
    g->tls = gateway_reload_tls(g, g->config);
    if (g->tls == NULL) {
        (void)snprintf(error, error_size, "TLS cannot be set up");
        return -1;
    }
    if (start_workers(g) != 0) {
        (void)snprintf(error, error_size, "the workers cannot be started: out of memory");
        return -1;
    }
    keeper_follow(g->keeper, g->config);
    return 0;
}

void gateway_report(struct gateway *g, const struct diag *diag)
{
    log_report(g->log, diag);
}

void gateway_warn(struct gateway *g, const char *text)
{
    log_write(g->log, LOG_LEVEL_WARNING, "%s", text);
}

/* --- drain --- */

static void drop_all(struct gateway *g)
{
    for (unsigned i = 0; i < g->worker_count; i++)
        worker_drop(g->workers[i]);
    loop_stop(g->loop);
}

static void look_whether_drained(void *ctx)
{
    struct gateway *g = ctx;
    unsigned left = gateway_accept_sessions(g);
    if (left > 0 && loop_now_ms(g->loop) < g->drain_end_ms) {
        loop_timer_set(g->drain_timer, DRAIN_LOOK_MS);
        return;
    }
    if (left > 0)
        log_write(g->log, LOG_LEVEL_WARNING, "%u session%s not end in time, and %s dropped", left,
                  left == 1 ? " did" : "s did", left == 1 ? "is" : "are");
    drop_all(g);
}

static void begin_drain(struct gateway *g)
{
    g->draining = true;
    (void)notify_send(g->notify, "STOPPING=1");
    log_write(g->log, LOG_LEVEL_INFO, "stopping; sessions may finish what they are doing");
    for (size_t i = 0; i < g->port_count; i++) {
        listener_destroy(g->ports[i].listener);
        g->ports[i].listener = NULL;
    }
    for (unsigned i = 0; i < g->worker_count; i++)
        worker_drain(g->workers[i]);
    g->drain_end_ms = loop_now_ms(g->loop) + g->config->timeouts.drain_ms;
    loop_timer_set(g->drain_timer, 1);
}

static void on_stop_signal(void *ctx)
{
    struct gateway *g = ctx;
    if (g->draining)
        drop_all(g);
    else
        begin_drain(g);
}

/* With a worker less this is not what was configured: those who are being served may finish, and
 * whoever has started us shall do so again. */
static void on_worker_broken(void *ctx)
{
    struct gateway *g = ctx;
    g->broken = true;
    if (!g->draining)
        begin_drain(g);
}

/* On the worker's thread, which has nothing else to do any more. */
static void worker_broke(void *ctx)
{
    const struct timespec pause = {.tv_nsec = POST_AGAIN_MS * 1000000L};
    struct gateway *g = ctx;
    while (loop_post(g->loop, on_worker_broken, g) != 0 && !loop_ended(g->loop))
        (void)nanosleep(&pause, NULL);
}

/* --- running --- */

static int listen_on(struct gateway *g)
{
    for (size_t i = 0; i < g->port_count; i++) {
        struct port *port = &g->ports[i];
        port->listener = listener_create(g->loop, port->fd, gateway_accept_connection, port);
        port->fd = -1;
        if (port->listener == NULL)
            return -1;
    }
    return 0;
}

/* Once the loop has ended nothing waits for signals, and one more would kill the process before its
 * last records are written. */
static void hold_signals(void)
{
    sigset_t held;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGTERM);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &held, NULL);
}

/* A manager that hears nothing ends us when its patience does: the log says why. */
static void warn_untold(struct gateway *g)
{
    log_write(g->log, LOG_LEVEL_WARNING, "the service manager cannot be told how we are: %s",
              strerror(errno));
}

/* Whatever the loop shall see. Who cannot be told to end or to reload does not begin. */
static int watch(struct gateway *g)
{
    g->signals[0] = loop_signal_create(g->loop, SIGTERM, on_stop_signal, g);
    g->signals[1] = loop_signal_create(g->loop, SIGINT, on_stop_signal, g);
    g->signals[2] = loop_signal_create(g->loop, SIGHUP, gateway_reload, g);
    g->drain_timer = loop_timer_create(g->loop, look_whether_drained, g);
    g->tls_timer = loop_timer_create(g->loop, gateway_reload_look, g);
    g->lists.timer = loop_timer_create(g->loop, gateway_lists_look, g);
    for (size_t i = 0; i < sizeof g->signals / sizeof g->signals[0]; i++)
        if (g->signals[i] == NULL)
            return -1;
    if (g->drain_timer == NULL || g->tls_timer == NULL || g->lists.timer == NULL)
        return -1;
    return listen_on(g);
}

int gateway_run(struct gateway *g, const char *notify_socket)
{
    g->notify = notify_create(notify_socket);
    if (g->notify == NULL && errno != 0)
        warn_untold(g);
    if (watch(g) != 0) {
        log_write(g->log, LOG_LEVEL_ERROR, "cannot begin to serve: %s", strerror(errno));
        return -1;
    }
    loop_timer_set(g->tls_timer, GATEWAY_RELOAD_LOOK_MS);
    loop_timer_set(g->lists.timer, LIST_WATCH_LOOK_MS);
    log_write(g->log, LOG_LEVEL_INFO, "ready, configuration %s", g->config->id);
    if (notify_send(g->notify, "READY=1") != 0)
        warn_untold(g);
    int ended = loop_run(g->loop);
    hold_signals();
    return ended == 0 && !g->broken ? 0 : -1;
}

void gateway_destroy(struct gateway *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->port_count; i++) {
        listener_destroy(g->ports[i].listener);
        if (g->ports[i].fd >= 0)
            (void)close(g->ports[i].fd);
    }
    gateway_lists_stop(g);
    keeper_stop(g->keeper); /* while there is somebody to tell */
    for (unsigned i = 0; i < g->worker_count; i++)
        worker_destroy(g->workers[i]);
    keeper_destroy(g->keeper);
    crew_destroy(g->crew);
    for (size_t i = 0; i < sizeof g->signals / sizeof g->signals[0]; i++)
        loop_watch_destroy(g->signals[i]);
    loop_timer_destroy(g->drain_timer);
    loop_timer_destroy(g->tls_timer);
    tls_store_unref(g->tls);
    client_table_destroy(g->clients);
    outgoing_destroy(g->outgoing);
    notify_destroy(g->notify);
    audit_destroy(g->audit);
    log_destroy(g->log);
    loop_destroy(g->loop);
    serving_unref(g->serving);
    config_unref(g->first);
    (void)pthread_mutex_destroy(&g->clients_lock);
    free(g->changes);
    free(g->workers);
    free(g->ports);
    free(g);
}
