#include "proxy/session/ending.h"

#include "conf/config.h"
#include "proxy/session/awake.h"
#include "proxy/session/client.h"
#include "proxy/session/origin.h"
#include "proxy/session/outcome.h"
#include "proxy/session/parting.h"
#include "proxy/session/record.h"
#include "proxy/session/state.h"

void ending_reset(struct session *s)
{
    record_transaction(s);
    keeper_part(s->tx.keeping.quarantine.job, outcome_quarantined(s));
    keeper_part(s->tx.keeping.archive.job, outcome_archived(s));
    if (s->tx.envelope.begun)
        inspect_reset(s->under.inspect);
    parting_reset(s);
    awake_end(s);
    transaction_reset(&s->tx, &s->under.config->limits);
    origin_forget(s);
}

static void part(struct session *s)
{
    client_part(s);
    state_wait(s, PHASE_END);
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
    if (s->tx.envelope.begun && s->tx.outcome.decider.len == 0)
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
