/* Messages by BDAT (RFC 3030): from the client, where a counter stands in the place of the dot and
 * each chunk has its reply, and to an upstream that offers CHUNKING. Whichever way it came in and
 * goes out, the message passes through content.c and delivery.c like any other.
 *
 * A BDAT that is refused, out of order or not wanted still has its octets behind it: they are eaten
 * before the reply is said, so that content never becomes commands (PROTOCOL B04). Upstream the
 * last chunk leaves only after the verdict (PROTOCOL D2), and each chunk waits for its reply.
 */
#include <stdio.h>

#include "proxy/session/chunking.h"
#include "proxy/session/session_private.h"

#define STREAM_CHUNK_BYTES 131072 /* of a streamed message go upstream at a time */

/* --- from the client --- */

/* What is wrong with a chunk whatever it holds: a whole reply, or NULL. */
static const char *order_problem(const struct session *s)
{
    const struct transaction *t = &s->tx;
    if ((s->offered.extensions & EXTENSION_CHUNKING) == 0)
        return VERBS_NOT_HERE;
    if (!t->open)
        return "503 5.5.1 Need MAIL and RCPT first\r\n";
    if (t->accepted_count + t->discarded_count == 0)
        return "503 5.5.1 No valid recipients\r\n";
    return NULL;
}

static void first_chunk(struct session *s)
{
    struct transaction *t = &s->tx;
    const char *problem = order_problem(s);
    t->chunking = true;
    t->chunk.binary = t->binary;
    if (problem == NULL) {
        content_judge(s);
        return;
    }
    account_reply(s, reply_static(slice_str(problem)).code, slice_str(problem));
    content_begin(s, CONTENT_DRAIN);
}

void chunking_bdat(struct session *s, const struct command *command)
{
    struct transaction *t = &s->tx;
    bool first = !t->chunking;
    uint64_t size;
    bool last;
    if (chunk_parse(command->argument, &size, &last) != 0) /* where it ends nobody knows */
        session_say_close(s, "501 5.5.4 Syntax: BDAT size [LAST]\r\n");
    else if (size > content_drain_limit(s))
        session_say_close(s, "552 5.3.4 Message too big\r\n");
    else if (chunk_begin(&t->chunk, size, last) != 0)
        session_say_close(s, "421 4.7.0 Too many small chunks\r\n");
    else if (first)
        first_chunk(s);
    else
        s->phase = PHASE_CONTENT;
}

bool chunking_done(struct session *s)
{
    const struct transaction *t = &s->tx;
    if (!t->chunking || t->chunk.left > 0)
        return false;
    bool failed = t->mode == CONTENT_DRAIN && t->reply_code / 100 != 2 && !t->fail_at_last;
    if (failed) {
        content_finish(s);
        return true;
    }
    if (t->chunk.last)
        return false;
    char text[REPLY_LINE_MAX];
    int len = snprintf(text, sizeof text, "250 2.0.0 %ju octets\r\n", (uintmax_t)t->chunk.size);
    connection_say(s->connection, slice_make(text, (size_t)len));
    session_command(s);
    return true;
}

/* --- to the upstream --- */

bool chunking_wanted(const struct session *s)
{
    return s->tx.chunking &&
           (upstream_capabilities(s->upstream)->extensions & EXTENSION_CHUNKING) != 0;
}

bool chunking_open(const struct session *s)
{
    return s->tx.delivery.chunking && upstream_status(s->upstream) == UPSTREAM_READY;
}

bool chunking_full(const struct session *s)
{
    return s->tx.delivery.chunking && s->tx.spool.size_bytes >= STREAM_CHUNK_BYTES;
}

void chunking_send(struct session *s)
{
    struct transaction *t = &s->tx;
    struct delivery *d = &t->delivery;
    struct slice view;
    d->chunking = true;
    d->last_chunk = t->reader.ended;
    if (d->last_chunk && delivery_client_left(s))
        return;
    if (rewriting_content(s, &view) != 0) {
        content_spool_failed(s);
        return;
    }
    d->sent = d->header_sent ? 0 : transaction_content_start(t);
    uint64_t header_bytes = d->header_sent ? 0 : d->header.len;
    upstream_chunk(s->upstream, header_bytes + view.len - d->sent, d->last_chunk);
    s->phase = PHASE_SEND;
}

static void chunk_answered(struct session *s)
{
    struct transaction *t = &s->tx;
    const struct reply reply = *upstream_reply(s->upstream);
    s->phase = PHASE_CONTENT;
    t->mode = CONTENT_STREAM;
    if (upstream_status(s->upstream) != UPSTREAM_READY) {
        content_gone(s);
    } else if (reply.code / 100 != 2) {
        content_fail(s, "the upstream refused a chunk", PARTY_UPSTREAM, reply.wire);
        t->close_after = reply.code == 421;
    }
}

void chunking_sent(struct session *s)
{
    if (s->tx.delivery.last_chunk) {
        delivery_last(s, SLICE_NONE);
        return;
    }
    upstream_end(s->upstream, SLICE_NONE, s->config->timeouts.data_ms);
    session_await(s, chunk_answered);
}
