#include "proxy/session/gateway.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/net/client_table.h"
#include "proxy/net/listener.h"
#include "proxy/net/notify.h"
#include "proxy/session/keeper.h"
#include "proxy/session/worker.h"

#define FDS_PER_SESSION 3  /* client, upstream, spool file */
#define FDS_OTHER       64 /* listeners, loops, log, audit, list files while loading */
#define DRAIN_LOOK_MS   20 /* how often a draining gateway looks whether it is done */
#define WORKERS_MAX     256
#define TLS_LOOK_MS     5000 /* how often it looks whether certificates were replaced */

/* One listening socket. */
struct port {
    struct gateway *gateway;
    size_t index; /* in the configuration the gateway was opened with */
    int fd;       /* until the listener takes it over, then -1 */
    struct listener *listener;
};

struct gateway {
    struct config *config; /* the newest; a reference */
    struct config *first;  /* the one whose listeners are open; a reference */
    struct tls_store *tls; /* its certificates as last read; a reference */
    uint64_t tls_mark;     /* of their files then, or when a change was last found bad */
    struct loop_timer *tls_timer;
    struct loop *loop;
    struct log *log;
    struct audit *audit;
    struct keeper *keeper; /* of the quarantine */
    struct port *ports;
    size_t port_count;
    struct worker **workers;
    unsigned worker_count;
    unsigned connections_max; /* limits.connections, or what the descriptors allow */
    unsigned lowered_to;      /* the number last warned of, 0: none */
    struct client_table *clients;
    pthread_mutex_t clients_lock; /* workers count their clients out */
    struct outgoing *outgoing;
    struct loop_watch *signals[3];
    struct loop_timer *drain_timer;
    const char *notify_socket;
    bool draining;
    uint64_t drain_end_ms;
};

/* --- opening --- */

