/* Whether a connection may serve another client after this one.
 *
 * A server counts what it does not like for as long as a connection lasts (Postfix: errors and
 * commands without a message; RFC 9422: messages), and slows down or ends one that has had enough.
 * So that no client suffers from what another has done, only one that has little against it is
 * kept.
 */
#include "proxy/upstream/upstream_keep.h"

#include "proxy/upstream/upstream_state.h"

void upstream_keep_replied(struct upstream *u)
{
    struct upstream_wear *wear = &u->wear;
    bool message = u->phase == PHASE_END && !wear->partial;
    if (message && u->reply.code / 100 == 2) {
        wear->commands = 0;
        wear->refused = false;
        return;
    }
    wear->commands++;
    if (u->reply.code >= 400 && u->phase != PHASE_EHLO) /* HELO may follow, and be accepted */
        wear->refused = true;
}

bool upstream_keep_limits(struct upstream *u)
{
    uint64_t *max = &u->capabilities.limits[LIMIT_MAILMAX];
    if (!u->reused || *max == 0)
        return true;
    if (*max <= u->wear.before)
        return false;
    *max -= u->wear.before;
    return true;
}

/* The client must be named again, or have had no name. */
static bool identity_passes(const struct upstream *u)
{
    switch (u->conf->identify) {
    case IDENTIFY_NONE:
    case IDENTIFY_XFORWARD: /* with every MAIL */ return true;
    case IDENTIFY_XCLIENT:
        return (u->capabilities.extensions & EXTENSION_XCLIENT) != 0 &&
               (u->capabilities.xclient_attributes & IDENTITY_ADDR) != 0;
    case IDENTIFY_PROXY_V1:
    case IDENTIFY_PROXY_V2: break; /* only once, at the beginning (PROTOCOL X08) */
    }
    return false;
}

static bool worn(const struct upstream *u)
{
    uint64_t declared = u->capabilities.limits[LIMIT_MAILMAX]; /* after ${before} */
    return u->wear.refused || u->wear.commands > UPSTREAM_KEEP_COMMANDS_MAX ||
           u->wear.mails >= UPSTREAM_KEEP_MAILS_MAX ||
           (declared > 0 && u->wear.mails >= (declared + u->wear.before) / 2) ||
           loop_now_ms(u->loop) - u->wear.born_ms >= UPSTREAM_KEEP_AGE_MS;
}

bool upstream_keepable(const struct upstream *u)
{
    if (u->phase != PHASE_READY && u->phase != PHASE_COMMAND)
        return false;
    /* One without TLS because it had failed once is second best. */
    if (u->conf->keepalive == 0 || u->towards != NULL || u->wear.login || u->leg.plain ||
        !identity_passes(u) || worn(u))
        return false;
    return connection_state(u->connection) == CONNECTION_OPEN &&
           connection_input(u->connection).len == 0;
}

bool upstream_current(const struct upstream *u, const struct config *config,
                      const struct tls_context *context)
{
    return u->config == config && u->leg.context == context;
}

const struct upstream_conf *upstream_conf(const struct upstream *u)
{
    return u->conf;
}
