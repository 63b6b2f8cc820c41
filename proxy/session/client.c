#include "proxy/session/client.h"

#include "conf/config.h"
#include "proxy/session/state.h"

void client_reply(struct session *s, const struct reply *reply)
{
    connection_say(s->connection, reply->wire);
    if (reply->code >= 400)
        s->talk.errors++;
}

void client_say(struct session *s, const char *wire)
{
    struct reply reply = reply_static(slice_str(wire));
    client_reply(s, &reply);
}

void client_warn(const struct session *s, const char *reason)
{
    char text[ADDRESS_TEXT_MAX];
    struct slice peer = address_text(&s->who.peer, text);
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

/* --- its connection --- */

int client_accept(struct session *s, int fd)
{
    s->connection = connection_accept(s->host->loop, fd, s->wake, s);
    return s->connection != NULL ? 0 : -1;
}

void client_listen(struct session *s)
{
    s->talk.heard = s->talk.heard || connection_input(s->connection).len > 0 ||
                    connection_tls_heard(s->connection);
}

void client_begins(struct session *s)
{
    s->talk.heard = connection_input(s->connection).len > 0;
}

void client_quits(struct session *s)
{
    s->talk.quit = true;
}

void client_part(struct session *s)
{
    s->talk.lingers = s->host->linger(s->host->ctx, s->connection, &s->who.counted);
    if (s->talk.quit) /* it has nothing more to say */
        connection_close(s->connection);
    else
        connection_finish(s->connection);
    s->connection = NULL;
}

struct address client_local(const struct session *s)
{
    if (s->original != NULL)
        return s->original->endpoint.address;
    return s->who.local;
}

/* --- what is counted of it --- */

void client_erred(struct session *s)
{
    s->talk.errors++;
}

bool client_wastes(struct session *s)
{
    return ++s->talk.junk > s->under.config->limits.junk_commands;
}

bool client_put_off(struct session *s)
{
    return ++s->talk.put_off > s->under.config->limits.recipients && client_wastes(s);
}

void client_forgive_errors(struct session *s)
{
    s->talk.errors = 0;
}

void client_forgive(struct session *s)
{
    s->talk.errors = s->talk.junk = s->talk.put_off = 0;
}
