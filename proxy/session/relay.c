#include "proxy/session/relay.h"

#include "proxy/net/tls_store.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/interception.h"
#include "proxy/session/line.h"
#include "proxy/session/naming.h"
#include "proxy/session/offer.h"
#include "proxy/session/origin.h"
#include "proxy/session/outcome.h"
#include "proxy/session/parting.h"
#include "proxy/session/route.h"
#include "proxy/session/state.h"

void relay_say_on(struct session *s)
{
    const struct reply *reply = upstream_reply(s->upstream);
    client_reply(s, reply);
    if (reply->code == 421) {
        outcome_upstream_refused(s);
        ending_finish(s);
    } else {
        line_next(s);
    }
}

static void upstream_gone(struct session *s)
{
    const char *failure = upstream_failure(s->upstream);
    struct slice address = upstream_address(s->upstream);
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: upstream %.*s: %s", s->id,
              SLICE_ARG(address), failure);
    outcome_upstream_failed(s, failure);
    ending_say(s, upstream_insecure(s->upstream)
                      ? "421 4.7.5 The mail server cannot be reached securely, try again later\r\n"
                      : "421 4.4.1 The mail server is not available, try again later\r\n");
}

bool relay_opened(struct session *s)
{
    switch (upstream_status(s->upstream)) {
    case UPSTREAM_READY: return true;
    case UPSTREAM_REFUSED:
        outcome_upstream_failed(s, upstream_failure(s->upstream));
        outcome_upstream_refused(s);
        relay_say_on(s);
        return false;
    case UPSTREAM_NONE:
    case UPSTREAM_OPENING:
    case UPSTREAM_WAITING:
    case UPSTREAM_CHALLENGE:
    case UPSTREAM_CONTENT:
    case UPSTREAM_LOST: break;
    }
    upstream_gone(s);
    return false;
}

/* --- opening it --- */

static void login_lost(struct session *s)
{
    static const char reason[] = "the upstream that accepted the login went away";
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s", s->id, reason);
    outcome_upstream_failed(s, reason);
    ending_say(s, RELAY_LOGIN_LOST);
}

/* The first time a connection that another session has left will do. One that was lost has siblings
 * that are no better. */
static struct upstream *kept_upstream(struct session *s)
{
    return s->upstream == NULL ? pool_take(s->host->pool, route_now(s), s->wake, s) : NULL;
}

static void client_named(struct session *s)
{
    state_wait(s, PHASE_OPEN);
    if (!route_here(s))
        parting_end(s);
    struct upstream *kept = kept_upstream(s);
    if (kept != NULL)
        s->upstream = kept;
    if (s->upstream == NULL)
        s->upstream = upstream_create(s->host->loop, s->wake, s);
    if (s->upstream == NULL) {
        ending_say(s, CLIENT_OUT_OF_MEMORY);
        return;
    }
    if (!interception_steer(s))
        return;
    struct identity identity = origin_identity(s);
    upstream_secure(s->upstream, tls_store_upstream(s->host->tls, route_now(s)));
    upstream_rest(s->upstream, &s->host->rests);
    upstream_resolver(s->upstream, s->host->resolver, &s->host->names);
    if (kept != NULL)
        upstream_reuse(kept, origin_name(s), &identity);
    else
        upstream_open(s->upstream, s->under.config, route_now(s), origin_name(s), &identity);
}

void relay_open(struct session *s, void (*ready)(struct session *s))
{
    s->ready = ready;
    parting_settled(s);
    if (s->login.accepted)
        login_lost(s);
    else if (naming_upstream_wants(s))
        naming_await(s, client_named);
    else
        client_named(s);
}

bool relay_usable(struct session *s)
{
    if (s->upstream == NULL)
        return false;
    if (s->resetting && upstream_status(s->upstream) == UPSTREAM_READY &&
        upstream_reply(s->upstream)->code / 100 != 2)
        upstream_abort(s->upstream);
    parting_settled(s);
    upstream_check(s->upstream);
    return upstream_status(s->upstream) == UPSTREAM_READY && route_here(s);
}

static void reached_idle(struct session *s)
{
    if (relay_usable(s))
        s->reached(s);
    else
        relay_open(s, s->reached);
}

void relay_reach(struct session *s, void (*reached)(struct session *s))
{
    s->reached = reached;
    if (s->upstream != NULL)
        relay_await(s, reached_idle);
    else
        relay_open(s, reached);
}

void relay_greet(struct session *s, void (*ready)(struct session *s))
{
    upstream_greet(s->upstream, origin_name(s));
    s->ready = ready;
    state_wait(s, PHASE_OPEN);
}

bool relay_offer_holds(struct session *s)
{
    if (offer_holds(s))
        return true;
    outcome_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY,
                  SLICE("the upstream offers less than before"));
    ending_say(s, "421 4.3.0 The mail server has changed, start again\r\n");
    return false;
}

/* --- talking to it --- */

void relay_await(struct session *s, void (*ready)(struct session *s))
{
    s->ready = ready;
    state_wait(s, PHASE_ANSWER);
}

void relay_ask(struct session *s, struct slice wire, void (*ready)(struct session *s))
{
    upstream_command(s->upstream, wire);
    relay_await(s, ready);
}

bool relay_introduce(struct session *s, void (*ready)(struct session *s))
{
    const struct capabilities *offered = upstream_capabilities(s->upstream);
    if (route_now(s)->identify != IDENTIFY_XFORWARD ||
        (offered->extensions & EXTENSION_XFORWARD) == 0)
        return false;
    struct identity identity = origin_behind(s);
    struct bytes line;
    struct slice wire;
    bytes_init(&line, IDENTITY_LINE_MAX);
    bool asked = identity_xforward(&line, &identity, offered->xforward_attributes) == 1 &&
                 bytes_take(&line, &wire) == 0;
    if (asked)
        relay_ask(s, wire, ready);
    bytes_fini(&line);
    return asked;
}

bool relay_step(struct session *s)
{
    enum upstream_status status = upstream_status(s->upstream);
    if (status == UPSTREAM_OPENING || status == UPSTREAM_WAITING)
        return false;
    s->ready(s);
    return true;
}
