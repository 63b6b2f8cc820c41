/* Messages going out: the envelope said again where edits or a lost connection ask for it, DATA,
 * the content, the dot.
 *
 * Up to the dot everything can be taken back by closing; after it the upstream's word is final.
 */
#include "proxy/session/session_private.h"

#include <time.h>

#include "filters/rewrite.h"

enum step { STEP_RSET, STEP_IDENTITY, STEP_MAIL, STEP_RCPT, STEP_DATA };

#define SEND_CHUNK_BYTES 262144

static void delivery_next(struct session *s);

static void fail(struct session *s, const char *failure, enum party party, struct slice wire)
{
    if (s->tx.delivery.relay_354) { /* nobody has said 354 yet */
        struct reply reply = reply_static(wire);
        account_party(s, VERDICT_TEMPFAIL, party, slice_str(failure));
        s->tx.failure = slice_str(failure);
        content_data_refused(s, &reply);
    } else {
        content_fail(s, failure, party, wire);
    }
}

/* --- the envelope as edited --- */

static struct slice path_wire(struct arena *arena, const char *verb, struct slice address,
                              struct slice params)
{
    return arena_format(arena, "%s:<%.*s>%.*s\r\n", verb, SLICE_ARG(address), SLICE_ARG(params));
}

static void remove_recipient(struct slice *addresses, struct slice *wires, size_t *count,
                             struct slice address)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (slice_equal(addresses[i], address))
            continue;
        addresses[kept] = addresses[i];
        wires[kept++] = wires[i];
    }
    *count = kept;
}

static bool has_recipient(const struct slice *addresses, size_t count, struct slice address)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(addresses[i], address))
            return true;
    return false;
}

static size_t accepted_recipients(const struct transaction *t, struct slice *addresses,
                                  struct slice *wires)
{
    size_t count = 0;
    for (size_t i = 0; i < t->recipient_count; i++) {
        if (t->recipients[i].state != RECIPIENT_ACCEPTED)
            continue;
        addresses[count] = t->recipients[i].address;
        wires[count++] = t->recipients[i].wire;
    }
    return count;
}

/* The RCPT command of an address: with its parameters when the client named it, without when it is
 * new. */
static struct slice recipient_wire(struct transaction *t, struct slice address)
{
    for (size_t i = 0; i < t->recipient_count; i++)
        if (t->recipients[i].state == RECIPIENT_ACCEPTED &&
            slice_equal(t->recipients[i].address, address))
            return t->recipients[i].wire;
    return path_wire(&t->arena, "RCPT TO", address, SLICE_NONE);
}

static int edit_envelope(struct transaction *t, const struct edit *edit, struct slice *addresses)
{
    struct delivery *d = &t->delivery;
    struct slice wire;
    switch (edit->kind) {
    case EDIT_SET_SENDER:
        wire = path_wire(&t->arena, "MAIL FROM", edit->value, t->body_params);
        d->mail_wire = slice_equal(edit->value, t->sender) ? t->mail_wire : wire;
        return d->mail_wire.ptr != NULL ? 0 : -1;
    case EDIT_ADD_RECIPIENT:
        if (has_recipient(addresses, d->rcpt_count, edit->value))
            return 0;
        wire = recipient_wire(t, edit->value);
        addresses[d->rcpt_count] = edit->value;
        d->rcpt_wires[d->rcpt_count++] = wire;
        return wire.ptr != NULL ? 0 : -1;
    case EDIT_REMOVE_RECIPIENT:
        remove_recipient(addresses, d->rcpt_wires, &d->rcpt_count, edit->value);
        return 0;
    case EDIT_ADD_HEADER:
    case EDIT_INSERT_HEADER:
    case EDIT_CHANGE_HEADER:
    case EDIT_DELETE_HEADER:
    case EDIT_REPLACE_BODY:
    case EDIT_QUARANTINE: return 0;
    }
    return 0;
}

/* Fills the delivery's envelope. Sets replay when it differs from what the upstream has accepted.
 */
