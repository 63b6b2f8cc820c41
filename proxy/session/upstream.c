#include "proxy/session/upstream.h"

#include <stdlib.h>

#include "proxy/session/upstream_tls.h"
#include "proxy/smtp/chunk.h"
#include "proxy/smtp/proxy_header.h"
#include "proxy/smtp/reply_reader.h"

enum phase {
    PHASE_NONE,
    PHASE_CONNECT,
    PHASE_SECURE,
    PHASE_GREETING,
    PHASE_EHLO,
    PHASE_HELO,
    PHASE_STARTTLS,
    PHASE_XCLIENT,
    PHASE_READY,
    PHASE_COMMAND,
    PHASE_AUTH,
    PHASE_CHALLENGE,
    PHASE_DATA,
    PHASE_CONTENT,
    PHASE_END,
    PHASE_REFUSED,
    PHASE_LOST,
};

struct upstream {
    struct loop *loop;
    void (*wake)(void *ctx);
    void *ctx;
    struct config *config; /* a reference; NULL before the first upstream_open */
    const struct upstream_conf *conf;
    struct connection *connection;
    struct upstream_leg leg;
    enum phase phase;
    bool introduced; /* XCLIENT was accepted on this connection */
    struct capabilities capabilities;
    struct identity identity;
    struct bytes names; /* the EHLO name, then the client's own; identity.helo points into it */
    size_t helo_len;
    struct reply_reader reader;
    struct reply reply;
    struct bytes reply_wire; /* what reply.wire points to */
    const char *failure;
};

#define CONTENT_COPY_MAX 16384 /* bytes; more is sent from where it is */
#define CHUNK_LINE_MAX   64
#define NAMES_MAX        1024 /* two HELO names of at most 255 octets each */

struct upstream *upstream_create(struct loop *loop, void (*wake)(void *ctx), void *ctx)
{
    struct upstream *u = calloc(1, sizeof *u);
    if (u == NULL)
        return NULL;
    u->loop = loop;
    u->wake = wake;
    u->ctx = ctx;
    bytes_init(&u->names, NAMES_MAX);
    bytes_init(&u->reply_wire, REPLY_READ_MAX);
    return u;
}

static void close_connection(struct upstream *u)
{
    connection_destroy(u->connection);
    u->connection = NULL;
}

void upstream_destroy(struct upstream *u)
{
    if (u == NULL)
        return;
    close_connection(u);
    config_unref(u->config);
    tls_context_unref(u->leg.context);
    bytes_wipe(&u->reply_wire);
    bytes_fini(&u->names);
    bytes_fini(&u->reply_wire);
    free(u);
}

static void fail(struct upstream *u, enum phase phase, const char *failure)
{
    close_connection(u);
    u->phase = phase;
    u->failure = failure;
}

static void lose(struct upstream *u, const char *failure)
{
    fail(u, PHASE_LOST, failure);
}

/* Sends a command and waits for its reply in ${phase}. */
static void say(struct upstream *u, enum phase phase, struct slice wire)
{
    if (u->connection == NULL) { /* it went away before; the owner learns now */
        u->phase = PHASE_LOST;
        return;
    }
    u->phase = phase;
    u->reply = (struct reply){0};
    bytes_clear(&u->reply_wire);
    if (connection_input(u->connection).len > 0)
        lose(u, "the upstream sent a reply to no command");
    else if (connection_state(u->connection) != CONNECTION_OPEN)
        lose(u, "the upstream closed the connection");
    else if (connection_write(u->connection, wire) != 0)
        lose(u, "out of memory");
    else
        connection_deadline(u->connection, u->config->timeouts.command_ms);
}

static void say_hello(struct upstream *u, enum phase phase)
{
    struct bytes line;
    bytes_init(&line, NAMES_MAX);
    (void)command_write(&line, phase == PHASE_EHLO ? VERB_EHLO : VERB_HELO,
                        slice_first(bytes_slice(&u->names), u->helo_len));
    if (line.failed)
        lose(u, "out of memory");
    else
        say(u, phase, bytes_slice(&line));
    bytes_fini(&line);
}

