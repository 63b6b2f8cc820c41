/* Who is let in: counted exactly, by address and by descriptors, in the main thread. */
#include "proxy/gateway/gateway_accept.h"

#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/config.h"
#include "proxy/gateway/gateway_state.h"
#include "proxy/net/connection.h"

#define GOING_DOWN "421 4.3.2 The service is going down, try again later\r\n"
#define TOO_MANY   "421 4.7.0 Too many connections\r\n"

void gateway_accept_fit(struct gateway *g)
{
    g->descriptors = descriptors_fit(g->config, worker_wanted(g->first), g->opened);
    unsigned room = descriptors_sessions(&g->descriptors);
    if (room >= g->config->limits.connections || room == g->room_warned)
        return;
    g->room_warned = room;
    log_write(g->log, LOG_LEVEL_WARNING,
              "limits.connections lowered from %u to %u: only %u descriptors are allowed",
              g->config->limits.connections, room, g->descriptors.allowed);
}

unsigned gateway_accept_sessions(struct gateway *g)
{
    unsigned left = 0;
    for (unsigned i = 0; i < g->worker_count; i++)
        left += worker_sessions(g->workers[i]);
    return left;
}

void gateway_accept_ended(void *ctx, const struct address *client)
{
    struct gateway *g = ctx;
    (void)pthread_mutex_lock(&g->clients_lock);
    client_table_remove(g->clients, client);
    (void)pthread_mutex_unlock(&g->clients_lock);
}

bool gateway_accept_recount(void *ctx, const struct address *from, const struct address *to,
                            unsigned max)
{
    struct gateway *g = ctx;
    (void)pthread_mutex_lock(&g->clients_lock);
    enum client_answer answer = client_table_move(g->clients, from, to, max);
    (void)pthread_mutex_unlock(&g->clients_lock);
    return answer == CLIENT_ADMITTED;
}

/* Of those that serve; NULL: none does, and the end is near. */
static struct worker *least_busy(struct gateway *g)
{
    struct worker *best = NULL;
    for (unsigned i = 0; i < g->worker_count; i++)
        if (!worker_broken(g->workers[i]) &&
            (best == NULL || worker_sessions(g->workers[i]) < worker_sessions(best)))
            best = g->workers[i];
    return best;
}

static void turn_away(const struct port *port, int fd, const char *reply)
{
    const struct listener_conf *listener = serving_listener(port->gateway->serving, port->index);
    bool secret = listener->tls.mode == TLS_IMPLICIT;
    connection_turn_away(fd, secret ? SLICE_NONE : slice_str(reply)); /* it would be noise there */
}

/* How many connections this peer may have. One that tells us who the client is brings those of
 * many, which are counted when it has told. */
static unsigned allowed(const struct gateway *g, const struct port *port,
                        const struct address *peer)
{
    const struct listener_conf *listener = serving_listener(g->serving, port->index);
    bool tells =
        peers_have(&listener->proxy_protocol, peer) || peers_have(&listener->xclient, peer);
    return tells ? UINT_MAX : g->config->limits.connections_per_client;
}

static enum client_answer count_in(struct gateway *g, const struct address *peer, unsigned one_max)
{
    (void)pthread_mutex_lock(&g->clients_lock);
    enum client_answer answer =
        client_table_add(g->clients, peer, g->config->limits.connections, one_max);
    (void)pthread_mutex_unlock(&g->clients_lock);
    return answer;
}

/* Sessions are counted before the connections they leave behind, so that one that ends meanwhile
 * counts twice rather than not at all. */
static bool descriptors_left(struct gateway *g)
{
    unsigned sessions = gateway_accept_sessions(g), lingering = 0;
    for (unsigned i = 0; i < g->worker_count; i++)
        lingering += worker_lingering(g->workers[i]);
    return descriptors_room(&g->descriptors, sessions, lingering);
}

static void refuse(const struct port *port, int fd, const struct address *peer, const char *why,
                   const char *reply)
{
    char text[ADDRESS_TEXT_MAX];
    struct slice client = address_text(peer, text);
    log_write(port->gateway->log, LOG_LEVEL_WARNING, "%.*s turned away: %s", SLICE_ARG(client),
              why);
    turn_away(port, fd, reply);
}

void gateway_accept_connection(void *ctx, int fd, const struct address *peer)
{
    struct port *port = ctx;
    struct gateway *g = port->gateway;
    if (!descriptors_left(g)) {
        refuse(port, fd, peer, "no descriptors are left",
               "421 4.3.2 Too busy, try again later\r\n");
        return;
    }
    switch (count_in(g, peer, allowed(g, port, peer))) {
    case CLIENT_TOO_MANY: refuse(port, fd, peer, "too many connections", TOO_MANY); return;
    case CLIENT_TOO_MANY_OF_ONE:
        refuse(port, fd, peer, "too many connections from there", TOO_MANY);
        return;
    case CLIENT_ADMITTED: break;
    }
    struct worker *worker = least_busy(g);
    if (worker != NULL && worker_serve(worker, fd, port->index, peer) == 0)
        return;
    gateway_accept_ended(g, peer);
    if (worker == NULL || worker_broken(worker))
        refuse(port, fd, peer, "no worker is left", GOING_DOWN);
    else
        refuse(port, fd, peer, "out of memory", "421 4.3.0 Out of memory\r\n");
}
