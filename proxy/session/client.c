#include "proxy/session/client.h"

#include "proxy/session/state.h"

void client_reply(struct session *s, const struct reply *reply)
{
    connection_say(s->connection, reply->wire);
    if (reply->code >= 400)
        s->errors++;
}

void client_say(struct session *s, const char *wire)
{
    struct reply reply = reply_static(slice_str(wire));
    client_reply(s, &reply);
}

void client_warn(const struct session *s, const char *reason)
{
    char text[ADDRESS_TEXT_MAX];
    struct slice peer = address_text(&s->peer, text);
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %.*s: %s", s->id, SLICE_ARG(peer),
              reason);
}

struct event_tls client_tls(const struct session *s)
{
    const struct tls_info *tls = connection_tls(s->connection);
    if (tls == NULL)
        return (struct event_tls){.active = false};
    return (struct event_tls){.active = true,
                              .version = tls->version,
                              .cipher = tls->cipher,
                              .name = tls->name,
                              .client_cert = tls->client_certificate};
}
