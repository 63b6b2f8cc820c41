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

static void open_named(struct session *s)
{
    s->phase = PHASE_OPEN;
    if (s->upstream == NULL)
        s->upstream = upstream_create(s->worker->loop, session_wake, s);
    if (s->upstream == NULL) {
        session_say_close(s, "421 4.3.0 Out of memory\r\n");
        return;
    }
    struct identity identity = identity_of(s);
    upstream_secure(s->upstream, tls_store_upstream(s->worker->tls, s->listener->upstream->name));
    upstream_rest(s->upstream, &s->worker->rests);
    upstream_resolver(s->upstream, s->worker->resolver, &s->worker->names);
    upstream_open(s->upstream, s->config, s->listener->upstream, session_ehlo_name(s), &identity);
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
    extension_require_tls(&offer, connection_secure(s->connection), upstream_verified(s->upstream));
    return offer;
}

bool session_ask_xforward(struct session *s, void (*ready)(struct session *s))
{
    const struct capabilities *offered = upstream_capabilities(s->upstream);
    if (s->listener->upstream->identify != IDENTIFY_XFORWARD ||
        (offered->extensions & EXTENSION_XFORWARD) == 0)
        return false;
    struct identity identity = identity_of(s);
    struct bytes line;
    bytes_init(&line, IDENTITY_LINE_MAX);
    bool asked = identity_xforward(&line, &identity, offered->xforward_attributes) == 1;
    if (asked)
        session_ask(s, bytes_slice(&line), ready);
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
