#include "proxy/session/content.h"

#include <stdio.h>

#include "conf/config.h"
#include "conf/limits.h"
#include "proxy/session/awake.h"
#include "proxy/session/delivery.h"
#include "proxy/session/ending.h"
#include "proxy/session/judging.h"
#include "proxy/session/keeping.h"
#include "proxy/session/line.h"
#include "proxy/session/outcome.h"
#include "proxy/session/rewriting.h"
#include "proxy/session/settle.h"
#include "proxy/session/state.h"

#define HOPS_MAX 100 /* Received fields; more is a loop (RFC 5321, 6.3; R52) */
#define DRAIN_EXTRA_BYTES                                                                          \
    (1U << 20) /* read of a refused message past the size limit, before we hang up */

void content_begin(struct session *s, enum content_mode mode)
{
    struct transaction *t = &s->tx;
    if (t->content.chunking)
        dot_reader_init_plain(&t->content.reader);
    else
        dot_reader_init(&t->content.reader, s->under.listener->bare_newline);
    t->content.mode = mode;
    state_wait(s, PHASE_CONTENT);
    awake_begin(s);
    connection_secret(s->connection, false);
    pace_begin(&t->content.pace, s->under.config->timeouts.data_ms,
               s->under.config->limits.data_rate);
}

/* --- the header --- */

