/* Who the client is, as told by a peer that the listener believes: a PROXY header before all else.
 * From nobody else is any of it taken. */
#include "proxy/session/session_private.h"
#include "proxy/smtp/proxy_header.h"

#define HEADER_DEADLINE_MS 5000 /* for the whole of it, however it dribbles in (PROTOCOL X04) */

/* Goes on with ${client} in place of who connected. false: it has too many connections already; it
 * has been told. */
static bool become(struct session *s, const struct address *client)
{
    s->client = *client;
    if (worker_recount(s->worker, &s->counted, client, s->config->limits.connections_per_client)) {
        s->counted = *client;
        return true;
    }
    account_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY, SLICE("too many connections"));
    session_say_close(s, "421 4.7.0 Too many connections\r\n");
    return false;
}

/* --- the PROXY header --- */

void introduction_await(struct session *s)
{
    s->phase = PHASE_HEADER;
    connection_deadline(s->connection, HEADER_DEADLINE_MS);
}

/* No greeting: a peer that does not speak this protocol must not be taken for a client (R121). */
static bool header_refused(struct session *s, const char *reason)
{
    char text[ADDRESS_TEXT_MAX];
    struct slice peer = address_text(&s->peer, text);
    log_write(s->worker->options.log, LOG_LEVEL_WARNING, "session %s: %.*s: %s", s->id,
              SLICE_ARG(peer), reason);
    session_drop(s, reason);
    return true;
}

static bool header_missing(struct session *s)
{
    if (connection_expired(s->connection))
        return header_refused(s, "no PROXY header came in time");
    if (connection_state(s->connection) != CONNECTION_EOF)
        return false;
    /* A balancer that looks whether the port is open: not worth a line in the log. */
    session_drop(s, "the client closed the connection");
    return true;
}

static void header_taken(struct session *s, const struct proxy_header *header)
{
    connection_deadline(s->connection, 0);
    if (header->proxied) {
        s->peer = header->source;
        s->local = header->destination;
        if (!become(s, &header->source))
            return;
    }
    session_begin(s);
}

bool introduction_step(struct session *s)
{
    struct proxy_header header;
    size_t consumed;
    switch (proxy_header_read(connection_input(s->connection), &header, &consumed)) {
    case PROXY_HEADER_MORE: return header_missing(s);
    case PROXY_HEADER_BAD: return header_refused(s, "no valid PROXY header");
    case PROXY_HEADER_READY: break;
    }
    connection_consume(s->connection, consumed);
    header_taken(s, &header);
    return true;
}
