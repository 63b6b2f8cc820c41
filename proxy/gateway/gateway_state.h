/* gateway_state: the gateway as its own files share it; nobody else includes this. gateway.c (its
 * life, drain) stands on gateway_lists.c (changed lists), that on gateway_reload.c (configuration
 * and certificates anew), and all on gateway_accept.c (who is let in).
 */
#ifndef PROXY_GATEWAY_GATEWAY_STATE_H
#define PROXY_GATEWAY_GATEWAY_STATE_H

#include <pthread.h>

#include "conf/list_watch.h"
#include "filters/base/diag.h"
#include "proxy/depot/keeper.h"
#include "proxy/gateway/descriptors.h"
#include "proxy/gateway/gateway.h"
#include "proxy/gateway/worker.h"
#include "proxy/net/client_table.h"
#include "proxy/net/listener.h"
#include "proxy/process/crew.h"
#include "proxy/process/notify.h"

/* One listening socket. */
struct port {
    struct gateway *gateway;
    size_t index; /* in the configuration the gateway was opened with; as serving counts it */
    int fd;       /* until the listener takes it over, then -1 */
    struct listener *listener;
};

/* A change on its way to a worker, and the word that it has come. */
struct change_under_way {
    struct gateway *gateway;
    struct worker_change what;
    struct loop_task taken;
};

/* List files that change, and the configuration that a thread loads then. */
struct gateway_lists {
    struct list_watch watch;
    struct loop_timer *timer;
    struct config *from; /* in force when it began; NULL: none is loaded. Until it is told: */
    pthread_t thread;
    struct config *next; /* the thread's */
    struct diag diag;
    struct loop_task loaded;
};

struct gateway {
    struct serving *serving; /* the newest; a reference */
    struct config *config;   /* that of ${serving} */
    struct config *first;    /* the one whose listeners are open; a reference */
    struct tls_store *tls;   /* its certificates as last read; a reference */
    uint64_t tls_mark;       /* of their files then, or when a change was last found bad */
    struct loop_timer *tls_timer;
    struct gateway_lists lists;
    struct loop *loop;
    struct log *log;
    struct audit *audit;
    struct keeper *keeper; /* of the quarantine */
    struct crew *crew;     /* as many as workers, for what takes longer than a loop may */
    struct port *ports;
    size_t port_count;
    struct worker **workers;
    unsigned worker_count;
    struct change_under_way *changes;   /* one a worker */
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

#endif
