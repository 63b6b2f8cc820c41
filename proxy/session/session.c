#include "proxy/session/session_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TLS_RECORD "\x16\x03" /* how a ClientHello begins */

static int64_t wall_clock_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- replies --- */

void session_reply(struct session *s, const struct reply *reply)
{
    connection_say(s->connection, reply->wire);
    if (reply->code >= 400)
        s->errors++;
}

void session_say(struct session *s, const char *wire)
{
    struct reply reply = reply_static(slice_str(wire));
    session_reply(s, &reply);
}

void session_say_close(struct session *s, const char *wire)
{
    session_say(s, wire);
    account_reply(s, reply_static(slice_str(wire)).code, slice_str(wire));
    session_finish(s);
}

/* Says goodbye to the client, who has heard all that there is to say. */
static void part(struct session *s)
{
    s->lingers = s->host->linger(s->host->ctx, s->connection, &s->counted);
    if (s->quit) /* it has nothing more to say */
        connection_close(s->connection);
    else
        connection_finish(s->connection);
    s->connection = NULL;
    s->phase = PHASE_END;
}

void session_finish(struct session *s)
{
    account_transaction(s);
    account_session(s, NULL);
    if (s->upstream != NULL && !session_keeps_upstream(s))
        upstream_quit(s->upstream);
    session_reset(s);
    part(s);
}

/* --- waiting for others --- */

void session_command(struct session *s)
{
    s->phase = PHASE_COMMAND;
    bytes_wipe(&s->line);
    connection_secret(s->connection, true); /* it may be AUTH */
    connection_patience(s->connection, s->config->timeouts.command_ms);
    connection_deadline(s->connection, s->config->timeouts.command_ms);
}

/* --- the end of a transaction --- */

void session_reset(struct session *s)
{
    account_transaction(s);
    quarantine_reset(s);
    if (s->tx.begun)
        inspect_reset(s->inspect);
    session_reset_upstream(s);
    awake_end(s);
    transaction_reset(&s->tx, &s->config->limits);
    introduction_forget(s);
}

/* --- the steps --- */

void session_line_missing(struct session *s)
{
    if (connection_state(s->connection) == CONNECTION_EOF)
        session_drop(s, "the client closed the connection");
    else if (connection_expired(s->connection))
        session_say_close(s, "421 4.4.2 Timeout, closing the connection\r\n");
}

bool session_line_overlong(struct session *s, size_t consumed)
{
    connection_consume(s->connection, consumed);
    if (s->scan.overlong_bytes > COMMAND_GARBAGE_MAX)
        session_say_close(s, "421 4.7.0 Command line without an end\r\n");
    else if (consumed == 0)
        session_line_missing(s);
    return consumed > 0 || s->phase == PHASE_END;
}

static bool too_many_errors(struct session *s)
{
    if (s->errors < s->config->limits.errors)
        return false;
    session_say_close(s, "421 4.7.0 Too many errors\r\n");
    return true;
}

static bool line_ready(struct session *s, struct slice line, size_t consumed)
{
    int kept = bytes_set(&s->line, line);
    connection_consume(s->connection, consumed);
    connection_deadline(s->connection, 0);
    s->scan = (struct line_scan){0};
    if (kept != 0)
        session_say_close(s, OUT_OF_MEMORY);
    else if (!too_many_errors(s))
        verbs_run(s);
    return true;
}

/* AUTH may be longer than the others (RFC 4954, 4), and extensions that were offered may make MAIL
 * and RCPT longer than the operator's limit (R57, R84, R95). */
static size_t line_limit(const struct session *s, struct slice input)
{
    size_t set = s->config->limits.command_line_bytes;
    bool mail = slice_starts_case(input, SLICE("MAIL "));
    size_t needed = 0;
    if (s->auth_line)
        return set < SASL_COMMAND_MAX ? SASL_COMMAND_MAX : set;
    if (mail || slice_starts_case(input, SLICE("RCPT ")))
        needed = extension_line_bytes(&s->offered);
    if (mail && (s->offered.extensions & EXTENSION_AUTH) != 0)
        set += SASL_MAIL_MORE_MAX;
    return set > needed ? set : needed;
}

/* Whether no command is read any more: we go down, or it is no SMTP at all, and may never have a
 * line end. The session is ended then. */
static bool is_over(struct session *s, struct slice input)
{
    if (s->draining && !s->tx.open)
        session_say_close(s, SESSION_GOING_DOWN);
    else if (slice_starts(input, SLICE(TLS_RECORD))) /* PROTOCOL C05 */
        session_say_close(s, "421 4.7.0 This is SMTP without TLS\r\n");
    else if (introduction_unasked(s))
        session_drop(s, "a PROXY header in place of a command");
    return s->phase == PHASE_END;
}

