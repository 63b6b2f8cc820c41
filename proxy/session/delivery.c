#include "proxy/session/delivery.h"

#include "conf/config.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/lmtp.h"
#include "proxy/session/offer.h"
#include "proxy/session/outcome.h"
#include "proxy/session/parting.h"
#include "proxy/session/relay.h"
#include "proxy/session/rewriting.h"
#include "proxy/session/route.h"
#include "proxy/session/settle.h"
#include "proxy/session/state.h"

enum step { STEP_RSET, STEP_IDENTITY, STEP_MAIL, STEP_RCPT, STEP_DATA };

#define SEND_CHUNK_BYTES   262144
#define STREAM_CHUNK_BYTES 131072 /* of a streamed message go upstream at a time */

static void say_next(struct session *s);
static void send_end(struct session *s, struct slice dot);

static void fail(struct session *s, const char *failure, enum party party, struct slice wire)
{
    if (s->tx.delivery.go_on != NULL) {
        struct reply reply = reply_static(wire);
        outcome_failure(s, failure, SLICE_NONE, party, wire);
        s->tx.delivery.go_on(s, &reply);
    } else {
        settle_fail(s, failure, party, wire);
    }
}

/* --- the content --- */

void delivery_stream(struct session *s, const struct dot_slices *content)
{
    struct dot_slices wire;
    for (size_t i = 0; i < content->count; i++) {
        struct slice rest = content->items[i];
        while (rest.len > 0 && upstream_status(s->upstream) == UPSTREAM_CONTENT) {
            rest = slice_from(rest, dot_write(&s->tx.delivery.writer, rest, &wire));
            upstream_content(s->upstream, wire.items, wire.count);
        }
    }
}

static void send_slice(struct session *s, struct slice content)
{
    struct dot_slices wire;
    if (s->tx.delivery.chunking && content.len > 0 &&
        upstream_status(s->upstream) == UPSTREAM_CONTENT) {
        upstream_content(s->upstream, &content, 1);
        return;
    }
    while (content.len > 0 && upstream_status(s->upstream) == UPSTREAM_CONTENT) {
        content = slice_from(content, dot_write(&s->tx.delivery.writer, content, &wire));
        upstream_content(s->upstream, wire.items, wire.count);
    }
}

static bool client_left(struct session *s)
{
    bool left = connection_state(s->connection) != CONNECTION_OPEN &&
                connection_input(s->connection).len == 0;
    if (left) /* the cheapest moment to avoid a duplicate (PROTOCOL 1.13) */
        ending_drop(s, "the client left before its message was handed over");
    return left;
}

static bool chunks_wanted(const struct session *s)
{
    return s->tx.content.chunking &&
           (upstream_capabilities(s->upstream)->extensions & EXTENSION_CHUNKING) != 0;
}

bool delivery_chunk_open(const struct session *s)
{
    return s->tx.delivery.chunking && upstream_status(s->upstream) == UPSTREAM_READY;
}

bool delivery_chunk_full(const struct session *s)
{
    return s->tx.delivery.chunking && s->tx.spool.size_bytes >= STREAM_CHUNK_BYTES;
}

void delivery_chunk(struct session *s)
{
    struct transaction *t = &s->tx;
    struct delivery *d = &t->delivery;
    struct slice view;
    d->chunking = true;
    d->last_chunk = t->content.reader.ended;
    if (d->last_chunk && client_left(s))
        return;
    if (rewriting_content(s, &view) != 0) {
        settle_spool_failed(s);
        return;
    }
    d->sent = d->header_sent ? 0 : transaction_content_start(t);
    uint64_t header_bytes = d->header_sent ? 0 : t->plan.header.len;
    upstream_chunk(s->upstream, header_bytes + view.len - d->sent, d->last_chunk);
    state_wait(s, PHASE_SEND);
}

static void chunk_answered(struct session *s)
{
    struct transaction *t = &s->tx;
    const struct reply reply = *upstream_reply(s->upstream);
    state_wait(s, PHASE_CONTENT);
    transaction_stream(t);
    if (upstream_status(s->upstream) != UPSTREAM_READY) {
        settle_upstream_gone(s);
    } else if (reply.code / 100 != 2) {
        settle_fail(s, "the upstream refused a chunk", PARTY_UPSTREAM, reply.wire);
        outcome_close_after(s, reply.code == 421);
    }
}