static int plan_envelope(struct transaction *t, const struct edit_list *edits)
{
    struct delivery *d = &t->delivery;
    size_t room = t->accepted_count + edits->count + 1;
    struct slice *addresses = arena_alloc(&t->arena, room * sizeof *addresses);
    d->rcpt_addresses = addresses;
    d->rcpt_wires = arena_alloc(&t->arena, room * sizeof *d->rcpt_wires);
    d->replies = arena_alloc(&t->arena, room * sizeof *d->replies);
    if (addresses == NULL || d->rcpt_wires == NULL || d->replies == NULL)
        return -1;
    d->mail_wire = t->mail_wire;
    d->rcpt_count = accepted_recipients(t, addresses, d->rcpt_wires);
    size_t before = d->rcpt_count;
    struct slice *original = arena_alloc(&t->arena, room * sizeof *original);
    if (original == NULL)
        return -1;
    memcpy(original, d->rcpt_wires, before * sizeof *original);
    for (size_t i = 0; i < edits->count; i++)
        if (edit_envelope(t, &edits->items[i], addresses) != 0)
            return -1;
    bool same = slice_equal(d->mail_wire, t->mail_wire) && d->rcpt_count == before;
    for (size_t i = 0; same && i < before; i++)
        same = slice_equal(d->rcpt_wires[i], original[i]);
    d->replay = !same || !t->upstream_open;
    return 0;
}

/* --- the header as edited --- */

/* RFC 3848; RFC 6531, 4.3. */
static const char *received_protocol(const struct session *s)
{
    if (s->lmtp)
        return s->tx.utf8 ? "UTF8LMTP" : "LMTP";
    return s->tx.utf8 ? "UTF8SMTP" : s->esmtp ? "ESMTP" : "SMTP";
}

static struct slice received_value(struct session *s)
{
    char date[64];
    time_t now = time(NULL);
    struct tm utc;
    (void)gmtime_r(&now, &utc);
    size_t len = strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &utc);
    char address[ADDRESS_TEXT_MAX];
    struct slice client = address_text(&s->client, address);
    const char *v6 = s->client.family == ADDRESS_V6 ? "IPv6:" : "";
    const char *secure = s->esmtp && connection_secure(s->connection) ? "S" : ""; /* RFC 3848 */
    const char *login = s->authenticated && s->esmtp ? "A" : ""; /* RFC 3848; RFC 6531, 4.3 */
    struct slice helo = s->helo.len > 0 ? bytes_slice(&s->helo) : SLICE("unknown");
    return arena_format(&s->tx.arena,
                        " from %.*s ([%s%.*s])\r\n\tby %.*s with %s%s%s id %s.%u;\r\n\t%.*s",
                        SLICE_ARG(helo), v6, SLICE_ARG(client), SLICE_ARG(s->config->hostname),
                        received_protocol(s), secure, login, s->id, s->tx.number, (int)len, date);
}

static int add_received(struct session *s, struct header *header)
{
    struct edit edit = {.kind = EDIT_INSERT_HEADER, .name = SLICE("Received")};
    edit.value = received_value(s);
    return edit.value.ptr != NULL ? rewrite_apply(header, &edit, &s->tx.arena) : -1;
}

/* Writes the header as edited into delivery.header; leaves that empty when nothing touches it. */
static int plan_header(struct session *s, const struct edit_list *edits)
{
    struct transaction *t = &s->tx;
    struct header copy;
    bool touched = s->listener->add_received;
    for (size_t i = 0; i < edits->count; i++)
        touched = touched || edit_is_header(edits->items[i].kind);
    if (!touched)
        return 0;
    if (header_clone(&copy, &t->header, &t->arena) != 0)
        return -1;
    for (size_t i = 0; i < edits->count; i++)
        if (edit_is_header(edits->items[i].kind) &&
            rewrite_apply(&copy, &edits->items[i], &t->arena) != 0)
            return -1;
    if (s->listener->add_received && add_received(s, &copy) != 0)
        return -1;
    return rewrite_emit(&copy, &t->delivery.header);
}

/* --- the content --- */

static void send_slice(struct session *s, struct slice content)
{
    struct dot_slices wire;
    if (s->tx.delivery.chunking && content.len > 0 &&
        upstream_status(s->upstream) == UPSTREAM_CONTENT) {
        upstream_content(s->upstream, &content, 1);
        return;
    }
    while (content.len > 0 && upstream_status(s->upstream) == UPSTREAM_CONTENT) {
        content = slice_from(content, dot_write(&s->tx.writer, content, &wire));
        upstream_content(s->upstream, wire.items, wire.count);
    }
}