static bool step_command(struct session *s)
{
    struct slice input = connection_input(s->connection);
    struct slice line;
    size_t consumed = 0;
    if (is_over(s, input) || connection_congested(s->connection))
        return false;
    if (!s->scan.overlong)
        s->auth_line = slice_starts_case(input, SLICE("AUTH "));
    bool lf_ends = s->listener->bare_newline != NEWLINE_REJECT;
    switch (command_line(&s->scan, input, line_limit(s, input), lf_ends, &line, &consumed)) {
    case LINE_MORE: session_line_missing(s); return s->phase == PHASE_END;
    case LINE_READY: return line_ready(s, line, consumed);
    case LINE_TOO_LONG: return session_line_overlong(s, consumed);
    case LINE_TOO_LONG_END:
        connection_consume(s->connection, consumed);
        s->scan = (struct line_scan){0};
        if (too_many_errors(s))
            break;
        session_say(s, s->auth_line ? AUTH_LINE_TOO_LONG : "500 5.5.2 Command line too long\r\n");
        session_command(s);
        break;
    case LINE_BARE: session_say_close(s, "500 5.5.2 Bare CR, LF or NUL in a command\r\n"); break;
    }
    return true;
}

static bool step_upstream(struct session *s)
{
    enum upstream_status status = upstream_status(s->upstream);
    if (status == UPSTREAM_OPENING || status == UPSTREAM_WAITING)
        return false;
    s->ready(s);
    return true;
}

/* Judging is waited for: a turn, milters, who wake us, or the end of a delay: which must not cost
 * us the upstream. A streamed message hears nothing but its content. */
static bool stay_awake(struct session *s)
{
    if (s->tx.mode != CONTENT_STREAM)
        awake_noop(s);
    return false;
}

static bool step(struct session *s)
{
    switch (s->phase) {
    case PHASE_HEADER: return introduction_step(s);
    case PHASE_SECURE: return starttls_step(s);
    case PHASE_COMMAND: return step_command(s);
    case PHASE_JUDGE: return session_step_judge(s) || stay_awake(s);
    case PHASE_NAME: return naming_step(s);
    case PHASE_DELAY: return session_step_delay(s) || stay_awake(s);
    case PHASE_OPEN:
    case PHASE_ANSWER: return step_upstream(s);
    case PHASE_AUTH: return auth_step(s);
    case PHASE_CONTENT: return content_step(s);
    case PHASE_STORE: return quarantine_step(s);
    case PHASE_SETTLE: return content_settle_step(s);
    case PHASE_SEND: return delivery_send(s);
    case PHASE_PASSTHROUGH: return passthrough_step(s);
    case PHASE_END: break;
    }
    return false;
}

static void destroy(struct session *s)
{
    struct host *host = s->host;
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        host->sessions = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    session_part_upstream(s);
    passthrough_end(s);
    naming_forget(s);
    interception_forget(s);
    connection_destroy(s->connection);
    loop_timer_destroy(s->timer);
    loop_timer_destroy(s->awake);
    turns_leave(&host->turns, &s->turn);
    inspect_destroy(s->inspect);
    macros_forget(s);
    transaction_reset(&s->tx, &s->config->limits);
    introduction_forget(s);
    auth_forget(s); /* a name may be a password in the wrong field */
    bytes_wipe(&s->line);
    bytes_fini(&s->line);
    bytes_fini(&s->helo);
    config_unref(s->config);
    if (s->lingers)
        host->left(host->ctx);
    else
        host->ended(host->ctx, &s->counted);
    free(s);
}

static const char *why_broken(const struct session *s)
{
    return connection_error(s->connection) == ETIMEDOUT ? "the client reads no replies"
                                                        : "the connection to the client broke";
}

/* Something the client sent, or was to hear, is lost. It still hears what becomes of a message that
 * is out, or what has been decided of it (content_finish), and nothing else but the end. */
static void out_of_memory(struct session *s)
{
    static const char reason[] = "out of memory";
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s", s->id, reason);
    if (s->tx.dot_sent || s->tx.keeping.settling)
        return;
    account_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY, slice_str(reason));
    session_say_close(s, OUT_OF_MEMORY);
}

/* Once the dot is out its reply is awaited even for a client that left, for the record
 * (PROTOCOL 1.13), and so is the end of what that reply has decided. */
static void check_client(struct session *s)
{
    if (connection_state(s->connection) != CONNECTION_FAILED)
        return;
    bool memory = connection_error(s->connection) == ENOMEM;
    if (memory && s->phase != PHASE_PASSTHROUGH && connection_deafen(s->connection))
        out_of_memory(s);
    else if (s->tx.dot_sent || s->tx.keeping.settling)
        s->tx.client_gone = true;
    else if (s->phase == PHASE_SECURE)
        starttls_failed(s);
    else
        session_drop(s, memory ? "out of memory" : why_broken(s));
}

void session_wake(void *ctx)
{
    struct session *s = ctx;
    s->heard =
        s->heard || connection_input(s->connection).len > 0 || connection_tls_heard(s->connection);
    check_client(s);
    while (step(s))
        continue;
    if (s->phase == PHASE_END) {
        destroy(s);
        return;
    }
    connection_flush(s->connection);
    if (s->upstream != NULL)
        upstream_flush(s->upstream);
}

static void on_timer(void *ctx)
{
    struct session *s = ctx;
    s->timer_fired = true;
    session_wake(s);
}

