#include "proxy/session/passthrough.h"

#include <stdlib.h>

#include "conf/config.h"
#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/judging.h"
#include "proxy/session/line.h"
#include "proxy/session/origin.h"
#include "proxy/session/outcome.h"
#include "proxy/session/relay.h"
#include "proxy/session/state.h"

#define TLS_HANDSHAKE_RECORD 0x16 /* how TLS begins, and no SMTP does (RFC 8446, 5.1) */

/* --- the pipe --- */

static void pause_flow(struct flow *flow, struct connection *from, bool paused)
{
    if (flow->paused == paused)
        return;
    flow->paused = paused;
    connection_pause(from, paused);
}

/* Passes on what has come. Returns whether anything has moved. */
static bool pass_on(struct flow *flow, struct connection *from, struct connection *to)
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
    ending_drop(s, reason);
}

bool passthrough_step(struct session *s)
{
    struct passage *p = s->passage;
    const char *wrong = false_start(s);
    if (wrong != NULL) {
        drop_with_warning(s, wrong);
        return true;
    }
    bool up = pass_on(&p->from_client, s->connection, p->upstream);
    bool down = pass_on(&p->from_upstream, p->upstream, s->connection);
    if (up || down)
        connection_deadline(s->connection, s->under.config->timeouts.command_ms);
    if (connection_state(p->upstream) == CONNECTION_FAILED)
        ending_drop(s, "the connection to the upstream broke");
    else if (p->from_upstream.ended) /* nobody is left who could answer the client */
        ending_finish(s);
    else if (connection_expired(s->connection))
        ending_drop(s, "no bytes passed for too long");
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
        ending_say(s, CLIENT_OUT_OF_MEMORY);
        return;
    }
    client_reply(s, upstream_reply(s->upstream));
    s->passage->upstream = upstream_take(s->upstream);
    connection_adopt(s->passage->upstream, s->wake, s);
    connection_deadline(s->passage->upstream, 0);
    connection_secret(s->connection, false);
    connection_deadline(s->connection, s->under.config->timeouts.command_ms);
    state_wait(s, PHASE_PASSTHROUGH);
}

/* Ends the session with its upstream, whose reply to STARTTLS cannot be gone on from. */
static void refuse_upstream(struct session *s, const char *reason)
{
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s", s->id, reason);
    outcome_upstream_failed(s, reason);
    upstream_abort(s->upstream);
    ending_say(s, "421 4.7.5 The mail server does not make sense\r\n");
}

/* It is ready, and so are we, if nobody has said more than he should. */
static void starttls_accepted(struct session *s)
{
    if (connection_input(s->connection).len > 0) {
        upstream_abort(s->upstream);
        (void)line_pipelined(s);
        return;
    }
    upstream_check(s->upstream);
    if (upstream_status(s->upstream) == UPSTREAM_READY)
        open_passage(s);
    else
        refuse_upstream(s, "the upstream sent more in plain text behind its reply to STARTTLS");
}

static void starttls_answered(struct session *s)
{
    if (!relay_opened(s))
        return;
    int code = upstream_reply(s->upstream)->code;
    if (code >= 400)
        relay_say_on(s);
    else if (code != 220)
        refuse_upstream(s, "the upstream's reply to STARTTLS makes no sense");
    else
        starttls_accepted(s);
}

static void starttls_upstream_opened(struct session *s)
{
    if (relay_opened(s) && relay_offer_holds(s))
        relay_ask(s, SLICE("STARTTLS\r\n"), starttls_answered);
}

/* --- the command --- */

static void starttls_judged(struct session *s, const struct verdict *verdict)
{
    if (verdict_refuses(verdict->kind)) {
        outcome_verdict(s, verdict);
        outcome_reply(s, verdict->reply.code, verdict->reply.wire);
        line_answer_verdict(s, verdict);
    } else {
        relay_reach(s, starttls_upstream_opened);
    }
}

/* Nothing said inside can be refused, so a refusal that was held back for RCPT is spoken now. */
void passthrough_run(struct session *s)
{
    if (s->under.listener->refuse_at == REFUSE_EARLY) {
        relay_reach(s, starttls_upstream_opened);
        return;
    }
    struct event event = {.kind = EVENT_HELO};
    event.u.helo.name = origin_helo(s);
    judging_begin(s, &event, starttls_judged);
}
