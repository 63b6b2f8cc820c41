/* What a session does with its upstream: opens it, asks it, waits for it, takes a transaction back.
 */
#include "proxy/net/tls_store.h"
#include "proxy/session/session_private.h"

struct slice session_ehlo_name(const struct session *s)
{
    return s->helo.len > 0 ? bytes_slice(&s->helo) : s->config->hostname;
}

static struct identity identity_of(const struct session *s)
{
    struct identity identity = {
        .client = s->client, .server = s->local, .helo = bytes_slice(&s->helo), .esmtp = s->esmtp};
    enum identify how = s->listener->upstream->identify;
    bool wanted = how == IDENTIFY_PROXY_V1 || how == IDENTIFY_PROXY_V2;
    naming_identify(s, &identity);
    if (wanted && s->local.family == ADDRESS_NONE)
        identity.server = connection_local(s->connection);
    return identity;
}

/* The first time a connection that another session has left will do. One that was lost has siblings
 * that are no better. */
static struct upstream *kept_upstream(struct session *s)
{
    return s->upstream == NULL ? pool_take(s->host->pool, s->listener->upstream, session_wake, s)
                               : NULL;
}

static void open_named(struct session *s)
{
    s->phase = PHASE_OPEN;
    struct upstream *kept = kept_upstream(s);
    if (kept != NULL)
        s->upstream = kept;
    if (s->upstream == NULL)
        s->upstream = upstream_create(s->host->loop, session_wake, s);
    if (s->upstream == NULL) {
        session_say_close(s, OUT_OF_MEMORY);
        return;
    }
    if (!interception_steer(s))
        return;
    struct identity identity = identity_of(s);
    upstream_secure(s->upstream, tls_store_upstream(s->host->tls, s->listener->upstream));
    upstream_rest(s->upstream, &s->host->rests);
    upstream_resolver(s->upstream, s->host->resolver, &s->host->names);
    if (kept != NULL)
        upstream_reuse(kept, session_ehlo_name(s), &identity);
    else
        upstream_open(s->upstream, s->config, s->listener->upstream, session_ehlo_name(s),
                      &identity);
}

bool session_keeps_upstream(const struct session *s)
{
    const struct host *host = s->host;
    if (host->draining || !upstream_keepable(s->upstream))
        return false;
    if (upstream_status(s->upstream) == UPSTREAM_WAITING && !s->resetting)
        return false;
    const struct upstream_conf *conf = upstream_conf(s->upstream);
    return upstream_current(s->upstream, host->config, tls_store_upstream(host->tls, conf));
}

void session_part_upstream(struct session *s)
{
    if (s->upstream == NULL)
        return;
    upstream_check(s->upstream);
    if (session_keeps_upstream(s)) {
        pool_put(s->host->pool, s->upstream, s->host->config->timeouts.keepalive_ms);
    } else {
        upstream_quit(s->upstream);
        upstream_destroy(s->upstream);
    }
    s->upstream = NULL;
}

void session_open(struct session *s, void (*ready)(struct session *s))
{
    s->ready = ready;
    s->resetting = false;
    if (s->authenticated)
        auth_lost(s);
    else if (naming_upstream_wants(s))
        naming_await(s, open_named);
    else
        open_named(s);
}

void session_await(struct session *s, void (*ready)(struct session *s))
{
    s->ready = ready;
    s->phase = PHASE_ANSWER;
}

void session_ask(struct session *s, struct slice wire, void (*ready)(struct session *s))
{
    upstream_command(s->upstream, wire);
    session_await(s, ready);
}

bool session_upstream_usable(struct session *s)
{
    if (s->upstream == NULL)
        return false;
    if (s->resetting && upstream_status(s->upstream) == UPSTREAM_READY &&
        upstream_reply(s->upstream)->code / 100 != 2)
        upstream_abort(s->upstream);
    s->resetting = false;
    upstream_check(s->upstream);
    return upstream_status(s->upstream) == UPSTREAM_READY;
}

struct capabilities session_offer(const struct session *s)
{
    struct capabilities offer =
        extension_offer(upstream_capabilities(s->upstream), s->listener->strip_extensions,
                        s->listener->strip_count, s->config->limits.message_bytes, s->esmtp);
    introduction_offer(s, &offer);
    if (s->esmtp && starttls_offered(s))
        offer.extensions |= EXTENSION_STARTTLS;
    auth_restrict(s, &offer);
    extension_limit_recipients(&offer, s->config->limits.recipients);
    lmtp_offer(s, &offer);
    extension_require_tls(&offer, connection_secure(s->connection), upstream_verified(s->upstream));
    return offer;
}

bool session_offer_holds(struct session *s)
{
    if ((s->offered.extensions & ~session_offer(s).extensions) == 0)
        return true;
    account_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY,
                  SLICE("the upstream offers less than before"));
    session_say_close(s, "421 4.3.0 The mail server has changed, start again\r\n");
    return false;
}

/* For an upstream that only logs it: the client itself, or, behind a filter or server that has said
 * whose mail this is, that one. */
static struct identity origin_of(const struct session *s)
{
    struct identity identity = identity_of(s);
    const struct attributes *told = s->forwarded;
    if (told == NULL)
        return identity;
    identity.client = told->address; /* none, where it was not told: the peer is not the origin */
    identity.helo = attributes_slice(&told->helo);
    identity.name = attributes_slice(&told->name);
    identity.name_later = told->name_later;
    identity.local = told->local;
    if (told->given & IDENTITY_PROTO)
        identity.esmtp = told->esmtp;
    return identity;
}

bool session_ask_xforward(struct session *s, void (*ready)(struct session *s))
{
    const struct capabilities *offered = upstream_capabilities(s->upstream);
    if (s->listener->upstream->identify != IDENTIFY_XFORWARD ||
        (offered->extensions & EXTENSION_XFORWARD) == 0)
        return false;
    struct identity identity = origin_of(s);
    struct bytes line;
    struct slice wire;
    bytes_init(&line, IDENTITY_LINE_MAX);
    bool asked = identity_xforward(&line, &identity, offered->xforward_attributes) == 1 &&
                 bytes_take(&line, &wire) == 0;
    if (asked)
        session_ask(s, wire, ready);
    bytes_fini(&line);
    return asked;
}

void session_reset_upstream(struct session *s)
{
    if (s->upstream == NULL || !s->tx.upstream_open)
        return;
    if (upstream_status(s->upstream) == UPSTREAM_READY) {
        upstream_command(s->upstream, SLICE("RSET\r\n"));
        s->resetting = true;
    } else if (!s->resetting) {
        /* Something of this transaction is still under way there; only a close takes it back. */
        upstream_abort(s->upstream);
    }
}