/* --- birth and death --- */

static void make_id(struct session *s)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    struct host *host = s->host;
    uint64_t parts[] = {host->epoch, host->number, host->started++};
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char text[16];
        size_t len = 0;
        do {
            text[len++] = digits[parts[i] % 32];
            parts[i] /= 32;
        } while (parts[i] > 0 && len < sizeof text);
        while (len > 0 && used + 2 < sizeof s->id)
            s->id[used++] = text[--len];
        s->id[used++] = i + 1 < sizeof parts / sizeof parts[0] ? '-' : '\0';
    }
}

static void join(struct session *s, struct host *host)
{
    s->next = host->sessions;
    if (s->next != NULL)
        s->next->prev = s;
    host->sessions = s;
}

static void start(struct session *s)
{
    s->begin_us = wall_clock_us();
    s->begin_ms = loop_now_ms(s->host->loop);
    make_id(s);
    if (config_peer(&s->listener->proxy_protocol, &s->peer))
        introduction_await(s);
    else if (interception_begin(s))
        greeting_begin(s);
    if (s->phase == PHASE_END)
        destroy(s);
    else
        session_wake(s);
}

static void choose_listener(struct session *s, size_t socket)
{
    s->socket = socket;
    s->listener = s->host->listener(s->host->ctx, socket);
    s->config = config_ref(s->host->config);
    s->lmtp = s->listener->protocol == PROTOCOL_LMTP;
}

/* Inside TLS that has not begun nothing can be said. */
static void turn_away(const struct host *host, int fd, size_t socket, const struct address *client)
{
    char text[ADDRESS_TEXT_MAX];
    struct slice address = address_text(client, text);
    bool plain = host->listener(host->ctx, socket)->tls.mode != TLS_IMPLICIT;
    log_write(host->log, LOG_LEVEL_WARNING, "%.*s turned away: out of memory", SLICE_ARG(address));
    connection_turn_away(fd, plain ? SLICE(OUT_OF_MEMORY) : SLICE_NONE);
}

static int furnish(struct session *s, int fd)
{
    s->inspect = macros_inspect(s, s->config, s->listener->policy);
    s->timer = loop_timer_create(s->host->loop, on_timer, s);
    if (s->inspect == NULL || s->timer == NULL || awake_create(s) != 0)
        return -1;
    s->connection = connection_accept(s->host->loop, fd, session_wake, s);
    return s->connection != NULL ? 0 : -1;
}

void session_create(struct host *host, int fd, size_t socket, const struct address *client)
{
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL) {
        turn_away(host, fd, socket, client);
        host->ended(host->ctx, client);
        return;
    }
    s->host = host;
    s->turn = (struct turn){.run = session_wake, .ctx = s};
    s->client = s->peer = s->counted = *client;
    choose_listener(s, socket);
    bytes_init(&s->line, SIZE_MAX); /* line_limit says how long each may be */
    bytes_init(&s->helo, HELO_MAX);
    transaction_init(&s->tx, &s->config->limits);
    join(s, host);
    if (furnish(s, fd) == 0) {
        start(s);
        return;
    }
    turn_away(host, fd, socket, client);
    destroy(s);
}

void session_drain(struct host *host)
{
    struct session *next;
    for (struct session *s = host->sessions; s != NULL; s = next) {
        next = s->next;
        s->draining = true;
        if (s->phase == PHASE_COMMAND)
            session_wake(s);
    }
}

/* Whether a reply makes sense to the client now: it is spoken to in SMTP, and has been greeted. */
static bool hears_replies(const struct session *s)
{
    return s->welcomed && s->phase != PHASE_SECURE && s->phase != PHASE_PASSTHROUGH;
}

static void stop(struct session *s)
{
    static const char reason[] = "the service was stopped";
    if (s->tx.dot_sent)
        delivery_stop(s);
    else if (s->tx.keeping.settling)
        content_hurry(s); /* what is decided is said */
    if (s->phase != PHASE_END && hears_replies(s)) {
        session_say(s, SESSION_GOING_DOWN);
        if (!s->tx.settled)
            account_reply(s, 421, SLICE(SESSION_GOING_DOWN));
    }
    session_drop(s, reason);
    destroy(s);
}

void session_stop(struct host *host)
{
    while (host->sessions != NULL)
        stop(host->sessions);
}

void session_drop(struct session *s, const char *reason)
{
    if (s->phase == PHASE_END)
        return;
    log_write(s->host->log, LOG_LEVEL_DEBUG, "session %s: %s", s->id, reason);
    if (s->tx.begun && s->tx.decider.len == 0)
        account_party(s, VERDICT_CONTINUE, PARTY_GATEWAY, slice_str(reason));
    if (s->upstream != NULL && !session_keeps_upstream(s) &&
        (s->tx.upstream_open || upstream_status(s->upstream) == UPSTREAM_CONTENT))
        upstream_abort(s->upstream);
    account_transaction(s);
    account_session(s, reason);
    session_reset(s);
    /* A client that has only closed its own direction still hears what was said to it. */
    part(s);
}
