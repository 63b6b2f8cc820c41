/* Messages coming in: DATA, the header, hold or stream, and the one reply at the end (design.md,
 * "The way of a message"). */
#include "proxy/quarantine/keeper.h"
#include "proxy/session/chunking.h"
#include "proxy/session/session_private.h"

#define DRAIN_EXTRA_BYTES                                                                          \
    (1U << 20) /* read of a refused message past the size limit, before we hang up */

/* A reply that is decided waits no longer than this for a disk: the longer it is on its way, the
 * more clients send again what has arrived (RFC 1047). */
#define SETTLE_MS 1000

/* --- decisions that wait for the end of data --- */

static void drain(struct session *s)
{
    if (s->upstream != NULL && upstream_status(s->upstream) == UPSTREAM_CONTENT)
        upstream_abort(s->upstream);
    spool_reset(&s->tx.spool);
    s->tx.mode = CONTENT_DRAIN;
    s->phase = PHASE_CONTENT;
    connection_pause(s->connection, false); /* it may have waited for a congested upstream */
}

void content_refuse(struct session *s, const struct verdict *verdict)
{
    account_verdict(s, verdict);
    s->tx.settled = true;
    if (!verdict_refuses(verdict->kind))
        account_reply(s, 250, SLICE("250 2.0.0 Ok\r\n"));
    else
        account_reply(s, verdict->reply.code, verdict->reply.wire);
    s->tx.close_after = verdict->kind == VERDICT_DISCONNECT;
    drain(s);
}

void content_fail_because(struct session *s, const char *failure, struct slice why,
                          enum party party, struct slice wire)
{
    account_failure(s, failure, why, party, wire);
    s->tx.settled = true;
    drain(s);
}

void content_fail(struct session *s, const char *failure, enum party party, struct slice wire)
{
    content_fail_because(s, failure, SLICE_NONE, party, wire);
}

/* Whether what was decided waits until the copy in the quarantine is confirmed or removed. */
static bool settle_copy(struct session *s)
{
    struct keeping *k = &s->tx.keeping;
    if (!k->stored || k->settled || quarantine_whole(&s->tx))
        return false;
    keeper_settle(k->job, quarantine_acknowledged(s));
    k->settling = true;
    s->phase = PHASE_SETTLE;
    s->timer_fired = false;
    loop_timer_set(s->timer, SETTLE_MS);
    return true;
}

bool content_settle_step(struct session *s)
{
    if (!keeper_done(s->tx.keeping.job) && !s->timer_fired)
        return false;
    content_hurry(s);
    return true;
}

void content_hurry(struct session *s)
{
    s->tx.keeping.settling = false;
    s->tx.keeping.settled = true;
    s->phase = PHASE_CONTENT;
    content_finish(s);
}

void content_finish(struct session *s)
{
    struct transaction *t = &s->tx;
    struct reply reply = {t->reply_code, t->reply};
    bool close_after = t->close_after || connection_deaf(s->connection);
    bool each = lmtp_decide(s);
    if (settle_copy(s))
        return;
    if (each)
        lmtp_say(s);
    if (t->client_gone) {
        session_drop(s, "the client left before it heard the reply");
        return;
    }
    if (!each)
        session_reply(s, &reply);
    if (reply.code / 100 == 2)
        s->errors = s->junk = s->put_off = 0;
    if (close_after) {
        session_finish(s);
        return;
    }
    session_reset(s);
    session_command(s);
}

/* --- DATA --- */

/* Content that was sent without waiting for the 354 must never be read as commands: if anything
 * follows, the session ends with the reply; if it comes later, at its first line (verbs_run). */
static void data_refused(struct session *s, const struct reply *reply, bool hang_up)
{
    session_reply(s, reply);
    s->data_refused = true;
    if (hang_up || reply->code == 421 || connection_input(s->connection).len > 0)
        session_finish(s);
    else
        session_command(s);
}

static void data_refused_static(struct session *s, struct slice wire)
{
    struct reply reply = reply_static(wire);
    data_refused(s, &reply, false);
}

static void data_refused_late(struct session *s, const struct reply *reply)
{
    s->tx.settled = true;
    account_reply(s, reply->code, reply->wire);
    data_refused(s, reply, s->tx.close_after);
    if (s->phase != PHASE_END)
        session_reset(s);
}

void content_begin(struct session *s, enum content_mode mode)
{
    struct transaction *t = &s->tx;
    if (t->chunking)
        dot_reader_init_plain(&t->reader);
    else
        dot_reader_init(&t->reader, s->listener->bare_newline);
    dot_writer_init(&t->writer);
    t->mode = mode;
    s->phase = PHASE_CONTENT;
    awake_begin(s);
    connection_secret(s->connection, false);
    pace_begin(&t->pace, s->config->timeouts.data_ms, s->config->limits.data_rate);
}