static void say_xclient(struct upstream *u)
{
    struct bytes line;
    bytes_init(&line, IDENTITY_LINE_MAX);
    unsigned offered =
        u->capabilities.extensions & EXTENSION_XCLIENT ? u->capabilities.xclient_attributes : 0;
    int said = identity_xclient(&line, &u->identity, offered);
    if (said == 1 && (offered & IDENTITY_ADDR))
        say(u, PHASE_XCLIENT, bytes_slice(&line));
    else
        /* Going on would make the server judge everybody as if they were us (PROTOCOL A06). */
        fail(u, PHASE_LOST, "XCLIENT is not offered by the upstream");
    bytes_fini(&line);
}

static void opened(struct upstream *u)
{
    if (u->conf->identify == IDENTIFY_XCLIENT && !u->introduced) {
        say_xclient(u);
        return;
    }
    u->phase = PHASE_READY;
    connection_deadline(u->connection, 0);
}

static void connect_to(struct upstream *u);

static void go_on(struct upstream *u, enum upstream_tls_next next)
{
    switch (next) {
    case UPSTREAM_TLS_NEXT_WAIT: u->phase = PHASE_SECURE; break;
    case UPSTREAM_TLS_NEXT_GREETING:
        u->phase = PHASE_GREETING;
        connection_deadline(u->connection, u->config->timeouts.greeting_ms);
        break;
    case UPSTREAM_TLS_NEXT_ASK: say(u, PHASE_STARTTLS, SLICE("STARTTLS\r\n")); break;
    case UPSTREAM_TLS_NEXT_HELLO: say_hello(u, PHASE_EHLO); break;
    case UPSTREAM_TLS_NEXT_OPEN: opened(u); break;
    case UPSTREAM_TLS_NEXT_AGAIN: connect_to(u); break;
    case UPSTREAM_TLS_NEXT_LOST: lose(u, u->leg.failure); break;
    }
}

static void on_starttls(struct upstream *u)
{
    connection_deadline(u->connection, u->config->timeouts.connect_ms); /* of the handshake */
    go_on(u, upstream_tls_replied(&u->leg, u->connection, u->reply.code));
}

static void on_greeting(struct upstream *u)
{
    if (u->reply.code == 220)
        say_hello(u, PHASE_EHLO);
    else if (u->reply.code >= 400)
        fail(u, PHASE_REFUSED, "the upstream refused the connection");
    else
        lose(u, "the upstream's greeting is no greeting");
}

static void on_hello(struct upstream *u, bool extended)
{
    u->capabilities = (struct capabilities){0};
    if (u->reply.code == 250) {
        if (extended)
            extension_read_reply(u->reply.wire, &u->capabilities);
        bool offered = (u->capabilities.extensions & EXTENSION_STARTTLS) != 0;
        go_on(u, upstream_tls_introduced(&u->leg, u->connection, offered));
    } else if (extended && u->reply.code >= 500) {
        say_hello(u, PHASE_HELO);
    } else if (u->reply.code >= 400) {
        fail(u, PHASE_REFUSED, "the upstream refused the greeting");
    } else {
        lose(u, "the upstream's reply to the greeting makes no sense");
    }
}

static void on_xclient(struct upstream *u)
{
    if (u->reply.code != 220) {
        lose(u, "XCLIENT was refused by the upstream");
        return;
    }
    u->introduced = true;
    say_hello(u, PHASE_EHLO);
}

static void on_data(struct upstream *u)
{
    if (u->reply.code == 354) {
        u->phase = PHASE_CONTENT;
        connection_deadline(u->connection, 0);
    } else if (u->reply.code >= 400) {
        u->phase = PHASE_READY;
        connection_deadline(u->connection, 0);
    } else {
        lose(u, "the upstream's reply to DATA makes no sense");
    }
}

