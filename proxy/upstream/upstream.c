#include "proxy/upstream/upstream_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "proxy/smtp/chunk.h"

#define CONTENT_COPY_MAX 16384 /* bytes; more is sent from where it is */
#define CHUNK_LINE_MAX   64
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

void upstream_destroy(struct upstream *u)
{
    if (u == NULL)
        return;
    upstream_close(u);
    targets_fini(&u->targets);
    config_unref(u->config);
    tls_context_unref(u->leg.context);
    bytes_wipe(&u->reply_wire);
    bytes_fini(&u->names);
    bytes_fini(&u->reply_wire);
    free(u);
}

void upstream_close(struct upstream *u)
{
    outgoing_remove(&u->mark);
    resolver_cancel(u->query);
    u->query = NULL;
    connection_destroy(u->connection);
    u->connection = NULL;
}

void upstream_fail(struct upstream *u, enum upstream_phase phase, const char *failure)
{
    if (u->connection != NULL)
        u->cut_short = connection_unsent(u->connection);
    upstream_close(u);
    if (u->phase == PHASE_STARTTLS) /* garbage, silence or an end in place of an answer */
        u->leg.lost = true;
    u->phase = phase;
    u->failure = failure;
}

void upstream_lose(struct upstream *u, const char *failure)
{
    upstream_fail(u, PHASE_LOST, failure);
}

void upstream_lose_because(struct upstream *u, const char *failure, const char *why)
{
    (void)snprintf(u->reason, sizeof u->reason, "%s%s%s", failure, *why != '\0' ? ": " : "", why);
    upstream_lose(u, u->reason);
}

/* A kept connection that has died unnoticed must not cost its client much. */
static uint64_t patience_ms(const struct upstream *u)
{
    uint64_t set = u->config->timeouts.command_ms;
    return u->reused && set > UPSTREAM_REUSE_MS ? UPSTREAM_REUSE_MS : set;
}

void upstream_say(struct upstream *u, enum upstream_phase phase, struct slice wire)
{
    if (u->connection == NULL) { /* it went away before; the owner learns now */
        u->phase = PHASE_LOST;
        return;
    }
    u->phase = phase;
    u->reply = (struct reply){0};
    u->early = false;
    if (connection_input(u->connection).len > 0)
        upstream_lose(u, "the upstream sent a reply to no command");
    else if (connection_state(u->connection) != CONNECTION_OPEN)
        upstream_lose(u, "the upstream closed the connection");
    else if (connection_write(u->connection, wire) != 0)
        upstream_lose(u, "out of memory");
    else
        connection_deadline(u->connection, patience_ms(u));
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
        upstream_lose(u, "the upstream's reply to DATA makes no sense");
    }
}

static void on_auth(struct upstream *u)
{
    bool one_line = slice_find(u->reply.wire, '\n') == u->reply.wire.len - 1;
    if (u->reply.code / 100 == 3 && (u->reply.code != 334 || !one_line)) {
        upstream_lose(u, "the upstream's reply to AUTH makes no sense");
        return;
    }
    u->phase = u->reply.code == 334 ? PHASE_CHALLENGE : PHASE_READY;
    connection_deadline(u->connection, 0);
}