bool delivery_send(struct session *s)
{
    struct transaction *t = &s->tx;
    struct delivery *d = &t->delivery;
    struct slice view;
    if (upstream_status(s->upstream) == UPSTREAM_CONTENT && upstream_congested(s->upstream))
        return false;
    if (spool_view(&t->spool, &view) != 0) {
        content_spool_failed(s);
        return true;
    }
    if (!d->header_sent)
        send_slice(s, bytes_slice(&d->header));
    d->header_sent = true;
    struct slice chunk = slice_first(slice_from(view, d->sent), SEND_CHUNK_BYTES);
    send_slice(s, chunk);
    d->sent += chunk.len;
    /* Content handed over, or an upstream that broke: content.c goes on from here, or finds out. */
    if (d->sent >= view.len || upstream_status(s->upstream) != UPSTREAM_CONTENT) {
        t->mode = CONTENT_STREAM;
        s->phase = PHASE_CONTENT;
        spool_reset(&t->spool);
        if (d->chunking && upstream_status(s->upstream) == UPSTREAM_CONTENT)
            chunking_sent(s);
    }
    return true;
}

static void send_begin(struct session *s)
{
    s->tx.delivery.sent = transaction_content_start(&s->tx);
    s->phase = PHASE_SEND;
}

/* --- the dialogue --- */

