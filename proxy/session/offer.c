#include "proxy/session/offer.h"

#include "conf/config.h"
#include "proxy/session/lmtp.h"
#include "proxy/session/state.h"

/* Whether a login is kept from the eyes of others as far as the client's connection goes, */
bool offer_client_keeps(const struct session *s)
{
    bool wanted = s->under.listener->auth == AUTH_TLS_ONLY || s->under.listener->tls.required;
    return !wanted || connection_secure(s->connection);
}

/* ... and as far as the upstream's does. */
bool offer_upstream_keeps(const struct session *s)
{
    return s->under.listener->auth != AUTH_TLS_ONLY || upstream_private(s->upstream);
}

/* Whether this client may log in now. */
static bool login_allowed(const struct session *s)
{
    return s->under.listener->auth != AUTH_OFF && offer_client_keeps(s) && offer_upstream_keeps(s);
}

bool offer_starttls(const struct session *s)
{
    bool possible = s->under.listener->tls.mode == TLS_STARTTLS;
    if (s->under.listener->tls.mode == TLS_PASSTHROUGH && s->upstream != NULL)
        possible = (upstream_capabilities(s->upstream)->extensions & EXTENSION_STARTTLS) != 0;
    if (!possible || connection_secure(s->connection))
        return false;
    for (size_t i = 0; i < s->under.listener->strip_count; i++)
        if (slice_equal_case(s->under.listener->strip_extensions[i], SLICE("STARTTLS")))
            return false;
    return true;
}

/* --- what is offered --- */

static void restrict_login(const struct session *s, struct capabilities *offer)
{
    if (login_allowed(s))
        return;
    offer->extensions &= ~(unsigned)EXTENSION_AUTH;
    offer->mechanisms = (struct sasl_list){.len = 0};
}

static void add_introduction(const struct session *s, struct capabilities *offered)
{
    if (!s->hello.esmtp || !peers_have(&s->under.listener->xclient, &s->who.peer))
        return;
    unsigned bits = EXTENSION_XCLIENT | EXTENSION_XFORWARD;
    for (size_t i = 0; i < s->under.listener->strip_count; i++)
        bits &= ~extension_find(s->under.listener->strip_extensions[i]);
    offered->extensions |= bits;
    offered->xclient_attributes = ATTRIBUTES_XCLIENT;
    offered->xforward_attributes = ATTRIBUTES_XFORWARD;
}

static void add_limits(const struct session *s, struct capabilities *offer)
{
    for (size_t i = 0; i < s->under.listener->strip_count; i++)
        if (extension_find(s->under.listener->strip_extensions[i]) == EXTENSION_LIMITS)
            return;
    if (!s->hello.esmtp || !lmtp_crowded(s, 2))
        return;
    offer->extensions |= EXTENSION_LIMITS;
    offer->limits[LIMIT_RCPTMAX] = 1;
}

static struct capabilities offer_now(const struct session *s)
{
    struct capabilities offer = extension_offer(
        upstream_capabilities(s->upstream), s->under.listener->strip_extensions,
        s->under.listener->strip_count, s->under.config->limits.message_bytes, s->hello.esmtp);
    add_introduction(s, &offer);
    if (s->hello.esmtp && offer_starttls(s))
        offer.extensions |= EXTENSION_STARTTLS;
    restrict_login(s, &offer);
    extension_limit_recipients(&offer, s->under.config->limits.recipients);
    add_limits(s, &offer);
    extension_require_tls(&offer, connection_secure(s->connection), upstream_verified(s->upstream));
    return offer;
}

void offer_make(struct session *s)
{
    s->offered = offer_now(s);
}

void offer_forget(struct session *s)
{
    s->offered = (struct capabilities){0};
}

bool offer_holds(const struct session *s)
{
    return (s->offered.extensions & ~offer_now(s).extensions) == 0;
}

void offer_login_withheld(const struct session *s)
{
    bool withheld = s->under.listener->auth == AUTH_TLS_ONLY && offer_client_keeps(s) &&
                    !offer_upstream_keeps(s) &&
                    (upstream_capabilities(s->upstream)->extensions & EXTENSION_AUTH) != 0;
    if (withheld)
        log_write(s->host->log, LOG_LEVEL_WARNING,
                  "session %s: AUTH is withheld: the upstream is not reached in TLS", s->id);
}

/* --- what a message needs of an upstream that it is routed to --- */

static bool takes(enum verb verb, struct slice wire, const struct capabilities *offer)
{
    struct command_path path;
    struct slice argument = slice_first(slice_from(wire, 5), wire.len - 7);
    struct slice prefix = verb == VERB_MAIL ? SLICE("FROM:") : SLICE("TO:");
    int64_t size;
    return command_parse_path(argument, prefix, true, &path) == PATH_OK &&
           extension_check_params(verb, &path, offer, &size) == PARAM_OK;
}

static bool takes_recipient(const struct recipient *recipient, const struct capabilities *offer)
{
    return takes(VERB_RCPT, recipient->wire, offer);
}

bool offer_lacks(const struct session *s, const struct recipient *recipient)
{
    const struct capabilities offer = offer_now(s);
    const struct envelope *e = &s->tx.envelope;
    if (!takes(VERB_MAIL, e->mail_wire, &offer))
        return true;
    if (recipient != NULL)
        return !takes_recipient(recipient, &offer);
    for (size_t i = 0; i < e->recipient_count; i++)
        if (e->recipients[i].state == RECIPIENT_ACCEPTED &&
            !takes_recipient(&e->recipients[i], &offer))
            return true;
    return false;
}