static void chunk_sent(struct session *s)
{
    if (s->tx.delivery.last_chunk) {
        send_end(s, SLICE_NONE);
        return;
    }
    upstream_end(s->upstream, SLICE_NONE, s->under.config->timeouts.data_ms);
    relay_await(s, chunk_answered);
}

bool delivery_send(struct session *s)
{
    struct transaction *t = &s->tx;
    struct delivery *d = &t->delivery;
    struct slice view;
    if (upstream_status(s->upstream) == UPSTREAM_CONTENT && upstream_congested(s->upstream))
        return false;
    if (rewriting_content(s, &view) != 0) {
        settle_spool_failed(s);
        return true;
    }
    if (!d->header_sent)
        send_slice(s, bytes_slice(&t->plan.header));
    d->header_sent = true;
    struct slice chunk = slice_first(slice_from(view, d->sent), SEND_CHUNK_BYTES);
    send_slice(s, chunk);
    d->sent += chunk.len;
    /* Content handed over, or an upstream that broke: content.c goes on from here, or finds out. */
    if (d->sent >= view.len || upstream_status(s->upstream) != UPSTREAM_CONTENT) {
        transaction_stream(t);
        state_wait(s, PHASE_CONTENT);
        spool_reset(&t->spool);
        if (d->chunking && upstream_status(s->upstream) == UPSTREAM_CONTENT)
            chunk_sent(s);
    }
    return true;
}

static void send_begin(struct session *s)
{
    s->tx.delivery.sent = transaction_content_start(&s->tx);
    state_wait(s, PHASE_SEND);
}

/* --- the dialogue --- */

/* What the client sends from now on goes to the upstream as it comes. */
static void taken_now(struct session *s, const struct reply *reply)
{
    void (*go_on)(struct session * s, const struct reply *reply) = s->tx.delivery.go_on;
    s->tx.delivery.go_on = NULL;
    go_on(s, reply);
}

static void data_answered(struct session *s)
{
    struct transaction *t = &s->tx;
    struct reply reply = *upstream_reply(s->upstream);
    switch (upstream_status(s->upstream)) {
    case UPSTREAM_CONTENT:
        if (t->delivery.go_on != NULL)
            taken_now(s, &reply);
        else
            send_begin(s);
        return;
    case UPSTREAM_READY:
        outcome_upstream(s, reply.code >= 500 ? VERDICT_REJECT : VERDICT_TEMPFAIL);
        if (t->delivery.go_on != NULL) {
            outcome_at(s, STAGE_DATA);
            t->delivery.go_on(s, &reply);
            return;
        }
        settle_fail(s, "the upstream refused DATA", PARTY_UPSTREAM, reply.wire);
        outcome_close_after(s, reply.code == 421);
        return;
    case UPSTREAM_NONE:
    case UPSTREAM_OPENING:
    case UPSTREAM_WAITING:
    case UPSTREAM_CHALLENGE:
    case UPSTREAM_REFUSED:
    case UPSTREAM_LOST: break;
    }
    fail(s, upstream_failure(s->upstream), PARTY_UPSTREAM,
         SLICE("451 4.4.2 The mail server went away\r\n"));
}

static void envelope_answered(struct session *s)
{
    struct delivery *d = &s->tx.delivery;
    int code = upstream_reply(s->upstream)->code;
    if (upstream_status(s->upstream) != UPSTREAM_READY) {
        fail(s, upstream_failure(s->upstream), PARTY_UPSTREAM,
             SLICE("451 4.4.2 The mail server went away\r\n"));
        return;
    }
    /* What an XFORWARD is answered does not matter; all else must be accepted. */
    if (d->step != STEP_IDENTITY && code / 100 != 2) {
        fail(s, "the upstream refused the edited envelope", PARTY_UPSTREAM,
             SLICE("451 4.3.0 The mail server refused the edited envelope\r\n"));
        return;
    }
    s->tx.upstream_open = d->step >= STEP_MAIL;
    if (d->step == STEP_RCPT && ++d->index < s->tx.plan.rcpt_count) {
        say_next(s);
        return;
    }
    d->step++;
    say_next(s);
}

