/* upstream_open: see upstream_open.h; and upstream_open, upstream_reuse and upstream_greet of
 * upstream.h. How an upstream is opened: connect, PROXY header, TLS, greeting, EHLO or HELO (LMTP:
 * LHLO), XCLIENT and EHLO again. Or taken over, greeted anew. */
#include "proxy/upstream/upstream_open.h"

#include <errno.h>
#include <stdio.h>

#include "conf/config.h"
#include "proxy/smtp/proxy_header.h"
#include "proxy/upstream/upstream_keep.h"
#include "proxy/upstream/upstream_link.h"
#include "proxy/upstream/upstream_resolve.h"
#include "proxy/upstream/upstream_state.h"

#define NO_ADDRESS "the upstream has no address"

static void say_hello(struct upstream *u, enum upstream_phase phase)
{
    enum verb extended = upstream_lmtp(u) ? VERB_LHLO : VERB_EHLO;
    struct bytes line;
    struct slice wire;
    bytes_init(&line, NAMES_MAX);
    struct slice name = slice_first(bytes_slice(&u->names), u->helo_len);
    if (command_write(&line, phase == PHASE_EHLO ? extended : VERB_HELO, name) == 0 &&
        bytes_take(&line, &wire) == 0)
        upstream_link_say(u, phase, wire);
    else
        upstream_link_lose(u, "out of memory");
    bytes_fini(&line);
}

static void say_xclient(struct upstream *u)
{
    struct bytes line;
    struct slice wire;
    bytes_init(&line, IDENTITY_LINE_MAX);
    unsigned offered =
        u->capabilities.extensions & EXTENSION_XCLIENT ? u->capabilities.xclient_attributes : 0;
    int said = identity_xclient(&line, &u->identity, offered);
    if (said == 1 && (offered & IDENTITY_ADDR) && bytes_take(&line, &wire) == 0)
        upstream_link_say(u, PHASE_XCLIENT, wire);
    else if (said < 0)
        upstream_link_lose(u, "XCLIENT is too long, or memory is out");
    else
        /* Going on would make the server judge everybody as if they were us (PROTOCOL A06). */
        upstream_link_fail(u, PHASE_LOST, "XCLIENT is not offered by the upstream");
    bytes_fini(&line);
}

static void identify_or_end(struct upstream *u)
{
    if (u->conf->identify == IDENTIFY_XCLIENT && !u->introduced) {
        say_xclient(u);
        return;
    }
    u->phase = PHASE_READY;
    u->reused = false;
    connection_deadline(u->connection, 0);
}

static void connect_to(struct upstream *u);

static void follow_tls(struct upstream *u, enum upstream_tls_next next)
{
    switch (next) {
    case UPSTREAM_TLS_NEXT_WAIT: u->phase = PHASE_SECURE; break;
    case UPSTREAM_TLS_NEXT_GREETING:
        u->phase = PHASE_GREETING;
        connection_deadline(u->connection, u->config->timeouts.greeting_ms);
        break;
    case UPSTREAM_TLS_NEXT_ASK: upstream_link_say(u, PHASE_STARTTLS, SLICE("STARTTLS\r\n")); break;
    case UPSTREAM_TLS_NEXT_HELLO: say_hello(u, PHASE_EHLO); break;
    case UPSTREAM_TLS_NEXT_OPEN: identify_or_end(u); break;
    case UPSTREAM_TLS_NEXT_AGAIN: connect_to(u); break;
    case UPSTREAM_TLS_NEXT_LOST:
        upstream_link_lose_because(u, u->leg.failure, connection_tls_error(u->connection));
        break;
    }
}

static void on_starttls(struct upstream *u)
{
    connection_deadline(u->connection, u->config->timeouts.connect_ms); /* of the handshake */
    enum upstream_tls_next next = upstream_tls_replied(&u->leg, u->connection, u->reply.code);
    char why[UPSTREAM_FAILURE_MAX];
    if (next != UPSTREAM_TLS_NEXT_LOST || u->reply.code == 220) {
        follow_tls(u, next);
        return;
    }
    struct slice line = reply_first_line(u->reply.wire);
    (void)snprintf(why, sizeof why, "%.*s", SLICE_ARG(line));
    upstream_link_lose_because(u, u->leg.failure, why);
}