static void say_354(struct session *s)
{
    if (!s->tx.chunking)
        session_say(s, "354 End data with <CR><LF>.<CR><LF>\r\n");
}

/* The upstream's word on DATA, or one in its place. */
static void data_answered(struct session *s, const struct reply *reply)
{
    if (reply->code / 100 != 3) {
        data_refused_late(s, reply);
        return;
    }
    session_reply(s, reply);
    content_begin(s, CONTENT_GATHER);
}

static void data_decided(struct session *s, const struct verdict *verdict)
{
    struct transaction *t = &s->tx;
    if (verdict_refuses(verdict->kind) && t->chunking) {
        content_begin(s, CONTENT_DRAIN);
        content_refuse(s, verdict);
    } else if (verdict_refuses(verdict->kind)) {
        account_verdict(s, verdict);
        t->close_after = verdict->kind == VERDICT_DISCONNECT;
        data_refused_late(s, &verdict->reply);
    } else if (quarantine_wanted(s, verdict)) {
        say_354(s);
        content_begin(s, CONTENT_GATHER);
    } else if (t->discard || t->accepted_count == 0 || verdict->kind == VERDICT_DISCARD) {
        struct verdict discard = *verdict;
        if (verdict->kind != VERDICT_DISCARD)
            discard = t->verdict; /* the one that discarded the recipients */
        discard.kind = VERDICT_DISCARD;
        say_354(s);
        content_begin(s, CONTENT_DRAIN);
        content_refuse(s, &discard);
    } else if (inspect_interest(s->inspect) == 0 && !t->chunking) {
        delivery_ask(s, data_answered);
    } else {
        say_354(s);
        content_begin(s, CONTENT_GATHER);
    }
}

void content_judge(struct session *s)
{
    struct event event = {.kind = EVENT_DATA};
    if (rewriting_begin(s) != 0)
        session_say_close(s, OUT_OF_MEMORY);
    else
        session_judge(s, &event, data_decided);
}

void content_data(struct session *s)
{
    const struct transaction *t = &s->tx;
    if (!t->open) {
        data_refused_static(s, SLICE("503 5.5.1 Need MAIL and RCPT first\r\n"));
    } else if (t->accepted_count + t->discarded_count == 0) {
        data_refused_static(s, SLICE("503 5.5.1 No valid recipients\r\n"));
    } else if (t->chunking || t->binary) { /* RFC 3030, 2 and 3 */
        data_refused_static(s, SLICE("503 5.5.1 This message needs BDAT\r\n"));
    } else {
        content_judge(s);
    }
}

/* --- the header --- */

static void header_decided(struct session *s, const struct verdict *verdict)
{
    bool kept = quarantine_wanted(s, verdict);
    if (!kept && (verdict_refuses(verdict->kind) || verdict->kind == VERDICT_DISCARD)) {
        content_refuse(s, verdict);
    } else if (kept || (inspect_interest(s->inspect) & INTEREST_MESSAGE) != 0) {
        s->tx.mode = CONTENT_HOLD;
        s->phase = PHASE_CONTENT;
    } else {
        delivery_begin(s);
    }
}

static unsigned count_hops(const struct header *header)
{
    unsigned hops = 0;
    size_t at = header_find(header, SLICE("Received"), 0);
    for (; at != SLICE_NOT_FOUND; at = header_find(header, SLICE("Received"), at + 1))
        hops++;
    return hops;
}

/* The engine keeps slices of the header while the spool may still move, so the header gets a place
 * of its own. */
static int keep_header(struct transaction *t, struct slice view)
{
    struct slice block = arena_copy(&t->arena, slice_first(view, t->header_end.fields_end));
    bool separated = t->header_end.body_start > t->header_end.fields_end;
    if (block.ptr == NULL || header_parse(&t->header, block, separated, &t->arena) != 0)
        return -1;
    t->header_known = true;
    return 0;
}

/* Binary content is not normalised, but its header is text: a line end that only some readers see
 * would show them another header than the rules have seen. */
static bool header_is_text(struct slice block)
{
    struct dot_reader reader;
    struct dot_slices out;
    dot_reader_init_plain(&reader);
    while (block.len > 0)
        block = slice_from(block, dot_read(&reader, block, &out));
    dot_read_end(&reader, &out);
    return !reader.bare && !reader.nul;
}

