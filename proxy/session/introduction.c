#include "proxy/session/introduction.h"

#include <stdlib.h>

#include "conf/config.h"
#include "proxy/session/adopt.h"
#include "proxy/session/auth.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/greeting.h"
#include "proxy/session/hello.h"
#include "proxy/session/judging.h"
#include "proxy/session/line.h"
#include "proxy/session/macros.h"
#include "proxy/session/naming.h"
#include "proxy/session/origin.h"
#include "proxy/session/outcome.h"
#include "proxy/session/parting.h"
#include "proxy/session/state.h"
#include "proxy/smtp/proxy_header.h"

#define HEADER_DEADLINE_MS 5000 /* for the whole of it, however it dribbles in (PROTOCOL X04) */

/* Goes on with ${client} in place of who connected. false: it has too many connections already; it
 * has been told. */
static bool become(struct session *s, const struct address *client)
{
    s->who.client = *client;
    if (s->host->recount(s->host->ctx, &s->who.counted, client,
                         s->under.config->limits.connections_per_client)) {
        s->who.counted = *client;
        return true;
    }
    outcome_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY, SLICE("too many connections"));
    ending_say(s, "421 4.7.0 Too many connections\r\n");
    return false;
}

/* --- the PROXY header --- */

void introduction_begin(struct session *s, const struct address *client)
{
    s->who.client = s->who.peer = s->who.counted = *client;
}

void introduction_await(struct session *s)
{
    state_wait(s, PHASE_HEADER);
    connection_deadline(s->connection, HEADER_DEADLINE_MS);
}

/* No greeting: a peer that does not speak this protocol must not be taken for a client (R121). */
static bool header_refused(struct session *s, const char *reason)
{
    client_warn(s, reason);
    ending_drop(s, reason);
    return true;
}

static bool header_missing(struct session *s)
{
    if (connection_expired(s->connection))
        return header_refused(s, "no PROXY header came in time");
    if (connection_state(s->connection) != CONNECTION_EOF)
        return false;
    /* A balancer that looks whether the port is open: not worth a line in the log. */
    ending_drop(s, "the client closed the connection");
    return true;
}

/* HAProxy's own checks say LOCAL in version 2; in version 1 they name their own end of this very
 * connection. */
static bool is_own(const struct session *s, const struct proxy_header *header)
{
    return !header->proxied || (address_equal(&header->source, &s->who.peer) &&
                                header->source.port == s->who.peer.port);
}

static void header_taken(struct session *s, const struct proxy_header *header)
{
    connection_deadline(s->connection, 0);
    s->who.announced = true;
    client_begins(s);
    s->who.probed = is_own(s, header);
    if (header->proxied) {
        s->who.peer = header->source;
        s->who.local = header->destination;
        if (!become(s, &header->source))
            return;
    }
    greeting_begin(s);
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

/* --- XCLIENT --- */

/* What is wrong with the command, a whole reply, or NULL; then ${told} has what it said. */
static const char *parse(struct session *s, const struct command *command, unsigned allowed,
                         struct attributes *told)
{
    if (!peers_have(&s->under.listener->xclient, &s->who.peer))
        return "550 5.7.0 Not authorized\r\n";
    if (s->tx.envelope.open)
        return "503 5.5.1 Not within a transaction\r\n";
    switch (attributes_parse(command->argument, allowed, told)) {
    case ATTRIBUTES_OK: return NULL;
    case ATTRIBUTES_SYNTAX: return "501 5.5.4 Syntax: NAME=value ...\r\n";
    case ATTRIBUTES_UNKNOWN: return "501 5.5.4 Attribute not supported\r\n";
    case ATTRIBUTES_VALUE: return "501 5.5.4 Bad attribute value\r\n";
    }
    return NULL;
}

static void xclient_connect_judged(struct session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind) || s->hello.name.len == 0) {
        greeting_say(s, verdict);
        return;
    }
    struct event event = {.kind = EVENT_HELO};
    event.u.helo.name = origin_helo(s);
    judging_begin(s, &event, greeting_say);
}

/* Forgets whom we have served so far, as after STARTTLS: the one that comes is another. */
static int start_anew(struct session *s)
{
    ending_reset(s);
    parting_quit(s);
    auth_forget(s);
    client_forgive_errors(s);
    return adopt_anew(s);
}

void introduction_xclient(struct session *s, const struct command *command)
{
    struct attributes told = {0};
    const char *problem = parse(s, command, ATTRIBUTES_XCLIENT, &told);
    /* Nobody in place of somebody would be judged, here and upstream, as our own host. */
    if (problem == NULL && (told.given & IDENTITY_ADDR) != 0 && told.address.family == ADDRESS_NONE)
        problem = "501 5.5.4 Bad attribute value\r\n";
    if (problem != NULL) {
        line_answer(s, problem);
        return;
    }
    bool anew = start_anew(s) == 0;
    if (!anew || hello_told(s, attributes_slice(&told.helo)) != 0) {
        ending_say(s, CLIENT_OUT_OF_MEMORY);
        return;
    }
    struct address client = told.given & IDENTITY_ADDR ? told.address : s->who.client;
    if (told.given & (IDENTITY_ADDR | IDENTITY_PORT))
        client.port = told.address.port;
    if (told.given & IDENTITY_PROTO)
        hello_speaks(s, told.esmtp);
    if (naming_told(s, &told) != 0)
        ending_say(s, CLIENT_OUT_OF_MEMORY);
    else if (become(s, &client))
        greeting_judge(s, xclient_connect_judged);
}

/* --- XFORWARD --- */

void introduction_xforward(struct session *s, const struct command *command)
{
    struct attributes told = {0};
    if (s->forwarded != NULL)
        told = *s->forwarded;
    const char *problem = parse(s, command, ATTRIBUTES_XFORWARD, &told);
    if (problem == NULL && origin_keep(s, &told) != 0)
        problem = "452 4.3.1 Out of memory\r\n";
    line_answer(s, problem != NULL ? problem : "250 2.0.0 Ok\r\n");
}
