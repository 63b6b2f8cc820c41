/* TLS between the client and the upstream, past us: STARTTLS goes upstream, its 220 comes back, and
 * from there on both connections are one pipe. What can be told of it without reading is told: that
 * nothing slips from plain text into TLS (PROTOCOL D7, T01, T02), how many bytes passed, when none
 * did for too long. */
#include <stdlib.h>

#include "proxy/session/session_private.h"

#define TLS_HANDSHAKE_RECORD 0x16 /* how TLS begins, and no SMTP does (RFC 8446, 5.1) */

/* What has passed in one direction. */
struct flow {
    uint64_t bytes;
    bool paused; /* the other side takes no more for now */
    bool ended;  /* it was told that there is no more */
};

struct passage {
    struct connection *upstream;
    struct flow from_client, from_upstream;
};

/* --- the pipe --- */

static void pause_flow(struct flow *flow, struct connection *from, bool paused)
{
    if (flow->paused == paused)
        return;
    flow->paused = paused;
    connection_pause(from, paused);
}

/* Passes on what has come. Returns whether anything has moved. */
static bool move(struct flow *flow, struct connection *from, struct connection *to)
{
    if (flow->ended || connection_congested(to))
        return false;
    bool resumed = flow->paused;
    struct slice input = connection_input(from);
    bool sent = input.len > 0 && connection_send(to, &input, 1) == 0;
    if (sent) {
        flow->bytes += input.len;
        connection_consume(from, input.len);
    }
    pause_flow(flow, from, connection_congested(to));
    if (connection_state(from) == CONNECTION_EOF && connection_input(from).len == 0) {
        connection_half_close(to);
        flow->ended = true;
    }
    return sent || resumed;
}

/* In TLS the client speaks first, and not in words. Whatever else comes was said in plain text. */
static const char *false_start(const struct session *s)
{
    const struct passage *p = s->passage;
    struct slice client = connection_input(s->connection);
    if (p->from_client.bytes > 0)
        return NULL;
    if (connection_input(p->upstream).len > 0)
        return "the upstream sent more in plain text behind its reply to STARTTLS";
    if (client.len > 0 && client.ptr[0] != TLS_HANDSHAKE_RECORD)
        return "the client sent no TLS behind STARTTLS";
    return NULL;
}

static void drop_with_warning(struct session *s, const char *reason)
{
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s", s->id, reason);
    session_drop(s, reason);
}

bool passthrough_step(struct session *s)
{
    struct passage *p = s->passage;
    const char *wrong = false_start(s);
    if (wrong != NULL) {
        drop_with_warning(s, wrong);
        return true;
    }
    bool up = move(&p->from_client, s->connection, p->upstream);
    bool down = move(&p->from_upstream, p->upstream, s->connection);
    if (up || down)
        connection_deadline(s->connection, s->config->timeouts.command_ms);
    if (connection_state(p->upstream) == CONNECTION_FAILED)
        session_drop(s, "the connection to the upstream broke");
    else if (p->from_upstream.ended) /* nobody is left who could answer the client */
        session_finish(s);
    else if (connection_expired(s->connection))
        session_drop(s, "no bytes passed for too long");
    return s->phase == PHASE_END;
}

void passthrough_end(struct session *s)
{
    if (s->passage == NULL)
        return;
    connection_finish(s->passage->upstream);
    free(s->passage);
    s->passage = NULL;
}

/* --- the switch --- */

static void open_passage(struct session *s)
{
    s->passage = calloc(1, sizeof *s->passage);
    if (s->passage == NULL) {
        upstream_abort(s->upstream);
        session_say_close(s, OUT_OF_MEMORY);
        return;
    }
    session_reply(s, upstream_reply(s->upstream));
    s->passage->upstream = upstream_take(s->upstream);
    connection_adopt(s->passage->upstream, session_wake, s);
    connection_deadline(s->passage->upstream, 0);
    connection_secret(s->connection, false);
    connection_deadline(s->connection, s->config->timeouts.command_ms);
    s->phase = PHASE_PASSTHROUGH;
}

/* Ends the session with its upstream, whose reply to STARTTLS cannot be gone on from. */
static void refuse_upstream(struct session *s, const char *reason)
{
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s", s->id, reason);
    account_upstream_failed(s, reason);
    upstream_abort(s->upstream);
    session_say_close(s, "421 4.7.5 The mail server does not make sense\r\n");
}

/* It is ready, and so are we, if nobody has said more than he should. */
static void ready_answered(struct session *s)
{
    if (connection_input(s->connection).len > 0) {
        upstream_abort(s->upstream);
        (void)starttls_pipelined(s);
        return;
    }
    upstream_check(s->upstream);
    if (upstream_status(s->upstream) == UPSTREAM_READY)
        open_passage(s);
    else
        refuse_upstream(s, "the upstream sent more in plain text behind its reply to STARTTLS");
}

static void answered(struct session *s)
{
    if (!verbs_upstream_opened(s))
        return;
    int code = upstream_reply(s->upstream)->code;
    if (code >= 400)
        verbs_relay(s);
    else if (code != 220)
        refuse_upstream(s, "the upstream's reply to STARTTLS makes no sense");
    else
        ready_answered(s);
}

static void opened(struct session *s)
{
    if (verbs_upstream_opened(s) && session_offer_holds(s))
        session_ask(s, SLICE("STARTTLS\r\n"), answered);
}

static void reach_upstream(struct session *s)
{
    if (session_upstream_usable(s))
        opened(s);
    else
        session_open(s, opened);
}

/* --- the command --- */

static void decided(struct session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind)) {
        account_verdict(s, verdict);
        account_reply(s, verdict->reply.code, verdict->reply.wire);
        verbs_answer_verdict(s, verdict);
    } else {
        session_await(s, reach_upstream);
    }
}

/* Nothing said inside can be refused, so a refusal that was held back for RCPT is spoken now. */
void passthrough_run(struct session *s)
{
    if (s->listener->refuse_at == REFUSE_EARLY) {
        session_await(s, reach_upstream);
        return;
    }
    struct event event = {.kind = EVENT_HELO};
    event.u.helo.name = bytes_slice(&s->helo);
    session_judge(s, &event, decided);
}

/* --- the record --- */

void passthrough_describe(const struct session *s, struct audit_record *record)
{
    const struct passage *p = s->passage;
    if (p == NULL)
        return;
    record->passthrough = true;
    record->client_bytes = p->from_client.bytes;
    record->upstream_bytes = p->from_upstream.bytes;
    record->verdict = SLICE("passthrough");
    record->stage = stage_name(STAGE_HELO);
    record->decided_by = PARTY_NONE;
    record->reply = reply_first_line(upstream_reply(s->upstream)->wire);
    record->upstream_address = upstream_address(s->upstream);
    record->upstream_reply = record->reply;
}