static void header_found(struct session *s, struct slice view)
{
    struct transaction *t = &s->tx;
    const struct limits *limits = &s->config->limits;
    if (t->header_end.fields_end > limits->header_bytes) {
        content_fail(s, "header too big", PARTY_GATEWAY,
                     SLICE("552 5.3.4 Message header too big\r\n"));
    } else if (t->binary && !header_is_text(slice_first(view, t->header_end.fields_end))) {
        content_fail(s, "bare CR, LF or NUL in the header", PARTY_GATEWAY,
                     SLICE("550 5.6.0 Bare CR, LF or NUL in the header\r\n"));
    } else if (keep_header(t, view) != 0) {
        content_fail(s, "out of memory", PARTY_GATEWAY, SLICE("452 4.3.1 Out of memory\r\n"));
    } else if (t->header.count > limits->header_fields) {
        content_fail(s, "too many header fields", PARTY_GATEWAY,
                     SLICE("554 5.6.0 Too many header fields\r\n"));
    } else if (count_hops(&t->header) >= HOPS_MAX) {
        content_fail(s, "mail loop", PARTY_GATEWAY, SLICE("554 5.4.6 Routing loop detected\r\n"));
    } else {
        struct event event = {.kind = EVENT_HEADER};
        draft_receive(&t->draft, &t->header);
        event.u.header.header = &t->header;
        session_judge(s, &event, header_decided);
    }
}

void content_spool_failed(struct session *s)
{
    content_fail_because(s, "spool failed", spool_reason(&s->tx.spool, &s->tx.arena), PARTY_GATEWAY,
                         SLICE("452 4.3.1 Insufficient system storage\r\n"));
}

static void look_for_header(struct session *s)
{
    struct transaction *t = &s->tx;
    struct slice view;
    if (spool_view(&t->spool, &view) != 0)
        content_spool_failed(s);
    else if (header_scan(&t->scan, view, t->reader.ended, &t->header_end) == 1)
        header_found(s, view);
    else if (view.len > s->config->limits.header_bytes)
        content_fail(s, "header too big", PARTY_GATEWAY,
                     SLICE("552 5.3.4 Message header too big\r\n"));
}

/* --- the content --- */

static void stream(struct session *s, const struct dot_slices *content)
{
    struct dot_slices wire;
    for (size_t i = 0; i < content->count; i++) {
        struct slice rest = content->items[i];
        while (rest.len > 0 && upstream_status(s->upstream) == UPSTREAM_CONTENT) {
            rest = slice_from(rest, dot_write(&s->tx.writer, rest, &wire));
            upstream_content(s->upstream, wire.items, wire.count);
        }
    }
}

static void keep(struct session *s, const struct dot_slices *content)
{
    for (size_t i = 0; i < content->count; i++) {
        if (spool_append(&s->tx.spool, content->items[i]) != 0) {
            content_spool_failed(s);
            return;
        }
    }
}

static void take(struct session *s, const struct dot_slices *content)
{
    struct transaction *t = &s->tx;
    for (size_t i = 0; i < content->count; i++)
        t->content_bytes += content->items[i].len;
    switch (t->mode) {
    case CONTENT_GATHER:
    case CONTENT_HOLD: keep(s, content); break;
    case CONTENT_STREAM:
        if (t->delivery.chunking)
            keep(s, content);
        else
            stream(s, content);
        break;
    case CONTENT_DRAIN: break;
    }
}

uint64_t content_drain_limit(const struct session *s)
{
    return 2 * s->config->limits.message_bytes + DRAIN_EXTRA_BYTES;
}

static void check_content(struct session *s)
{
    struct transaction *t = &s->tx;
    uint64_t limit = s->config->limits.message_bytes;
    bool bare = t->reader.bare || t->reader.nul;
    if (t->mode == CONTENT_DRAIN) {
        if (t->content_bytes > content_drain_limit(s)) {
            t->close_after = true;
            content_finish(s);
        }
    } else if (t->content_bytes > limit) {
        content_fail(s, "message too big", PARTY_GATEWAY, SLICE("552 5.3.4 Message too big\r\n"));
    } else if (bare && s->listener->bare_newline == NEWLINE_REJECT) {
        content_fail(s, "bare CR, LF or NUL in the message", PARTY_GATEWAY,
                     SLICE("550 5.6.0 Bare CR, LF or NUL in the message\r\n"));
        t->close_after = true;
        t->fail_at_last = true;
    }
}

static void message_decided(struct session *s, const struct verdict *verdict)
{
    if (quarantine_due(s, verdict))
        quarantine_begin(s, verdict);
    else if (verdict_refuses(verdict->kind) || verdict->kind == VERDICT_DISCARD)
        content_refuse(s, verdict);
    else
        delivery_begin(s);
}

/* What is left for milters; the upstream needs some of the time for its reply to the dot. */
static uint64_t milters_budget(const struct session *s)
{
    uint64_t all_ms = s->config->timeouts.end_of_data_ms - s->config->timeouts.end_of_data_ms / 4;
    uint64_t gone_ms = loop_now_ms(s->host->loop) - s->tx.dot_ms;
    return gone_ms < all_ms ? all_ms - gone_ms : 1;
}