/* One reply cannot tell what became of several recipients (lmtp.c). */
static void crowded(struct session *s)
{
    fail(s, "several recipients towards an LMTP upstream", PARTY_GATEWAY,
         SLICE("451 4.3.0 More than one recipient at a time\r\n"));
}

static void upstream_reopened(struct session *s)
{
    struct delivery *d = &s->tx.delivery;
    if (upstream_status(s->upstream) != UPSTREAM_READY) {
        fail(s, upstream_failure(s->upstream), PARTY_UPSTREAM,
             upstream_insecure(s->upstream)
                 ? SLICE("451 4.7.5 The mail server cannot be reached securely\r\n")
                 : SLICE("451 4.4.1 The mail server is not available\r\n"));
        return;
    }
    if (s->tx.route != NULL && offer_lacks(s, NULL)) {
        fail(s, "the upstream of the route does not offer what the message needs", PARTY_GATEWAY,
             SLICE(ROUTE_LACKS));
        return;
    }
    if (s->tx.route == NULL && !offer_holds(s)) {
        fail(s, "the upstream offers less than before", PARTY_GATEWAY,
             SLICE("451 4.3.0 The mail server has changed\r\n"));
        return;
    }
    if (lmtp_crowded(s, s->tx.plan.rcpt_count)) { /* a reload has made it an LMTP server */
        crowded(s);
        return;
    }
    d->step = STEP_IDENTITY;
    say_next(s);
}

static void begin_anew(struct session *s)
{
    s->tx.delivery.index = 0;
    s->tx.upstream_open = false;
    relay_open(s, upstream_reopened);
}

/* The upstream left while the message was held: once more, from the start. */
static void reopen(struct session *s)
{
    struct delivery *d = &s->tx.delivery;
    if (d->reopened) {
        fail(s, "the upstream went away", PARTY_UPSTREAM,
             SLICE("451 4.4.1 The mail server is not available\r\n"));
        return;
    }
    if (s->login.accepted) { /* nobody but the client can log in again */
        outcome_close_after(s, true);
        fail(s, "the upstream that accepted the login went away", PARTY_UPSTREAM,
             SLICE(RELAY_LOGIN_LOST));
        return;
    }
    d->reopened = true;
    begin_anew(s);
}

/* A rule that needed the recipients, or more, has sent it elsewhere. */
static void move(struct session *s, const struct upstream_conf *wanted)
{
    const char *refused = route_refused(s, wanted);
    if (refused != NULL) {
        fail(s, "a route after a login", PARTY_GATEWAY, slice_str(refused));
        return;
    }
    parting_leave(s);
    route_follow(s, wanted);
    begin_anew(s);
}

static void say_next(struct session *s)
{
    struct delivery *d = &s->tx.delivery;
    if (!relay_usable(s)) {
        reopen(s);
        return;
    }
    switch ((enum step)d->step) {
    case STEP_RSET: relay_ask(s, SLICE("RSET\r\n"), envelope_answered); return;
    case STEP_IDENTITY:
        if (relay_introduce(s, envelope_answered))
            return;
        d->step = STEP_MAIL;
        say_next(s);
        return;
    case STEP_MAIL: relay_ask(s, s->tx.plan.mail_wire, envelope_answered); return;
    case STEP_RCPT: relay_ask(s, s->tx.plan.rcpt_wires[d->index], envelope_answered); return;
    case STEP_DATA:
        if (chunks_wanted(s)) {
            delivery_chunk(s);
            return;
        }
        upstream_data(s->upstream);
        relay_await(s, data_answered);
        return;
    }
}

int delivery_plan(struct session *s)
{
    bool in_data = s->upstream != NULL && upstream_status(s->upstream) == UPSTREAM_CONTENT;
    if (inspect_settle(s->under.inspect) != 0 ||
        (s->tx.content.header_known && rewriting_header(s) != 0))
        return -1;
    if (!in_data && rewriting_envelope(s) != 0)
        return -1;
    return arena_failed(&s->tx.arena) ? -1 : 0; /* something of it is missing, whatever it is */
}