static void on_auth(struct upstream *u)
{
    bool one_line = slice_find(u->reply.wire, '\n') == u->reply.wire.len - 1;
    if (u->reply.code / 100 == 3 && (u->reply.code != 334 || !one_line)) {
        lose(u, "the upstream's reply to AUTH makes no sense");
        return;
    }
    u->phase = u->reply.code == 334 ? PHASE_CHALLENGE : PHASE_READY;
    connection_deadline(u->connection, 0);
}

static void on_answer(struct upstream *u)
{
    if (u->reply.code / 100 == 3) {
        lose(u, "the upstream answered a command with a 3xx reply");
        return;
    }
    u->phase = PHASE_READY;
    connection_deadline(u->connection, 0);
}

/* A reply that nobody is owed (PROTOCOL D4, U02 to U04). A refusal in the middle of content is the
 * verdict on it. */
static void on_unasked(struct upstream *u)
{
    if (u->phase == PHASE_CONTENT && u->reply.code >= 400)
        fail(u, PHASE_REFUSED, "the upstream refused the content before its end");
    else if (u->reply.code == 421)
        lose(u, "the upstream closed the session");
    else
        lose(u, "the upstream sent a reply to no command");
}

static void on_reply(struct upstream *u)
{
    switch (u->phase) {
    case PHASE_GREETING: on_greeting(u); break;
    case PHASE_EHLO: on_hello(u, true); break;
    case PHASE_HELO: on_hello(u, false); break;
    case PHASE_STARTTLS: on_starttls(u); break;
    case PHASE_XCLIENT: on_xclient(u); break;
    case PHASE_COMMAND:
    case PHASE_END: on_answer(u); break;
    case PHASE_AUTH: on_auth(u); break;
    case PHASE_DATA: on_data(u); break;
    case PHASE_CHALLENGE:
    case PHASE_READY:
    case PHASE_CONTENT: on_unasked(u); break;
    case PHASE_NONE:
    case PHASE_CONNECT:
    case PHASE_SECURE:
    case PHASE_REFUSED:
    case PHASE_LOST: break;
    }
}

/* Takes one reply off the input. Returns whether there was one. */
static bool take_reply(struct upstream *u)
{
    struct reply found;
    u->reader.line_limit = u->phase == PHASE_AUTH ? REPLY_READ_MAX : REPLY_READ_LINE_MAX;
    int got = reply_read(&u->reader, connection_input(u->connection), &found);
    if (got == 0)
        return false;
    if (got < 0) {
        lose(u, "the upstream sent something that is no reply");
        return false;
    }
    bytes_clear(&u->reply_wire);
    if (bytes_append(&u->reply_wire, found.wire) != 0) {
        lose(u, "out of memory");
        return false;
    }
    u->reply = (struct reply){found.code, bytes_slice(&u->reply_wire)};
    connection_consume(u->connection, found.wire.len);
    on_reply(u);
    return true;
}

void upstream_check(struct upstream *u)
{
    if (u->connection == NULL)
        return;
    bool unasked =
        u->phase == PHASE_READY || u->phase == PHASE_CONTENT || u->phase == PHASE_CHALLENGE;
    if (unasked && connection_input(u->connection).len > 0)
        (void)take_reply(u);
    else if (connection_state(u->connection) == CONNECTION_FAILED)
        lose(u, u->phase == PHASE_CONNECT ? "the upstream cannot be reached"
                                          : "the connection to the upstream broke");
    else if (connection_state(u->connection) == CONNECTION_EOF)
        lose(u, "the upstream closed the connection");
    else if (connection_expired(u->connection))
        lose(u, u->phase == PHASE_CONNECT ? "the upstream cannot be reached in time"
                                          : "the upstream does not answer in time");
}