static void header_judged(struct session *s, const struct verdict *verdict)
{
    bool kept = keeping_wanted(s, verdict);
    if (!kept && (verdict_refuses(verdict->kind) || verdict->kind == VERDICT_DISCARD)) {
        settle_refuse(s, verdict);
    } else if (kept || (inspect_interest(s->under.inspect) & INTEREST_MESSAGE) != 0) {
        s->tx.content.mode = CONTENT_HOLD;
        state_wait(s, PHASE_CONTENT);
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
    struct slice block = arena_copy(&t->arena, slice_first(view, t->content.header_end.fields_end));
    bool separated = t->content.header_end.body_start > t->content.header_end.fields_end;
    if (block.ptr == NULL || header_parse(&t->content.header, block, separated, &t->arena) != 0)
        return -1;
    t->content.header_known = true;
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
    const struct limits *limits = &s->under.config->limits;
    if (t->content.header_end.fields_end > limits->header_bytes) {
        settle_fail(s, "header too big", PARTY_GATEWAY,
                    SLICE("552 5.3.4 Message header too big\r\n"));
    } else if (t->envelope.binary &&
               !header_is_text(slice_first(view, t->content.header_end.fields_end))) {
        settle_fail(s, "bare CR, LF or NUL in the header", PARTY_GATEWAY,
                    SLICE("550 5.6.0 Bare CR, LF or NUL in the header\r\n"));
    } else if (keep_header(t, view) != 0) {
        settle_fail(s, "out of memory", PARTY_GATEWAY, SLICE("452 4.3.1 Out of memory\r\n"));
    } else if (t->content.header.count > limits->header_fields) {
        settle_fail(s, "too many header fields", PARTY_GATEWAY,
                    SLICE("554 5.6.0 Too many header fields\r\n"));
    } else if (count_hops(&t->content.header) >= HOPS_MAX) {
        settle_fail(s, "mail loop", PARTY_GATEWAY, SLICE("554 5.4.6 Routing loop detected\r\n"));
    } else {
        struct event event = {.kind = EVENT_HEADER};
        rewriting_received(s);
        event.u.header.header = &t->content.header;
        judging_begin(s, &event, header_judged);
    }
}

static void look_for_header(struct session *s)
{
    struct transaction *t = &s->tx;
    struct slice view;
    if (spool_view(&t->spool, &view) != 0)
        settle_spool_failed(s);
    else if (header_scan(&t->content.scan, view, t->content.reader.ended, &t->content.header_end) ==
             1)
        header_found(s, view);
    else if (view.len > s->under.config->limits.header_bytes)
        settle_fail(s, "header too big", PARTY_GATEWAY,
                    SLICE("552 5.3.4 Message header too big\r\n"));
}

/* --- the content --- */

static void keep(struct session *s, const struct dot_slices *content)
{
    for (size_t i = 0; i < content->count; i++) {
        if (spool_append(&s->tx.spool, content->items[i]) != 0) {
            settle_spool_failed(s);
            return;
        }
    }
}

static void take(struct session *s, const struct dot_slices *content)
{
    struct transaction *t = &s->tx;
    for (size_t i = 0; i < content->count; i++)
        t->content.bytes += content->items[i].len;
    switch (t->content.mode) {
    case CONTENT_GATHER:
    case CONTENT_HOLD: keep(s, content); break;
    case CONTENT_STREAM:
        if (t->delivery.chunking)
            keep(s, content);
        else
            delivery_stream(s, content);
        break;
    case CONTENT_DRAIN: break;
    }
}

uint64_t content_drain_limit(const struct session *s)
{
    return 2 * s->under.config->limits.message_bytes + DRAIN_EXTRA_BYTES;
}

static void check_content(struct session *s)
{
    struct transaction *t = &s->tx;
    uint64_t limit = s->under.config->limits.message_bytes;
    bool bare = t->content.reader.bare || t->content.reader.nul;
    if (t->content.mode == CONTENT_DRAIN) {
        if (t->content.bytes > content_drain_limit(s)) {
            outcome_close_after(s, true);
            settle_finish(s);
        }
    } else if (t->content.bytes > limit) {
        settle_fail(s, "message too big", PARTY_GATEWAY, SLICE("552 5.3.4 Message too big\r\n"));
    } else if (bare && s->under.listener->bare_newline == NEWLINE_REJECT) {
        settle_fail(s, "bare CR, LF or NUL in the message", PARTY_GATEWAY,
                    SLICE("550 5.6.0 Bare CR, LF or NUL in the message\r\n"));
        outcome_close_after(s, true);
        t->content.fail_at_last = true;
    }
}

static void message_judged(struct session *s, const struct verdict *verdict)
{
    if (keeping_due(s, verdict))
        keeping_begin(s, verdict);
    else if (verdict_refuses(verdict->kind) || verdict->kind == VERDICT_DISCARD)
        settle_refuse(s, verdict);
    else
        delivery_begin(s);
}

/* What is left for milters; the upstream needs some of the time for its reply to the dot. */
static uint64_t milters_budget(const struct session *s)
{
    uint64_t all_ms =
        s->under.config->timeouts.end_of_data_ms - s->under.config->timeouts.end_of_data_ms / 4;
    uint64_t gone_ms = loop_now_ms(s->host->loop) - s->tx.content.dot_ms;
    return gone_ms < all_ms ? all_ms - gone_ms : 1;
}

static void judge_message(struct session *s)
{
    struct slice view;
    if (spool_view(&s->tx.spool, &view) != 0) {
        settle_spool_failed(s);
        return;
    }
    struct event event = {.kind = EVENT_MESSAGE};
    event.u.message.body = rewriting_complete(s, view);
    event.u.message.size_bytes = s->tx.content.bytes;
    inspect_deadline(s->under.inspect, milters_budget(s));
    judging_begin(s, &event, message_judged);
}

static void content_ended(struct session *s)
{
    switch (s->tx.content.mode) {
    case CONTENT_GATHER: look_for_header(s); break;
    case CONTENT_HOLD: judge_message(s); break;
    case CONTENT_STREAM: delivery_end(s); break;
    case CONTENT_DRAIN: settle_finish(s); break;
    }
}

static void out_of_time(struct session *s, bool silent)
{
    struct slice reason =
        silent ? SLICE("the client stopped sending") : SLICE("the client sends too slowly");
    if (!s->tx.outcome.settled)
        outcome_party(s, VERDICT_CONTINUE, PARTY_GATEWAY, reason);
    ending_say(s, silent ? "421 4.4.2 Timeout in the middle of a message\r\n"
                         : "421 4.4.2 The message comes too slowly\r\n");
}

static void content_missing(struct session *s)
{
    struct pace *pace = &s->tx.content.pace;
    uint64_t now_ms = loop_now_ms(s->host->loop);
    if (connection_state(s->connection) == CONNECTION_EOF)
        ending_drop(s, "the client closed the connection in the middle of a message");
    else if (!pace->waiting)
        connection_deadline(s->connection, pace_wait(pace, now_ms));
    else if (connection_expired(s->connection))
        out_of_time(s, pace_silent(pace, now_ms));
}

/* The client is not waited for any more: ${octets} came, or something else goes first. */
static void end_wait(struct session *s, size_t octets)
{
    pace_resume(&s->tx.content.pace, loop_now_ms(s->host->loop), octets);
    connection_deadline(s->connection, 0);
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
    if (s->tx.content.mode != CONTENT_STREAM) {
        awake_noop(s);
    } else if (awake_now(s) && s->tx.spool.size_bytes > 0) {
        end_wait(s, 0);
        delivery_chunk(s);
    }
}

static bool chunk_done(struct session *s)
{
    const struct transaction *t = &s->tx;
    if (!t->content.chunking || t->content.chunk.left > 0)
        return false;
    bool failed = t->content.mode == CONTENT_DRAIN && t->outcome.reply_code / 100 != 2 &&
                  !t->content.fail_at_last;
    if (failed) {
        settle_finish(s);
        return true;
    }
    if (t->content.chunk.last)
        return false;
    char text[REPLY_LINE_MAX];
    int len =
        snprintf(text, sizeof text, "250 2.0.0 %ju octets\r\n", (uintmax_t)t->content.chunk.size);
    connection_say(s->connection, slice_make(text, (size_t)len));
    line_next(s);
    return true;
}

static bool read_content(struct session *s)
{
    struct transaction *t = &s->tx;
    struct slice input = connection_input(s->connection);
    bool complete =
        t->content.chunking && t->content.chunk.left == 0; /* the last chunk: see chunk_read */
    if (input.len == 0 && !complete) {
        content_missing(s);
        return s->phase == PHASE_END;
    }
    struct dot_slices content;
    size_t used = t->content.chunking
                      ? chunk_read(&t->content.chunk, &t->content.reader, input, &content)
                      : dot_read(&t->content.reader, input, &content);
    take(s, &content);
    connection_consume(s->connection, used);
    end_wait(s, used);
    if (t->content.reader.ended)
        t->content.dot_ms = loop_now_ms(s->host->loop);
    check_content(s);
    if (s->phase == PHASE_CONTENT && t->content.mode == CONTENT_GATHER)
        look_for_header(s);
    return true;
}

/* Whether the upstream of a streamed message still takes it. */
static bool upstream_listens(const struct session *s)
{
    return upstream_status(s->upstream) == UPSTREAM_CONTENT || delivery_chunk_open(s);
}

bool content_step(struct session *s)
{
    struct transaction *t = &s->tx;
    keep_awake(s);
    if (s->phase != PHASE_CONTENT)
        return true;
    if (t->content.mode == CONTENT_STREAM && !upstream_listens(s))
        settle_upstream_gone(s);
    if (t->content.reader.ended) {
        content_ended(s);
        return true;
    }
    if (t->content.mode == CONTENT_STREAM && !upstream_takes(s))
        return false;
    if (t->content.mode == CONTENT_STREAM && delivery_chunk_full(s)) {
        delivery_chunk(s);
        return true;
    }
    return chunk_done(s) || read_content(s);
}
