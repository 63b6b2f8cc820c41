#include "proxy/session/session.h"

#include <errno.h>
#include <stdlib.h>

#include "conf/config.h"
#include "proxy/record/stamp.h"
#include "proxy/session/adopt.h"
#include "proxy/session/auth.h"
#include "proxy/session/awake.h"
#include "proxy/session/client.h"
#include "proxy/session/content.h"
#include "proxy/session/delivery.h"
#include "proxy/session/ending.h"
#include "proxy/session/greeting.h"
#include "proxy/session/hello.h"
#include "proxy/session/interception.h"
#include "proxy/session/introduction.h"
#include "proxy/session/judging.h"
#include "proxy/session/keeping.h"
#include "proxy/session/line.h"
#include "proxy/session/macros.h"
#include "proxy/session/naming.h"
#include "proxy/session/origin.h"
#include "proxy/session/outcome.h"
#include "proxy/session/parting.h"
#include "proxy/session/passthrough.h"
#include "proxy/session/relay.h"
#include "proxy/session/settle.h"
#include "proxy/session/starttls.h"
#include "proxy/session/state.h"
#include "proxy/session/verbs.h"

/* --- the steps --- */

/* Judging is waited for: a turn, milters, who wake us, or the end of a delay: which must not cost
 * us the upstream. A streamed message hears nothing but its content. */
static bool stay_awake(struct session *s)
{
    if (s->tx.content.mode != CONTENT_STREAM)
        awake_noop(s);
    return false;
}

static bool step(struct session *s)
{
    switch (s->phase) {
    case PHASE_HEADER: return introduction_step(s);
    case PHASE_SECURE: return starttls_step(s);
    case PHASE_COMMAND: return line_step(s, verbs_run);
    case PHASE_JUDGE: return judging_step(s) || stay_awake(s);
    case PHASE_NAME: return naming_step(s);
    case PHASE_DELAY: return judging_step_delay(s) || stay_awake(s);
    case PHASE_OPEN:
    case PHASE_ANSWER: return relay_step(s);
    case PHASE_AUTH: return auth_step(s);
    case PHASE_CONTENT: return content_step(s);
    case PHASE_STORE: return keeping_step(s);
    case PHASE_SETTLE: return settle_step(s);
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
    parting_end(s);
    passthrough_end(s);
    naming_forget(s);
    interception_forget(s);
    connection_destroy(s->connection);
    judging_destroy(s);
    awake_destroy(s);
    keeping_destroy(s);
    settle_destroy(s);
    transaction_reset(&s->tx, &s->under.config->limits);
    origin_forget(s);
    auth_forget(s); /* a name may be a password in the wrong field */
    line_forget(s);
    hello_destroy(s);
    adopt_destroy(s);
    macros_forget(s);
    if (s->talk.lingers)
        host->left(host->ctx);
    else
        host->ended(host->ctx, &s->who.counted);
    free(s);
}

static const char *why_broken(const struct session *s)
{
    return connection_error(s->connection) == ETIMEDOUT ? "the client reads no replies"
                                                        : "the connection to the client broke";
}

/* Something the client sent, or was to hear, is lost. It still hears what becomes of a message that
 * is out, or what has been decided of it (settle_finish), and nothing else but the end. */
static void out_of_memory(struct session *s)
{
    static const char reason[] = "out of memory";
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s", s->id, reason);
    if (s->tx.delivery.dot_sent || s->tx.settling.waits)
        return;
    outcome_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY, slice_str(reason));
    ending_say(s, CLIENT_OUT_OF_MEMORY);
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
    else if (s->tx.delivery.dot_sent || s->tx.settling.waits)
        s->tx.client_gone = true;
    else if (s->phase == PHASE_SECURE)
        starttls_failed(s);
    else
        ending_drop(s, memory ? "out of memory" : why_broken(s));
}

static void session_wake(void *ctx)
{
    struct session *s = ctx;
    client_listen(s);
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
    s->begin_us = stamp_now_us();
    s->begin_ms = loop_now_ms(s->host->loop);
    make_id(s);
    if (peers_have(&s->under.listener->proxy_protocol, &s->who.peer))
        introduction_await(s);
    else if (interception_begin(s))
        greeting_begin(s);
    if (s->phase == PHASE_END)
        destroy(s);
    else
        session_wake(s);
}

/* Inside TLS that has not begun nothing can be said. */
static void turn_away(const struct host *host, int fd, size_t socket, const struct address *client)
{
    char text[ADDRESS_TEXT_MAX];
    struct slice address = address_text(client, text);
    bool plain = host->listener(host->ctx, socket)->tls.mode != TLS_IMPLICIT;
    log_write(host->log, LOG_LEVEL_WARNING, "%.*s turned away: out of memory", SLICE_ARG(address));
    connection_turn_away(fd, plain ? SLICE(CLIENT_OUT_OF_MEMORY) : SLICE_NONE);
}

/* The parts of it that need no memory, then those that do. */
static int furnish(struct session *s, int fd, const struct address *client)
{
    introduction_begin(s, client);
    line_create(s);
    hello_create(s);
    int judging = judging_create(s);
    int adopted = adopt_create(s);
    s->lmtp = s->under.listener->protocol == PROTOCOL_LMTP;
    transaction_init(&s->tx, &s->under.config->limits);
    return judging == 0 && adopted == 0 && awake_create(s) == 0 ? client_accept(s, fd) : -1;
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
    s->wake = session_wake;
    s->socket = socket;
    join(s, host);
    if (furnish(s, fd, client) == 0) {
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
    return s->greeting.welcomed && s->phase != PHASE_SECURE && s->phase != PHASE_PASSTHROUGH;
}

static void stop(struct session *s)
{
    static const char reason[] = "the service was stopped";
    if (s->tx.delivery.dot_sent)
        delivery_stop(s);
    else if (s->tx.settling.waits)
        settle_hurry(s); /* what is decided is said */
    if (s->phase != PHASE_END && hears_replies(s)) {
        client_say(s, CLIENT_GOING_DOWN);
        if (!s->tx.outcome.settled)
            outcome_reply(s, 421, SLICE(CLIENT_GOING_DOWN));
    }
    ending_drop(s, reason);
    destroy(s);
}

void session_stop(struct host *host)
{
    while (host->sessions != NULL)
        stop(host->sessions);
}