static void on_answer(struct upstream *u)
{
    if (u->reply.code / 100 == 3) {
        upstream_lose(u, "the upstream answered a command with a 3xx reply");
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
        upstream_fail(u, PHASE_REFUSED, "the upstream refused the content before its end");
    else if (u->reply.code == 421)
        upstream_lose(u, "the upstream closed the session");
    else
        upstream_lose(u, "the upstream sent a reply to no command");
}

/* Closes so that nothing of what was said can still be taken for complete. */
static void cut_off(struct upstream *u, enum upstream_phase phase, const char *failure)
{
    u->cut_short = connection_unsent(u->connection);
    connection_reset(u->connection);
    u->connection = NULL;
    upstream_fail(u, phase, failure);
}

/* A reply to what had not arrived when it came (PROTOCOL D4, U04): whatever it means, a 2xx is no
 * word on a message that the server has not got. A refusal of content may come before its end. */
static void on_early(struct upstream *u)
{
    if (u->phase == PHASE_END && u->reply.code >= 400)
        cut_off(u, PHASE_REFUSED, "the upstream refused the content before its end");
    else
        cut_off(u, PHASE_LOST, "the upstream replied to what it had not got yet");
}

static void on_reply(struct upstream *u)
{
    if (u->early) {
        on_early(u);
        return;
    }
    switch (u->phase) {
    case PHASE_GREETING:
    case PHASE_EHLO:
    case PHASE_HELO:
    case PHASE_STARTTLS:
    case PHASE_XCLIENT: upstream_open_replied(u); break;
    case PHASE_COMMAND:
    case PHASE_END: on_answer(u); break;
    case PHASE_AUTH: on_auth(u); break;
    case PHASE_DATA: on_data(u); break;
    case PHASE_CHALLENGE:
    case PHASE_READY:
    case PHASE_CONTENT: on_unasked(u); break;
    case PHASE_NONE:
    case PHASE_RESOLVE:
    case PHASE_CONNECT:
    case PHASE_SECURE:
    case PHASE_REFUSED:
    case PHASE_LOST: break;
    }
}

/* Whether the next reply is to something that we have said. */
static bool is_asked(enum upstream_phase phase)
{
    switch (phase) {
    case PHASE_EHLO:
    case PHASE_HELO:
    case PHASE_STARTTLS:
    case PHASE_XCLIENT:
    case PHASE_COMMAND:
    case PHASE_AUTH:
    case PHASE_DATA:
    case PHASE_END: return true;
    case PHASE_NONE:
    case PHASE_RESOLVE:
    case PHASE_CONNECT:
    case PHASE_SECURE:
    case PHASE_GREETING:
    case PHASE_READY:
    case PHASE_CHALLENGE:
    case PHASE_CONTENT:
    case PHASE_REFUSED:
    case PHASE_LOST: break;
    }
    return false;
}

/* Takes one reply off the input. Returns whether there was one. */
static bool take_reply(struct upstream *u)
{
    struct reply found;
    if (is_asked(u->phase) && connection_input(u->connection).len > 0 &&
        connection_behind(u->connection))
        u->early = true;
    u->reader.line_limit = u->phase == PHASE_AUTH ? REPLY_READ_MAX : REPLY_READ_LINE_MAX;
    int got = reply_read(&u->reader, connection_input(u->connection), &found);
    if (got == 0)
        return false;
    if (got < 0) {
        upstream_lose(u, "the upstream sent something that is no reply");
        return false;
    }
    u->reply = found;
    if (bytes_set(&u->reply_wire, found.wire) == 0) {
        u->reply.wire = bytes_slice(&u->reply_wire);
    } else if (u->phase == PHASE_END) {
        u->reply = reply_in_short(found.code); /* what became of the message must not be lost */
    } else {
        upstream_lose(u, "out of memory");
        return false;
    }
    connection_consume(u->connection, found.wire.len);
    upstream_keep_replied(u);
    on_reply(u);
    return true;
}

/* What TLS makes of its peer's words has no errno of its own: the alert of a server that wants a
 * certificate comes behind the handshake of TLS 1.3. */
static const char *word_on(const struct upstream *u, int error)
{
    const char *word = error == EPROTO ? connection_tls_error(u->connection) : "";
    return *word != '\0' ? word : strerror(error);
}

static void broken(struct upstream *u)
{
    int error = connection_error(u->connection);
    if (u->phase == PHASE_CONNECT)
        upstream_lose_because(u, "the upstream cannot be reached", strerror(error));
    else if (error == ETIMEDOUT)
        upstream_lose(u, "the upstream takes nothing any more");
    else
        upstream_lose_because(u, "the connection to the upstream broke", word_on(u, error));
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
        broken(u);
    else if (connection_state(u->connection) == CONNECTION_EOF)
        upstream_lose(u, "the upstream closed the connection");
    else if (connection_expired(u->connection))
        upstream_lose(u, u->phase == PHASE_CONNECT ? "the upstream cannot be reached in time"
                                                   : "the upstream does not answer in time");
}

void upstream_wake(void *ctx)
{
    struct upstream *u = ctx;
    upstream_open_step(u);
    /* One reply a turn: the owner must see it before anything that came behind it, a farewell above
     * all. */
    bool silent = u->phase == PHASE_CONNECT || u->phase == PHASE_SECURE || u->connection == NULL;
    bool replied = !silent && take_reply(u);
    if (!replied || u->phase != PHASE_READY)
        upstream_check(u);
    upstream_open_elsewhere(u);
    if (u->connection != NULL)
        connection_flush(u->connection);
    u->wake(u->ctx);
}

enum upstream_status upstream_status(const struct upstream *u)
{
    switch (u->phase) {
    case PHASE_NONE: return UPSTREAM_NONE;
    case PHASE_RESOLVE:
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

bool upstream_verified(const struct upstream *u)
{
    return u->connection != NULL && connection_secure(u->connection) &&
           u->leg.mode == UPSTREAM_TLS_VERIFIED;
}

bool upstream_private(const struct upstream *u)
{
    return u->connection != NULL &&
           upstream_tls_private(&u->leg, u->connection, &u->target->endpoint.address);
}

bool upstream_lmtp(const struct upstream *u)
{
    return u->conf != NULL && u->conf->protocol == PROTOCOL_LMTP;
}

const struct capabilities *upstream_capabilities(const struct upstream *u)
{
    return &u->capabilities;
}

void upstream_command(struct upstream *u, struct slice wire)
{
    if (slice_starts_case(wire, SLICE("MAIL ")))
        u->wear.mails++;
    upstream_say(u, PHASE_COMMAND, wire);
}

void upstream_auth(struct upstream *u, struct slice wire)
{
    u->wear.login = true;
    if (u->connection != NULL)
        connection_secret(u->connection, true);
    bytes_wipe(&u->reply_wire);
    upstream_say(u, PHASE_AUTH, wire);
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
    u->wear.partial = false;
    upstream_say(u, PHASE_DATA, SLICE("DATA\r\n"));
}

void upstream_chunk(struct upstream *u, uint64_t size, bool last)
{
    u->wear.partial = !last;
    struct bytes line;
    struct slice wire;
    bytes_init(&line, CHUNK_LINE_MAX);
    if (chunk_write(&line, size, last) == 0 && bytes_take(&line, &wire) == 0)
        upstream_say(u, PHASE_CONTENT, wire);
    else
        upstream_lose(u, "out of memory");
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
    if (send_content(u->connection, slices, count) != 0)
        upstream_lose(u, "the connection to the upstream broke");
}

bool upstream_congested(const struct upstream *u)
{
    return u->connection != NULL && connection_congested(u->connection);
}

void upstream_end(struct upstream *u, struct slice dot, uint64_t timeout_ms)
{
    upstream_say(u, PHASE_END, dot);
    u->end_by_ms = loop_now_ms(u->loop) + (timeout_ms > 0 ? timeout_ms : 1);
    if (u->connection != NULL)
        connection_deadline(u->connection, timeout_ms > 0 ? timeout_ms : 1);
}

void upstream_end_more(struct upstream *u)
{
    uint64_t now_ms = loop_now_ms(u->loop);
    u->phase = PHASE_END;
    connection_deadline(u->connection, u->end_by_ms > now_ms ? u->end_by_ms - now_ms : 1);
    if (!take_reply(u)) /* what has come already wakes nobody */
        upstream_check(u);
}

const struct reply *upstream_reply(const struct upstream *u)
{
    return &u->reply;
}

const char *upstream_failure(const struct upstream *u)
{
    return u->failure != NULL ? u->failure : "";
}

bool upstream_cut_short(const struct upstream *u)
{
    return u->cut_short;
}

bool upstream_insecure(const struct upstream *u)
{
    return u->phase == PHASE_LOST && u->leg.lost;
}

struct slice upstream_address(const struct upstream *u)
{
    return u->target != NULL ? u->target->endpoint.text : SLICE_NONE;
}

struct connection *upstream_take(struct upstream *u)
{
    struct connection *taken = u->connection;
    u->connection = NULL;
    u->phase = PHASE_NONE;
    return taken;
}

void upstream_quit(struct upstream *u)
{
    bool idle = u->phase == PHASE_READY || u->phase == PHASE_COMMAND;
    if (idle && connection_write(u->connection, SLICE("QUIT\r\n")) == 0) {
        connection_finish(u->connection);
        u->connection = NULL;
    }
    upstream_close(u);
    u->phase = PHASE_NONE;
}

void upstream_abort(struct upstream *u)
{
    u->cut_short = u->connection != NULL && connection_unsent(u->connection);
    connection_reset(u->connection);
    u->connection = NULL;
    upstream_close(u);
    u->phase = PHASE_NONE;
}

void upstream_flush(struct upstream *u)
{
    if (u->connection != NULL)
        connection_flush(u->connection);
}