static void judge_message(struct session *s)
{
    struct slice view;
    if (spool_view(&s->tx.spool, &view) != 0) {
        content_spool_failed(s);
        return;
    }
    struct event event = {.kind = EVENT_MESSAGE};
    event.u.message.body = s->tx.draft.body = transaction_body(&s->tx, view);
    event.u.message.size_bytes = s->tx.content_bytes;
    inspect_deadline(s->inspect, milters_budget(s));
    session_judge(s, &event, message_decided);
}

static void ended(struct session *s)
{
    switch (s->tx.mode) {
    case CONTENT_GATHER: look_for_header(s); break;
    case CONTENT_HOLD: judge_message(s); break;
    case CONTENT_STREAM: delivery_end(s); break;
    case CONTENT_DRAIN: content_finish(s); break;
    }
}

static void out_of_time(struct session *s, bool silent)
{
    struct slice reason =
        silent ? SLICE("the client stopped sending") : SLICE("the client sends too slowly");
    if (!s->tx.settled)
        account_party(s, VERDICT_CONTINUE, PARTY_GATEWAY, reason);
    session_say_close(s, silent ? "421 4.4.2 Timeout in the middle of a message\r\n"
                                : "421 4.4.2 The message comes too slowly\r\n");
}

static void content_missing(struct session *s)
{
    struct pace *pace = &s->tx.pace;
    uint64_t now_ms = loop_now_ms(s->host->loop);
    if (connection_state(s->connection) == CONNECTION_EOF)
        session_drop(s, "the client closed the connection in the middle of a message");
    else if (!pace->waiting)
        connection_deadline(s->connection, pace_wait(pace, now_ms));
    else if (connection_expired(s->connection))
        out_of_time(s, pace_silent(pace, now_ms));
}

/* The client is not waited for any more: ${octets} came, or something else goes first. */
static void end_wait(struct session *s, size_t octets)
{
    pace_resume(&s->tx.pace, loop_now_ms(s->host->loop), octets);
    connection_deadline(s->connection, 0);
}

/* What an upstream that spoke or left in the middle of content has decided (PROTOCOL U02 to U04).
 */
void content_gone(struct session *s)
{
    const char *failure = upstream_failure(s->upstream);
    if (upstream_status(s->upstream) == UPSTREAM_REFUSED) {
        struct reply reply = *upstream_reply(s->upstream);
        content_fail(s, failure, PARTY_UPSTREAM, reply.wire);
        s->tx.close_after = reply.code == 421;
    } else {
        content_fail(s, failure, PARTY_UPSTREAM, SLICE("451 4.4.2 The mail server went away\r\n"));
    }
}

static bool upstream_takes(struct session *s)
{
    bool congested = upstream_congested(s->upstream);
    connection_pause(s->connection, congested);
    if (congested)
        end_wait(s, 0);
    return !congested;
}

/* Keeps an upstream awake that waits for a long message (design.md, "Hold or stream"): between
 * chunks of ours by what has come for the next one. */
static void keep_awake(struct session *s)
{
    if (s->tx.mode != CONTENT_STREAM) {
        awake_noop(s);
    } else if (awake_now(s) && s->tx.spool.size_bytes > 0) {
        end_wait(s, 0);
        chunking_send(s);
    }
}

static bool read_content(struct session *s)
{
    struct transaction *t = &s->tx;
    struct slice input = connection_input(s->connection);
    bool complete = t->chunking && t->chunk.left == 0; /* the last chunk: see chunk_read */
    if (input.len == 0 && !complete) {
        content_missing(s);
        return s->phase == PHASE_END;
    }
    struct dot_slices content;
    size_t used = t->chunking ? chunk_read(&t->chunk, &t->reader, input, &content)
                              : dot_read(&t->reader, input, &content);
    take(s, &content);
    connection_consume(s->connection, used);
    end_wait(s, used);
    if (t->reader.ended)
        t->dot_ms = loop_now_ms(s->host->loop);
    check_content(s);
    if (s->phase == PHASE_CONTENT && t->mode == CONTENT_GATHER)
        look_for_header(s);
    return true;
}

/* Whether the upstream of a streamed message still takes it. */
static bool upstream_listens(const struct session *s)
{
    return upstream_status(s->upstream) == UPSTREAM_CONTENT || chunking_open(s);
}

bool content_step(struct session *s)
{
    struct transaction *t = &s->tx;
    keep_awake(s);
    if (s->phase != PHASE_CONTENT)
        return true;
    if (t->mode == CONTENT_STREAM && !upstream_listens(s))
        content_gone(s);
    if (t->reader.ended) {
        ended(s);
        return true;
    }
    if (t->mode == CONTENT_STREAM && !upstream_takes(s))
        return false;
    if (t->mode == CONTENT_STREAM && chunking_full(s)) {
        chunking_send(s);
        return true;
    }
    return chunking_done(s) || read_content(s);
}