static void data_answered(struct session *s)
{
    struct transaction *t = &s->tx;
    struct reply reply = *upstream_reply(s->upstream);
    switch (upstream_status(s->upstream)) {
    case UPSTREAM_CONTENT:
        if (!t->delivery.relay_354) {
            send_begin(s);
            return;
        }
        t->delivery.relay_354 = false;
        session_reply(s, &reply);
        content_begin(s, CONTENT_GATHER);
        return;
    case UPSTREAM_READY:
        account_party(s, reply.code >= 500 ? VERDICT_REJECT : VERDICT_TEMPFAIL, PARTY_UPSTREAM,
                      s->listener->upstream->name);
        if (t->delivery.relay_354) {
            content_data_refused(s, &reply);
            return;
        }
        content_fail(s, "the upstream refused DATA", PARTY_UPSTREAM, reply.wire);
        t->close_after = reply.code == 421;
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
    if (d->step == STEP_RCPT && ++d->index < d->rcpt_count) {
        delivery_next(s);
        return;
    }
    d->step++;
    delivery_next(s);
}

/* One reply cannot tell what became of several recipients (lmtp.c). */
static void crowded(struct session *s)
{
    fail(s, "several recipients towards an LMTP upstream", PARTY_GATEWAY,
         SLICE("451 4.3.0 More than one recipient at a time\r\n"));
}

static void reopened(struct session *s)
{
    struct delivery *d = &s->tx.delivery;
    if (upstream_status(s->upstream) != UPSTREAM_READY) {
        fail(s, upstream_failure(s->upstream), PARTY_UPSTREAM,
             upstream_insecure(s->upstream)
                 ? SLICE("451 4.7.5 The mail server cannot be reached securely\r\n")
                 : SLICE("451 4.4.1 The mail server is not available\r\n"));
        return;
    }
    struct capabilities now = session_offer(s);
    if ((s->offered.extensions & ~now.extensions) != 0) {
        fail(s, "the upstream offers less than before", PARTY_GATEWAY,
             SLICE("451 4.3.0 The mail server has changed\r\n"));
        return;
    }
    if (lmtp_crowded(s, d->rcpt_count)) { /* a reload has made it an LMTP server */
        crowded(s);
        return;
    }
    d->step = STEP_IDENTITY;
    delivery_next(s);
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
    if (s->authenticated) { /* nobody but the client can log in again */
        s->tx.close_after = true;
        fail(s, "the upstream that accepted the login went away", PARTY_UPSTREAM, SLICE(AUTH_LOST));
        return;
    }
    d->reopened = true;
    d->index = 0;
    s->tx.upstream_open = false;
    session_open(s, reopened);
}

static void delivery_next(struct session *s)
{
    struct delivery *d = &s->tx.delivery;
    if (!session_upstream_usable(s)) {
        reopen(s);
        return;
    }
    switch ((enum step)d->step) {
    case STEP_RSET: session_ask(s, SLICE("RSET\r\n"), envelope_answered); return;
    case STEP_IDENTITY:
        if (session_ask_xforward(s, envelope_answered))
            return;
        d->step = STEP_MAIL;
        delivery_next(s);
        return;
    case STEP_MAIL: session_ask(s, d->mail_wire, envelope_answered); return;
    case STEP_RCPT: session_ask(s, d->rcpt_wires[d->index], envelope_answered); return;
    case STEP_DATA:
        if (chunking_wanted(s)) {
            chunking_send(s);
            return;
        }
        upstream_data(s->upstream);
        session_await(s, data_answered);
        return;
    }
}

void delivery_begin(struct session *s)
{
    struct transaction *t = &s->tx;
    struct delivery *d = &t->delivery;
    const struct edit_list *edits = inspect_edits(s->inspect);
    bool in_data = s->upstream != NULL && upstream_status(s->upstream) == UPSTREAM_CONTENT;
    int planned = in_data ? 0 : plan_envelope(t, edits);
    if (planned == 0 && t->header_known)
        planned = plan_header(s, edits);
    if (planned != 0) {
        fail(s, "an edit could not be applied", PARTY_GATEWAY,
             SLICE("451 4.3.0 The message could not be rewritten\r\n"));
    } else if (in_data) {
        send_begin(s);
    } else if (d->rcpt_count == 0) {
        fail(s, "edits left no recipient", PARTY_GATEWAY,
             SLICE("451 4.3.0 No recipient is left\r\n"));
    } else if (lmtp_crowded(s, d->rcpt_count)) {
        crowded(s);
    } else {
        d->step = d->replay ? STEP_RSET : STEP_DATA;
        session_await(s, delivery_next);
    }
}

/* --- the end --- */

/* The upstream went away after the dot. It may have the message or not: the client must try again
 * (PROTOCOL U05, U06). */
static void lost_after_dot(struct session *s)
{
    s->tx.outcome_unknown = true;
    content_fail(s, upstream_failure(s->upstream), PARTY_UPSTREAM,
                 SLICE("451 4.4.2 The mail server went away\r\n"));
}

static void delivered(struct session *s)
{
    struct transaction *t = &s->tx;
    if (lmtp_take(s)) {
        session_await(s, delivered);
        return;
    }
    struct reply reply = lmtp_told(s);
    t->dot_sent = false;
    t->upstream_open = false;
    t->settled = true;
    if (upstream_status(s->upstream) != UPSTREAM_READY) {
        lost_after_dot(s);
        if (reply.code == 0)
            return;
    }
    t->upstream_reply = transaction_first_line(reply.wire);
    if (reply.code / 100 != 2)
        account_party(s, reply.code >= 500 ? VERDICT_REJECT : VERDICT_TEMPFAIL, PARTY_UPSTREAM,
                      s->listener->upstream->name);
    else
        account_accepted(s);
    account_reply(s, reply.code, reply.wire);
    t->close_after = upstream_reply(s->upstream)->code == 421;
    content_finish(s);
}

bool delivery_client_left(struct session *s)
{
    bool left = connection_state(s->connection) != CONNECTION_OPEN &&
                connection_input(s->connection).len == 0;
    if (left) /* the cheapest moment to avoid a duplicate (PROTOCOL 1.13) */
        session_drop(s, "the client left before its message was handed over");
    return left;
}

void delivery_last(struct session *s, struct slice dot)
{
    struct transaction *t = &s->tx;
    uint64_t judged_ms = loop_now_ms(s->worker->loop) - t->dot_ms;
    uint64_t patience_ms = s->config->timeouts.end_of_data_ms;
    t->dot_sent = true;
    upstream_end(s->upstream, dot, judged_ms < patience_ms ? patience_ms - judged_ms : 1);
    session_await(s, delivered);
}

void delivery_end(struct session *s)
{
    if (s->tx.delivery.chunking)
        chunking_send(s);
    else if (!delivery_client_left(s))
        delivery_last(s, dot_write_end(&s->tx.writer));
}