void delivery_ask(struct session *s, void (*go_on)(struct session *s, const struct reply *reply))
{
    s->tx.delivery.go_on = go_on;
    delivery_begin(s);
}

void delivery_begin(struct session *s)
{
    struct transaction *t = &s->tx;
    struct delivery *d = &t->delivery;
    bool in_data = s->upstream != NULL && upstream_status(s->upstream) == UPSTREAM_CONTENT;
    if (delivery_plan(s) != 0) {
        fail(s, "an edit could not be applied", PARTY_GATEWAY,
             SLICE("451 4.3.0 The message could not be rewritten\r\n"));
    } else if (in_data) {
        send_begin(s);
    } else if (t->plan.rcpt_count == 0) {
        fail(s, "edits left no recipient", PARTY_GATEWAY,
             SLICE("451 4.3.0 No recipient is left\r\n"));
    } else if (route_wanted(s) != route_now(s)) {
        move(s, route_wanted(s));
    } else if (lmtp_crowded(s, t->plan.rcpt_count)) {
        crowded(s);
    } else {
        d->step = t->plan.replay ? STEP_RSET : STEP_DATA;
        relay_await(s, say_next);
    }
}

/* --- the end --- */

/* The upstream went away after the dot. It may have the message or not: the client must try again
 * (PROTOCOL U05, U06). It has not when the dot was still here; and one that refused before it had
 * the dot has said its word. */
static void lost_after_dot(struct session *s)
{
    if (upstream_status(s->upstream) == UPSTREAM_REFUSED) {
        settle_upstream_gone(s);
        return;
    }
    outcome_unknown(s, !upstream_cut_short(s->upstream));
    settle_fail(s, upstream_failure(s->upstream), PARTY_UPSTREAM,
                SLICE("451 4.4.2 The mail server went away\r\n"));
}

static void dot_answered(struct session *s)
{
    struct transaction *t = &s->tx;
    if (lmtp_take(s)) {
        relay_await(s, dot_answered);
        return;
    }
    struct reply reply = lmtp_told(s);
    t->delivery.dot_sent = false;
    t->upstream_open = false;
    outcome_settled(s);
    if (upstream_status(s->upstream) != UPSTREAM_READY) {
        lost_after_dot(s);
        if (reply.code == 0)
            return;
    }
    outcome_answered(s, reply.wire);
    if (reply.code / 100 != 2)
        outcome_upstream(s, reply.code >= 500 ? VERDICT_REJECT : VERDICT_TEMPFAIL);
    else
        outcome_accepted(s);
    outcome_reply(s, reply.code, reply.wire);
    outcome_close_after(s, upstream_reply(s->upstream)->code == 421);
    settle_finish(s);
}

void delivery_stop(struct session *s)
{
    struct transaction *t = &s->tx;
    upstream_abort(s->upstream);
    (void)lmtp_take(s); /* those that have an answer hear it */
    t->delivery.dot_sent = false;
    outcome_unknown(s, !upstream_cut_short(s->upstream));
    settle_fail(s, "the service was stopped", PARTY_GATEWAY,
                t->outcome.unknown
                    ? SLICE("421 4.3.2 Going down, not knowing what became of the message\r\n")
                    : SLICE(CLIENT_GOING_DOWN));
    outcome_close_after(s, true);
    settle_at_once(s); /* there is no time to wait for a disk */
}

static void send_end(struct session *s, struct slice dot)
{
    struct transaction *t = &s->tx;
    uint64_t judged_ms = loop_now_ms(s->host->loop) - t->content.dot_ms;
    uint64_t patience_ms = s->under.config->timeouts.end_of_data_ms;
    t->delivery.dot_sent = true;
    upstream_end(s->upstream, dot, judged_ms < patience_ms ? patience_ms - judged_ms : 1);
    relay_await(s, dot_answered);
}

void delivery_end(struct session *s)
{
    if (s->tx.delivery.chunking)
        delivery_chunk(s);
    else if (!client_left(s))
        send_end(s, dot_write_end(&s->tx.delivery.writer));
}
