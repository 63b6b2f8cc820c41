#include "proxy/session/interception.h"

#include <stdlib.h>
#include <string.h>

#include "conf/config.h"
#include "proxy/net/transparent.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/outcome.h"
#include "proxy/session/state.h"

#define UNKNOWN "421 4.3.5 No original destination is known here\r\n"
#define HERE    "421 4.4.6 The original destination is this gateway itself\r\n"
#define LOOP    "421 4.4.6 The gateway's own connection came back to it\r\n"

/* A tempfail: what is wrong is our machine's, and no mail need bounce for it. Plain text would be
 * noise to a client that begins with TLS. */
static bool refuse(struct session *s, const char *reason, const char *wire)
{
    char text[ADDRESS_TEXT_MAX];
    struct slice peer = address_text(&s->who.peer, text);
    struct slice to = s->original != NULL ? s->original->endpoint.text : SLICE_NONE;
    if (to.len == 0)
        to = SLICE("unknown");
    log_write(s->host->log, LOG_LEVEL_WARNING,
              "session %s: %.*s to %.*s turned away by listener %.*s: %s", s->id, SLICE_ARG(peer),
              SLICE_ARG(to), SLICE_ARG(s->under.listener->name), reason);
    outcome_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY, slice_str(reason));
    if (s->under.listener->tls.mode == TLS_IMPLICIT && !s->greeting.welcomed)
        ending_drop(s, reason);
    else
        ending_say(s, wire);
    return false;
}

/* The same with an address of this machine that endpoint_reaches knows: a listener on all addresses
 * is reached by it. */
static struct endpoint at_loopback(const struct endpoint *to)
{
    static const uint8_t v4[4] = {127, 0, 0, 1};
    static const uint8_t v6[16] = {[15] = 1};
    struct endpoint near = *to;
    if (to->address.family == ADDRESS_V4)
        memcpy(near.address.bytes, v4, sizeof v4);
    else
        memcpy(near.address.bytes, v6, sizeof v6);
    return near;
}

/* Whether a connection to ${to} would arrive at one of our listeners. */
static bool reaches_us(const struct session *s, const struct endpoint *to)
{
    const struct config *opened = s->host->first;
    struct endpoint near = at_loopback(to);
    for (size_t i = 0; i < opened->listener_count; i++) {
        const struct endpoint *listener = &opened->listeners[i].endpoint;
        if (endpoint_reaches(to, listener))
            return true;
        if (endpoint_reaches(&near, listener) && !endpoint_equal(&near, listener) &&
            transparent_here(&to->address))
            return true;
    }
    return false;
}

/* Whether nobody has redirected the connection: it wanted to reach the socket it has reached. With
 * TPROXY that is always so, and means nothing. */
static bool came_directly(const struct session *s)
{
    struct address local = connection_local(s->connection);
    const struct address *to = &s->original->endpoint.address;
    return s->under.listener->transparent == TRANSPARENT_REDIRECT && local.port == to->port &&
           address_equal(&local, to);
}

/* Whether it is one of our own connections that the packet filter has caught and sent back. */
static bool came_from_us(const struct session *s)
{
    return outgoing_has(s->host->outgoing, &s->who.peer, &s->original->endpoint.address);
}

bool interception_begin(struct session *s)
{
    enum transparent how = s->under.listener->transparent;
    if (how == TRANSPARENT_OFF)
        return true;
    s->original = calloc(1, sizeof *s->original);
    if (s->original == NULL)
        return refuse(s, "out of memory", CLIENT_OUT_OF_MEMORY);
    struct endpoint *to = &s->original->endpoint;
    if (connection_destination(s->connection, how, &to->address) != 0 || to->address.port == 0)
        return refuse(s, "its original destination is not known", UNKNOWN);
    to->text = address_port_text(&to->address, s->original->text);
    if (came_directly(s) || reaches_us(s, to))
        return refuse(s, "its original destination is this gateway itself", HERE);
    if (came_from_us(s))
        return refuse(s, "it is this gateway's own connection to there", LOOP);
    return true;
}

bool interception_steer(struct session *s)
{
    if (s->original == NULL)
        return true;
    if (came_from_us(s)) /* it was noted a moment after it came here */
        return refuse(s, "it is this gateway's own connection to there", LOOP);
    upstream_towards(s->upstream, &s->original->endpoint,
                     s->under.listener->client_source ? &s->who.peer : NULL, s->host->outgoing);
    return true;
}

void interception_forget(struct session *s)
{
    free(s->original);
    s->original = NULL;
}