static void on_wake(void *ctx)
{
    struct upstream *u = ctx;
    if (u->phase == PHASE_CONNECT && connection_state(u->connection) == CONNECTION_OPEN)
        go_on(u, upstream_tls_connected(&u->leg, u->connection));
    if (u->phase == PHASE_SECURE)
        go_on(u, upstream_tls_step(&u->leg, u->connection));
    /* One reply a turn: the owner must see it before anything that came behind it, a farewell above
     * all. */
    bool silent = u->phase == PHASE_CONNECT || u->phase == PHASE_SECURE || u->connection == NULL;
    bool replied = !silent && take_reply(u);
    if (!replied || u->phase != PHASE_READY)
        upstream_check(u);
    if (u->connection != NULL)
        connection_flush(u->connection);
    u->wake(u->ctx);
}

static int keep_names(struct upstream *u, struct slice helo, const struct identity *identity)
{
    bytes_clear(&u->names);
    (void)bytes_append(&u->names, slice_first(helo, 255));
    u->helo_len = u->names.len;
    if (identity != NULL) {
        u->identity = *identity;
        (void)bytes_append(&u->names, slice_first(identity->helo, 255));
    }
    u->identity.helo = slice_from(bytes_slice(&u->names), u->helo_len);
    return u->names.failed ? -1 : 0;
}

/* The header that tells who the client is must be the very first the server gets, before any TLS
 * (R124). It is queued while connecting and leaves by itself, in one write. */
static int send_header(struct upstream *u)
{
    struct bytes header;
    bytes_init(&header, PROXY_HEADER_V1_MAX);
    int result = identity_header(&header, &u->identity, u->conf->identify) < 0 ? -1 : 0;
    if (result == 0 && header.len > 0)
        result = connection_write(u->connection, bytes_slice(&header));
    bytes_fini(&header);
    return result;
}

void upstream_secure(struct upstream *u, struct tls_context *context)
{
    tls_context_unref(u->leg.context);
    u->leg.context = tls_context_ref(context);
}

static void connect_to(struct upstream *u)
{
    close_connection(u);
    u->introduced = false;
    u->failure = NULL;
    u->reply = (struct reply){0};
    u->reader = (struct reply_reader){0};
    u->phase = PHASE_CONNECT;
    u->connection = connection_open(u->loop, &u->conf->endpoint, on_wake, u);
    if (u->connection == NULL)
        lose(u, "no socket for the upstream");
    else if (send_header(u) != 0)
        lose(u, "out of memory");
    else
        connection_deadline(u->connection, u->config->timeouts.connect_ms);
}

void upstream_open(struct upstream *u, struct config *config, const struct upstream_conf *conf,
                   struct slice helo, const struct identity *identity)
{
    close_connection(u);
    config_unref(u->config);
    u->config = config_ref(config);
    u->conf = conf;
    u->leg.mode = conf->tls.mode;
    u->leg.plain = false;
    if (keep_names(u, helo, identity) == 0)
        connect_to(u);
    else
        lose(u, "out of memory");
}

enum upstream_status upstream_status(const struct upstream *u)
{
    switch (u->phase) {
    case PHASE_NONE: return UPSTREAM_NONE;
    case PHASE_CONNECT:
    case PHASE_SECURE:
    case PHASE_GREETING:
    case PHASE_EHLO:
    case PHASE_HELO:
    case PHASE_STARTTLS:
    case PHASE_XCLIENT: return UPSTREAM_OPENING;
    case PHASE_READY: return UPSTREAM_READY;
    case PHASE_COMMAND:
    case PHASE_AUTH:
    case PHASE_DATA:
    case PHASE_END: return UPSTREAM_WAITING;
    case PHASE_CHALLENGE: return UPSTREAM_CHALLENGE;
    case PHASE_CONTENT: return UPSTREAM_CONTENT;
    case PHASE_REFUSED: return UPSTREAM_REFUSED;
    case PHASE_LOST: return UPSTREAM_LOST;
    }
    return UPSTREAM_LOST;
}

void upstream_greet(struct upstream *u, struct slice helo)
{
    struct bytes client;
    bytes_init(&client, NAMES_MAX);
    struct identity identity = u->identity;
    if (bytes_append(&client, identity.helo) == 0) {
        identity.helo = bytes_slice(&client);
        (void)keep_names(u, helo, &identity);
    }
    bytes_fini(&client);
    say_hello(u, PHASE_EHLO);
}

