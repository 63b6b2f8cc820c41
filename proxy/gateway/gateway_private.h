/* The gateway as its own files share it: gateway.c (life, drain), gateway_accept.c (who is let in),
 * gateway_reload.c (configuration and certificates anew). Nobody else includes this. */
#ifndef PROXY_GATEWAY_GATEWAY_PRIVATE_H
#define PROXY_GATEWAY_GATEWAY_PRIVATE_H

#include <pthread.h>

#include "proxy/gateway/descriptors.h"
#include "proxy/gateway/gateway.h"
#include "proxy/gateway/worker.h"
#include "proxy/net/client_table.h"
#include "proxy/net/listener.h"
#include "proxy/process/notify.h"
#include "proxy/quarantine/keeper.h"

#define TLS_LOOK_MS 5000 /* how often it looks whether certificates were replaced */

/* One listening socket. */
struct port {
    struct gateway *gateway;
    size_t index; /* in the configuration the gateway was opened with; as serving counts it */
    int fd;       /* until the listener takes it over, then -1 */
    struct listener *listener;
};

/* A change on its way to a worker, and the word that it has come. */
struct handover {
    struct gateway *gateway;
    struct worker_change change;
    struct loop_task taken;
};

struct gateway {
    struct serving *serving; /* the newest; a reference */
    struct config *config;   /* that of ${serving} */
    struct config *first;    /* the one whose listeners are open; a reference */
    struct tls_store *tls;   /* its certificates as last read; a reference */
    uint64_t tls_mark;       /* of their files then, or when a change was last found bad */
    struct loop_timer *tls_timer;
    struct loop *loop;
    struct log *log;
    struct audit *audit;
    struct keeper *keeper; /* of the quarantine */
    struct port *ports;
    size_t port_count;
    struct worker **workers;
    unsigned worker_count;
    struct handover *handovers;         /* one a worker */
    unsigned awaited;                   /* workers that have not taken the last change yet */
    void (*changed)(struct gateway *g); /* called when all have */
    bool reload_again;                  /* asked for meanwhile */
    unsigned opened;                    /* descriptors, before the workers' */
    struct descriptors descriptors;
    unsigned room_warned; /* the number of sessions last warned of, 0: none */
    struct client_table *clients;
    pthread_mutex_t clients_lock; /* workers count their clients out */
    struct outgoing *outgoing;
    struct loop_watch *signals[3];
    struct loop_timer *drain_timer;
    struct notify *notify;
    bool draining;
    bool broken; /* a worker is */
    uint64_t drain_end_ms;
};

/* gateway_accept.c */

/* gateway_accepted(port, fd, peer): a new connection: lets it in or turns it away; owns ${fd}. */
void gateway_accepted(void *port, int fd, const struct address *peer);
/* gateway_client_ended(g, client): the connection of a worker's client is closed.
 * gateway_client_recount(g, from, to, max): it is counted as ${to} from now on; false: that one has
 * ${max} already. Any thread. */
void gateway_client_ended(void *g, const struct address *client);
bool gateway_client_recount(void *g, const struct address *from, const struct address *to,
                            unsigned max);
/* gateway_sessions(g): how many there are. */
unsigned gateway_sessions(struct gateway *g);
/* gateway_fit_descriptors(g): makes the budget for the newest configuration, and warns once when it
 * has not the room that limits.connections wants. */
void gateway_fit_descriptors(struct gateway *g);

/* gateway_reload.c */

/* gateway_reload(g): loads the configuration anew; a bad one changes nothing. Ready is said when
 * every worker serves it. */
void gateway_reload(void *g);
/* gateway_read_tls(g, config): the certificates of ${config}, or NULL: something is wrong with them
 * and has been logged. */
struct tls_store *gateway_read_tls(struct gateway *g, const struct config *config);
/* gateway_look_at_certificates(g): takes them in if their files changed; sets its timer again. */
void gateway_look_at_certificates(void *g);

#endif
