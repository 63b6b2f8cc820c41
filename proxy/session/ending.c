#include "proxy/session/ending.h"

#include "proxy/quarantine/keeper.h"
#include "proxy/session/awake.h"
#include "proxy/session/client.h"
#include "proxy/session/origin.h"
#include "proxy/session/outcome.h"
#include "proxy/session/parting.h"
#include "proxy/session/record.h"
#include "proxy/session/state.h"

static void reset_keeping(struct session *s)
{
    struct keeping *k = &s->tx.keeping;
    keeper_part(k->job, outcome_kept(s));
    *k = (struct keeping){0};
}

void ending_reset(struct session *s)
{
    record_transaction(s);
    reset_keeping(s);
    if (s->tx.begun)
        inspect_reset(s->inspect);
    parting_reset(s);
    awake_end(s);
    transaction_reset(&s->tx, &s->config->limits);
    origin_forget(s);
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

void ending_finish(struct session *s)
{
    record_transaction(s);
    record_session(s, NULL);
    if (s->upstream != NULL && !parting_keeps(s))
        upstream_quit(s->upstream);
    ending_reset(s);
    part(s);
}

void ending_say(struct session *s, const char *wire)
{
    client_say(s, wire);
    outcome_reply(s, reply_static(slice_str(wire)).code, slice_str(wire));
    ending_finish(s);
}

void ending_drop(struct session *s, const char *reason)
{
    if (s->phase == PHASE_END)
        return;
    log_write(s->host->log, LOG_LEVEL_DEBUG, "session %s: %s", s->id, reason);
    if (s->tx.begun && s->tx.decider.len == 0)
        outcome_party(s, VERDICT_CONTINUE, PARTY_GATEWAY, slice_str(reason));
    if (s->upstream != NULL && !parting_keeps(s) &&
        (s->tx.upstream_open || upstream_status(s->upstream) == UPSTREAM_CONTENT))
        upstream_abort(s->upstream);
    record_transaction(s);
    record_session(s, reason);
    ending_reset(s);
    /* A client that has only closed its own direction still hears what was said to it. */
    part(s);
}