/* A 5xx is meant for our client and the same elsewhere; a 4xx is this server's own trouble. */
static void on_greeting(struct upstream *u)
{
    u->greeted = u->reply.code == 220 || u->reply.code >= 500;
    if (u->rests != NULL)
        rest_end(u->rests, u->target->endpoint.text);
    if (u->reply.code == 220)
        say_hello(u, PHASE_EHLO);
    else if (u->reply.code >= 400)
        upstream_link_fail(u, PHASE_REFUSED, "the upstream refused the connection");
    else
        upstream_link_lose(u, "the upstream's greeting is no greeting");
}

/* What a server answers that does not know the command (RFC 5321, 4.2.4): no word on our client. */
static bool not_recognized(int code)
{
    return code >= 500 && code <= 504;
}

static void on_hello(struct upstream *u, bool extended)
{
    u->capabilities = (struct capabilities){0};
    if (u->reply.code == 250) {
        if (extended)
            extension_read_reply(u->reply.wire, &u->capabilities);
        if (!upstream_keep_limits(u)) {
            upstream_link_lose(u, "the upstream takes no more mail on this connection");
            return;
        }
        bool offered = (u->capabilities.extensions & EXTENSION_STARTTLS) != 0;
        follow_tls(u, upstream_tls_introduced(&u->leg, u->connection, offered));
    } else if (extended && upstream_lmtp(u) && not_recognized(u->reply.code)) {
        upstream_link_lose(u, "the upstream does not speak LMTP");
    } else if (extended && u->reply.code >= 500 && !upstream_lmtp(u)) {
        say_hello(u, PHASE_HELO);
    } else if (u->reply.code >= 400) {
        upstream_link_fail(u, PHASE_REFUSED, "the upstream refused the greeting");
    } else {
        upstream_link_lose(u, "the upstream's reply to the greeting makes no sense");
    }
}

static void on_xclient(struct upstream *u)
{
    if (u->reply.code != 220) {
        upstream_link_lose(u, "XCLIENT was refused by the upstream");
        return;
    }
    u->introduced = true;
    say_hello(u, PHASE_EHLO);
}

void upstream_open_replied(struct upstream *u)
{
    switch (u->phase) {
    case PHASE_GREETING: on_greeting(u); break;
    case PHASE_EHLO: on_hello(u, true); break;
    case PHASE_HELO: on_hello(u, false); break;
    case PHASE_STARTTLS: on_starttls(u); break;
    case PHASE_XCLIENT: on_xclient(u); break;
    case PHASE_NONE:
    case PHASE_RESOLVE:
    case PHASE_CONNECT:
    case PHASE_SECURE:
    case PHASE_READY:
    case PHASE_COMMAND:
    case PHASE_AUTH:
    case PHASE_CHALLENGE:
    case PHASE_DATA:
    case PHASE_CONTENT:
    case PHASE_END:
    case PHASE_REFUSED:
    case PHASE_LOST: break;
    }
}

static int keep_names(struct upstream *u, struct slice helo, const struct identity *identity)
{
    static const struct identity nobody = {.esmtp = false};
    struct bytes names;
    bytes_init(&names, NAMES_MAX);
    u->identity = identity != NULL ? *identity : nobody;
    struct slice client = slice_first(u->identity.helo, 255);
    bytes_append(&names, slice_first(helo, 255));
    u->helo_len = names.len;
    bytes_append(&names, client);
    bytes_append(&names, u->identity.name);
    bytes_fini(&u->names); /* what ${identity} says may stand in it */
    u->names = names;
    struct slice rest = slice_from(bytes_slice(&u->names), u->helo_len);
    u->identity.helo = slice_first(rest, client.len);
    u->identity.name = slice_from(rest, client.len);
    return bytes_end(&u->names);
}

/* The header that tells who the client is must be the very first the server gets, before any TLS
 * (R124). It is queued while connecting and leaves by itself, in one write. */
static int send_header(struct upstream *u)
{
    struct bytes header;
    struct slice wire;
    bytes_init(&header, PROXY_HEADER_V1_MAX);
    int result = identity_header(&header, &u->identity, u->conf->identify);
    if (result >= 0)
        result = bytes_take(&header, &wire);
    if (result == 0 && wire.len > 0)
        result = connection_write(u->connection, wire);
    bytes_fini(&header);
    return result;
}

