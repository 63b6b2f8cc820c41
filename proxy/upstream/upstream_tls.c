#include "proxy/upstream/upstream_tls.h"

static enum upstream_tls_next lost(struct upstream_leg *leg, const char *failure)
{
    leg->failure = failure;
    leg->lost = true;
    return UPSTREAM_TLS_NEXT_LOST;
}

/* Without TLS: where the operator allows it, goes on; else that is the end. */
static enum upstream_tls_next without(struct upstream_leg *leg, const char *failure)
{
    if (leg->mode == UPSTREAM_TLS_OPPORTUNISTIC)
        return UPSTREAM_TLS_NEXT_OPEN;
    return lost(leg, failure);
}

/* What the server said before, unread, must not count as said inside (CVE-2021-38371; PROTOCOL D7,
 * T02). */
static enum upstream_tls_next shake_hands(struct upstream_leg *leg, struct connection *c)
{
    if (connection_input(c).len > 0)
        return lost(leg, "the upstream sent more in plain text behind its reply to STARTTLS");
    if (leg->context == NULL || connection_start_tls_to(c, leg->context, leg->host) != 0)
        return lost(leg, "TLS with the upstream could not begin");
    return UPSTREAM_TLS_NEXT_WAIT;
}

enum upstream_tls_next upstream_tls_connected(struct upstream_leg *leg, struct connection *c)
{
    return leg->mode == UPSTREAM_TLS_IMPLICIT ? shake_hands(leg, c) : UPSTREAM_TLS_NEXT_GREETING;
}

enum upstream_tls_next upstream_tls_introduced(struct upstream_leg *leg, const struct connection *c,
                                               bool offered)
{
    if (leg->mode == UPSTREAM_TLS_OFF || leg->plain || connection_secure(c))
        return UPSTREAM_TLS_NEXT_OPEN;
    return offered ? UPSTREAM_TLS_NEXT_ASK : without(leg, "the upstream does not offer STARTTLS");
}

enum upstream_tls_next upstream_tls_replied(struct upstream_leg *leg, struct connection *c,
                                            int code)
{
    if (code == 220)
        return shake_hands(leg, c);
    if (code >= 400 && code != 421)
        return without(leg, "the upstream refused STARTTLS");
    return lost(leg, "the upstream's reply to STARTTLS makes no sense");
}

enum upstream_tls_next upstream_tls_step(struct upstream_leg *leg, const struct connection *c)
{
    bool expired = connection_expired(c);
    if (connection_secure(c))
        return leg->mode == UPSTREAM_TLS_IMPLICIT ? UPSTREAM_TLS_NEXT_GREETING
                                                  : UPSTREAM_TLS_NEXT_HELLO;
    if (!expired && connection_state(c) != CONNECTION_FAILED)
        return UPSTREAM_TLS_NEXT_WAIT;
    /* This connection is beyond use; a server that cannot do what it offers gets one in plain text
     * where that is allowed, once. */
    leg->plain = leg->mode == UPSTREAM_TLS_OPPORTUNISTIC;
    if (leg->plain)
        return UPSTREAM_TLS_NEXT_AGAIN;
    return lost(leg, expired ? "the upstream did not finish the TLS handshake in time"
                             : "the TLS handshake with the upstream failed");
}

bool upstream_tls_private(const struct upstream_leg *leg, const struct connection *c,
                          const struct address *to)
{
    return connection_secure(c) || (leg->mode == UPSTREAM_TLS_OFF && address_is_local(to));
}