bool upstream_verified(const struct upstream *u)
{
    return u->connection != NULL && connection_secure(u->connection) &&
           u->leg.mode == UPSTREAM_TLS_VERIFIED;
}

const struct capabilities *upstream_capabilities(const struct upstream *u)
{
    return &u->capabilities;
}

void upstream_command(struct upstream *u, struct slice wire)
{
    say(u, PHASE_COMMAND, wire);
}

void upstream_auth(struct upstream *u, struct slice wire)
{
    if (u->connection != NULL)
        connection_secret(u->connection, true);
    bytes_wipe(&u->reply_wire);
    say(u, PHASE_AUTH, wire);
}

void upstream_auth_end(struct upstream *u)
{
    bytes_wipe(&u->reply_wire);
    u->reply.wire = SLICE_NONE;
    if (u->connection != NULL)
        connection_secret(u->connection, false);
}

void upstream_data(struct upstream *u)
{
    say(u, PHASE_DATA, SLICE("DATA\r\n"));
}

void upstream_chunk(struct upstream *u, uint64_t size, bool last)
{
    struct bytes line;
    bytes_init(&line, CHUNK_LINE_MAX);
    if (chunk_write(&line, size, last) != 0)
        lose(u, "out of memory");
    else
        say(u, PHASE_CONTENT, bytes_slice(&line));
    bytes_fini(&line);
    if (u->connection != NULL)
        connection_deadline(u->connection, 0);
}

/* Small content is copied and leaves at the end of the step, in one write with the dot behind it.
 */
static int send_content(struct connection *c, const struct slice *slices, size_t count)
{
    size_t total = connection_queued(c);
    for (size_t i = 0; i < count; i++)
        total += slices[i].len;
    if (total > CONTENT_COPY_MAX)
        return connection_send(c, slices, count);
    for (size_t i = 0; i < count; i++)
        if (connection_write(c, slices[i]) != 0)
            return -1;
    return 0;
}

void upstream_content(struct upstream *u, const struct slice *slices, size_t count)
{
    if (send_content(u->connection, slices, count) != 0) {
        lose(u, "the connection to the upstream broke");
        return;
    }
    /* A server that takes nothing for this long is gone; without a backlog there is nothing to wait
     * for. */
    bool backlog = connection_queued(u->connection) > 0;
    connection_deadline(u->connection, backlog ? u->config->timeouts.data_ms : 0);
}

bool upstream_congested(const struct upstream *u)
{
    return u->connection != NULL && connection_congested(u->connection);
}

void upstream_end(struct upstream *u, struct slice dot, uint64_t timeout_ms)
{
    say(u, PHASE_END, dot);
    if (u->connection != NULL)
        connection_deadline(u->connection, timeout_ms > 0 ? timeout_ms : 1);
}

const struct reply *upstream_reply(const struct upstream *u)
{
    return &u->reply;
}

const char *upstream_failure(const struct upstream *u)
{
    return u->failure != NULL ? u->failure : "";
}

struct slice upstream_address(const struct upstream *u)
{
    return u->conf != NULL ? u->conf->endpoint.text : SLICE_NONE;
}

void upstream_quit(struct upstream *u)
{
    bool idle = u->phase == PHASE_READY || u->phase == PHASE_COMMAND;
    if (idle && connection_write(u->connection, SLICE("QUIT\r\n")) == 0) {
        connection_finish(u->connection);
        u->connection = NULL;
    }
    close_connection(u);
    u->phase = PHASE_NONE;
}

void upstream_abort(struct upstream *u)
{
    connection_reset(u->connection);
    u->connection = NULL;
    u->phase = PHASE_NONE;
}

void upstream_flush(struct upstream *u)
{
    if (u->connection != NULL)
        connection_flush(u->connection);
}