static void connect_to(struct upstream *u)
{
    upstream_link_close(u);
    u->introduced = false;
    u->wear = (struct upstream_wear){.born_ms = loop_now_ms(u->loop)};
    u->leg.lost = false;
    u->failure = NULL;
    u->reply = (struct reply){0};
    u->reader = (struct reply_reader){0};
    u->early = u->cut_short = false;
    u->phase = PHASE_CONNECT;
    const struct endpoint *to = &u->target->endpoint;
    u->leg.host = to->host;
    u->connection = connection_open_from(u->loop, to, u->source, u->turn, u);
    if (u->connection != NULL && u->outgoing != NULL)
        outgoing_add(u->outgoing, &u->mark, connection_local(u->connection), to->address);
    if (u->connection == NULL) {
        upstream_link_lose_because(u, "no socket for the upstream", strerror(errno));
    } else if (send_header(u) != 0) {
        upstream_link_lose(u, "out of memory");
    } else {
        connection_patience(u->connection, u->config->timeouts.data_ms);
        connection_deadline(u->connection, u->config->timeouts.connect_ms);
    }
}

/* Whether there was another address. */
static bool try_next(struct upstream *u)
{
    struct target *next = targets_choose(&u->targets, u->rests, loop_now_ms(u->loop));
    if (next == NULL)
        return false;
    u->target = next;
    u->leg.plain = false;
    if (!targets_unknown(next))
        connect_to(u);
    else if (upstream_resolve(u) && !try_next(u))
        upstream_link_lose(u, NO_ADDRESS);
    return true;
}

static void try_next_or_lose(struct upstream *u)
{
    if (!try_next(u))
        upstream_link_lose(u, NO_ADDRESS);
}

/* From the first address on. */
static void begin_with_the_first(struct upstream *u)
{
    u->reused = false;
    u->greeted = false;
    u->target = NULL;
    if ((u->towards != NULL ? targets_only(&u->targets, u->towards)
                            : targets_begin(&u->targets, u->conf)) == 0)
        try_next_or_lose(u);
    else
        upstream_link_lose(u, "out of memory");
}

void upstream_open_step(struct upstream *u)
{
    if (u->phase == PHASE_RESOLVE && u->query == NULL)
        try_next_or_lose(u);
    if (u->phase == PHASE_CONNECT && connection_state(u->connection) == CONNECTION_OPEN)
        follow_tls(u, upstream_tls_connected(&u->leg, u->connection));
    if (u->phase == PHASE_SECURE)
        follow_tls(u, upstream_tls_step(&u->leg, u->connection));
}

void upstream_open_elsewhere(struct upstream *u)
{
    if (u->reused && (u->phase == PHASE_LOST || u->phase == PHASE_REFUSED)) {
        log_write(u->rests != NULL ? u->rests->log : NULL, LOG_LEVEL_DEBUG,
                  "upstream %.*s: the kept connection is replaced: %s", SLICE_ARG(u->conf->name),
                  upstream_failure(u));
        begin_with_the_first(u);
    }
    while (!u->greeted && (u->phase == PHASE_LOST || u->phase == PHASE_REFUSED)) {
        if (u->target == NULL)
            return;
        if (u->phase == PHASE_LOST && u->rests != NULL && u->targets.count > 1)
            rest_begin(u->rests, u->target->endpoint.text, upstream_failure(u),
                       loop_now_ms(u->loop));
        if (!try_next(u))
            return;
    }
}

void upstream_open(struct upstream *u, struct config *config, const struct upstream_conf *conf,
                   struct slice helo, const struct identity *identity)
{
    upstream_link_close(u);
    config_unref(u->config);
    u->config = config_ref(config);
    u->conf = conf;
    u->leg.mode = conf->tls.mode;
    if (keep_names(u, helo, identity) != 0) {
        upstream_link_lose(u, "out of memory");
        return;
    }
    begin_with_the_first(u);
    upstream_open_elsewhere(u);
}

/* XCLIENT goes first, so that the new name is not judged as the old client's. */
void upstream_reuse(struct upstream *u, struct slice helo, const struct identity *identity)
{
    u->reused = true;
    u->wear.before = u->wear.mails;
    if (keep_names(u, helo, identity) != 0) {
        u->reused = false; /* a new one would not know the client either */
        upstream_link_lose(u, "out of memory");
        return;
    }
    if (u->conf->identify == IDENTIFY_XCLIENT)
        say_xclient(u);
    else
        say_hello(u, PHASE_EHLO);
    upstream_open_elsewhere(u);
}

void upstream_greet(struct upstream *u, struct slice helo)
{
    struct identity identity = u->identity;
    if (keep_names(u, helo, &identity) == 0)
        say_hello(u, PHASE_EHLO);
    else
        upstream_link_lose(u, "out of memory");
}