struct gateway *gateway_open(struct config *config, char *error, size_t error_size)
{
    struct gateway *g = calloc(1, sizeof *g);
    if (g == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    (void)pthread_mutex_init(&g->clients_lock, NULL);
    g->config = config_ref(config);
    g->first = config_ref(config);
    g->connections_max = config->limits.connections;
    g->ports = calloc(config->listener_count, sizeof *g->ports);
    g->loop = loop_create();
    g->clients = client_table_create();
    g->outgoing = outgoing_create();
    if (g->ports == NULL || g->loop == NULL || g->clients == NULL || g->outgoing == NULL) {
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

/* Raises the limit of descriptors to what the connections need; where that is not allowed, fewer
 * connections are. */
static void fit_descriptors(struct gateway *g)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)g->config->limits.connections * FDS_PER_SESSION + FDS_OTHER;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = {wanted, limit.rlim_max < wanted ? wanted : limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
            raised = (struct rlimit){limit.rlim_max, limit.rlim_max};
            (void)setrlimit(RLIMIT_NOFILE, &raised);
        }
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    g->connections_max = g->config->limits.connections;
    if (limit.rlim_cur >= wanted)
        return;
    rlim_t possible =
        limit.rlim_cur > FDS_OTHER ? (limit.rlim_cur - FDS_OTHER) / FDS_PER_SESSION : 1;
    g->connections_max = (unsigned)possible;
    if (g->lowered_to == g->connections_max)
        return;
    g->lowered_to = g->connections_max;
    log_write(g->log, LOG_LEVEL_WARNING,
              "limits.connections lowered from %u to %u: only %llu descriptors are allowed",
              g->config->limits.connections, g->connections_max,
              (unsigned long long)limit.rlim_cur);
}

static void client_ended(void *ctx, const struct address *client)
{
    struct gateway *g = ctx;
    (void)pthread_mutex_lock(&g->clients_lock);
    client_table_remove(g->clients, client);
    (void)pthread_mutex_unlock(&g->clients_lock);
}

static bool client_recount(void *ctx, const struct address *from, const struct address *to,
                           unsigned max)
{
    struct gateway *g = ctx;
    (void)pthread_mutex_lock(&g->clients_lock);
    enum client_answer answer = client_table_move(g->clients, from, to, max);
    (void)pthread_mutex_unlock(&g->clients_lock);
    return answer == CLIENT_ADMITTED;
}

/* --- certificates --- */

/* read_tls(g, config): the certificates of ${config}, or NULL: something is wrong with them and has
 * been logged. */
static struct tls_store *read_tls(struct gateway *g, const struct config *config)
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

static void look_at_certificates(void *ctx)
{
    struct gateway *g = ctx;
    loop_timer_set(g->tls_timer, TLS_LOOK_MS);
    uint64_t mark = tls_store_mark(g->config); /* before they are read: a later change shows */
    if (mark == g->tls_mark)
        return;
    g->tls_mark = mark;
    struct tls_store *store = read_tls(g, g->config);
    if (store == NULL) {
        log_write(g->log, LOG_LEVEL_ERROR, "new certificates cannot be used, the old ones stay");
        return;
    }
    use_tls(g, store);
    log_write(g->log, LOG_LEVEL_INFO, "certificates were replaced and read anew");
}

/* --- workers --- */

static int start_workers(struct gateway *g)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = g->config->workers;
    if (count == 0)
        count = cpus > 0 ? (unsigned)cpus : 1;
    if (count > WORKERS_MAX)
        count = WORKERS_MAX;
    g->workers = calloc(count, sizeof *g->workers);
    if (g->workers == NULL)
        return -1;
    struct worker_options options = {.config = g->config,
                                     .tls = g->tls,
                                     .audit = g->audit,
                                     .keeper = g->keeper,
                                     .log = g->log,
                                     .outgoing = g->outgoing,
                                     .ended = client_ended,
                                     .recount = client_recount,
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
    g->audit = audit_create(&g->config->audit, error, error_size);
    if (g->audit == NULL || keeper_open(&g->keeper, g->log, g->config, error, error_size) != 0)
        return -1;
    fit_descriptors(g);
    g->tls_mark = tls_store_mark(g->config);
    g->tls = read_tls(g, g->config);
    if (g->tls == NULL) {
        (void)snprintf(error, error_size, "TLS cannot be set up");
        return -1;
    }
    if (start_workers(g) != 0) {
        (void)snprintf(error, error_size, "the workers cannot be started: out of memory");
        return -1;
    }
    return 0;
}

static enum log_level level_of(enum diag_level level)
{
    switch (level) {
    case DIAG_NOTE: return LOG_LEVEL_INFO;
    case DIAG_WARNING: return LOG_LEVEL_WARNING;
    case DIAG_ERROR: break;
    }
    return LOG_LEVEL_ERROR;
}

void gateway_report(struct gateway *g, const struct diag *diag)
{
    for (const struct problem *p = diag->first; p != NULL; p = p->next) {
        if (p->place.line > 0)
            log_write(g->log, level_of(p->level), "%s:%u: %.*s", p->place.file, p->place.line,
                      SLICE_ARG(p->text));
        else
            log_write(g->log, level_of(p->level), "%.*s", SLICE_ARG(p->text));
    }
}

void gateway_warn(struct gateway *g, const char *text)
{
    log_write(g->log, LOG_LEVEL_WARNING, "%s", text);
}

/* --- accepting --- */

static struct worker *least_busy(struct gateway *g)
{
    struct worker *best = g->workers[0];
    for (unsigned i = 1; i < g->worker_count; i++)
        if (worker_sessions(g->workers[i]) < worker_sessions(best))
            best = g->workers[i];
    return best;
}

static void turn_away(const struct port *port, int fd, const char *reply)
{
    bool secret = port->gateway->config->listener_count > port->index &&
                  port->gateway->config->listeners[port->index].tls.mode == TLS_IMPLICIT;
    /* The socket is new, its buffer empty: the reply fits or the client is beyond help. */
    if (!secret) /* plain text would be noise there */
        (void)send(fd, reply, strlen(reply), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(fd);
}

/* How many connections this peer may have. One that tells us who the client is brings those of
 * many, which are counted when it has told. */
static unsigned allowed(const struct gateway *g, const struct port *port,
                        const struct address *peer)
{
    struct slice name = g->first->listeners[port->index].name;
    const struct listener_conf *listener = config_listener(g->config, name);
    if (listener == NULL)
        listener = &g->first->listeners[port->index];
    bool tells =
        config_peer(&listener->proxy_protocol, peer) || config_peer(&listener->xclient, peer);
    return tells ? UINT_MAX : g->config->limits.connections_per_client;
}

static void accepted(void *ctx, int fd, const struct address *peer)
{
    struct port *port = ctx;
    struct gateway *g = port->gateway;
    (void)pthread_mutex_lock(&g->clients_lock);
    enum client_answer answer =
        client_table_add(g->clients, peer, g->connections_max, allowed(g, port, peer));
    (void)pthread_mutex_unlock(&g->clients_lock);
    if (answer != CLIENT_ADMITTED) {
        char text[ADDRESS_TEXT_MAX];
        struct slice client = address_text(peer, text);
        log_write(g->log, LOG_LEVEL_WARNING, "%.*s turned away: too many connections%s",
                  SLICE_ARG(client), answer == CLIENT_TOO_MANY ? "" : " from there");
        turn_away(port, fd, "421 4.7.0 Too many connections\r\n");
    } else if (worker_serve(least_busy(g), fd, port->index, peer) != 0) {
        client_ended(g, peer);
        turn_away(port, fd, "421 4.3.0 Out of memory\r\n");
    }
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
    if (!transparent_keeps(g->first, next, error, error_size) ||
        keeper_open(&g->keeper, g->log, next, error, error_size) != 0)
        return -1;
    uint64_t mark = tls_store_mark(next);
    struct tls_store *store = read_tls(g, next);
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
    fit_descriptors(g);
    for (unsigned i = 0; i < g->worker_count; i++)
        worker_configure(g->workers[i], next);
    return 0;
}

static void reload(void *ctx)
{
    struct gateway *g = ctx;
    char state[64], error[512] = "";
    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%llu",
                   (unsigned long long)(loop_clock_ns(NULL) / 1000));
    (void)notify_send(g->notify_socket, state);
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
    (void)notify_send(g->notify_socket, "READY=1");
}

/* --- drain --- */

static unsigned sessions_left(struct gateway *g)
{
    (void)pthread_mutex_lock(&g->clients_lock);
    unsigned left = client_table_count(g->clients);
    (void)pthread_mutex_unlock(&g->clients_lock);
    return left;
}

static void drop_all(struct gateway *g)
{
    for (unsigned i = 0; i < g->worker_count; i++)
        worker_drop(g->workers[i]);
    loop_stop(g->loop);
}

static void look_whether_drained(void *ctx)
{
    struct gateway *g = ctx;
    unsigned left = sessions_left(g);
    if (left > 0 && loop_now_ms(g->loop) < g->drain_end_ms) {
        loop_timer_set(g->drain_timer, DRAIN_LOOK_MS);
        return;
    }
    if (left > 0)
        log_write(g->log, LOG_LEVEL_WARNING, "%u sessions did not end in time and are dropped",
                  left);
    drop_all(g);
}

static void drain(void *ctx)
{
    struct gateway *g = ctx;
    if (g->draining) {
        drop_all(g);
        return;
    }
    g->draining = true;
    (void)notify_send(g->notify_socket, "STOPPING=1");
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

/* --- running --- */

static int listen_on(struct gateway *g)
{
    for (size_t i = 0; i < g->port_count; i++) {
        struct port *port = &g->ports[i];
        port->listener = listener_create(g->loop, port->fd, accepted, port);
        port->fd = -1;
        if (port->listener == NULL)
            return -1;
    }
    return 0;
}

int gateway_run(struct gateway *g, const char *notify_socket)
{
    g->notify_socket = notify_socket;
    g->signals[0] = loop_signal_create(g->loop, SIGTERM, drain, g);
    g->signals[1] = loop_signal_create(g->loop, SIGINT, drain, g);
    g->signals[2] = loop_signal_create(g->loop, SIGHUP, reload, g);
    g->drain_timer = loop_timer_create(g->loop, look_whether_drained, g);
    g->tls_timer = loop_timer_create(g->loop, look_at_certificates, g);
    if (g->drain_timer == NULL || g->tls_timer == NULL || listen_on(g) != 0)
        return -1;
    loop_timer_set(g->tls_timer, TLS_LOOK_MS);
    log_write(g->log, LOG_LEVEL_INFO, "ready");
    (void)notify_send(notify_socket, "READY=1");
    return loop_run(g->loop);
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
    keeper_stop(g->keeper); /* while there is somebody to tell */
    for (unsigned i = 0; i < g->worker_count; i++)
        worker_destroy(g->workers[i]);
    keeper_destroy(g->keeper);
    for (size_t i = 0; i < sizeof g->signals / sizeof g->signals[0]; i++)
        loop_watch_destroy(g->signals[i]);
    loop_timer_destroy(g->drain_timer);
    loop_timer_destroy(g->tls_timer);
    tls_store_unref(g->tls);
    client_table_destroy(g->clients);
    outgoing_destroy(g->outgoing);
    audit_destroy(g->audit);
    log_destroy(g->log);
    loop_destroy(g->loop);
    config_unref(g->config);
    config_unref(g->first);
    (void)pthread_mutex_destroy(&g->clients_lock);
    free(g->workers);
    free(g->ports);
    free(g);
}
