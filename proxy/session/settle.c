#include "proxy/session/settle.h"

#include "proxy/session/client.h"
#include "proxy/session/ending.h"
#include "proxy/session/line.h"
#include "proxy/session/lmtp.h"
#include "proxy/session/outcome.h"
#include "proxy/session/state.h"

/* A reply that is decided waits no longer than this for a disk: the longer it is on its way, the
 * more clients send again what has arrived (RFC 1047). */
#define SETTLE_MS 1000

/* --- what is decided --- */

static void drain(struct session *s)
{
    if (s->upstream != NULL && upstream_status(s->upstream) == UPSTREAM_CONTENT)
        upstream_abort(s->upstream);
    transaction_drain(&s->tx);
    state_wait(s, PHASE_CONTENT);
    connection_pause(s->connection, false); /* it may have waited for a congested upstream */
}

void settle_refuse(struct session *s, const struct verdict *verdict)
{
    outcome_verdict(s, verdict);
    outcome_settled(s);
    if (!verdict_refuses(verdict->kind))
        outcome_reply(s, 250, SLICE("250 2.0.0 Ok\r\n"));
    else
        outcome_reply(s, verdict->reply.code, verdict->reply.wire);
    outcome_close_after(s, verdict->kind == VERDICT_DISCONNECT);
    drain(s);
}

void settle_fail_because(struct session *s, const char *failure, struct slice why, enum party party,
                         struct slice wire)
{
    outcome_failure(s, failure, why, party, wire);
    outcome_settled(s);
    drain(s);
}

void settle_fail(struct session *s, const char *failure, enum party party, struct slice wire)
{
    settle_fail_because(s, failure, SLICE_NONE, party, wire);
}

void settle_spool_failed(struct session *s)
{
    settle_fail_because(s, "spool failed", spool_reason(&s->tx.spool, &s->tx.arena), PARTY_GATEWAY,
                        SLICE("452 4.3.1 Insufficient system storage\r\n"));
}

void settle_upstream_gone(struct session *s)
{
    const char *failure = upstream_failure(s->upstream);
    if (upstream_status(s->upstream) == UPSTREAM_REFUSED) {
        struct reply reply = *upstream_reply(s->upstream);
        settle_fail(s, failure, PARTY_UPSTREAM, reply.wire);
        outcome_close_after(s, reply.code == 421);
    } else {
        settle_fail(s, failure, PARTY_UPSTREAM, SLICE("451 4.4.2 The mail server went away\r\n"));
    }
}

/* --- saying it --- */

int settle_prepare(struct session *s)
{
    return patience_init(&s->settling, s->host->loop, s->wake, s);
}

static void settle_copy(const struct kept *copy, enum keeper_fate fate)
{
    if (copy->stored)
        keeper_settle(copy->job, fate);
}

/* Whether what was decided waits until the copies of the message are confirmed or removed. */
static bool settle_copies(struct session *s)
{
    const struct keeping *k = &s->tx.keeping;
    bool any = k->quarantine.stored || k->archive.stored;
    if (!any || s->tx.settling.done || transaction_kept_whole(&s->tx))
        return false;
    settle_copy(&k->quarantine, outcome_quarantined(s));
    settle_copy(&k->archive, outcome_archived(s));
    s->tx.settling.waits = true;
    state_wait(s, PHASE_SETTLE);
    patience_begin(&s->settling, SETTLE_MS);
    return true;
}

void settle_finish(struct session *s)
{
    struct transaction *t = &s->tx;
    struct reply reply = {t->outcome.reply_code, t->outcome.reply};
    bool close_after = t->outcome.close_after || connection_deaf(s->connection);
    bool each = lmtp_decide(s);
    if (settle_copies(s))
        return;
    if (each)
        lmtp_say(s);
    if (t->client_gone) {
        ending_drop(s, "the client left before it heard the reply");
        return;
    }
    if (!each)
        client_reply(s, &reply);
    if (reply.code / 100 == 2)
        client_forgive(s);
    if (close_after) {
        ending_finish(s);
        return;
    }
    ending_reset(s);
    line_next(s);
}

void settle_hurry(struct session *s)
{
    s->tx.settling.waits = false;
    s->tx.settling.done = true;
    state_wait(s, PHASE_CONTENT);
    settle_finish(s);
}

static bool is_open(const struct kept *copy)
{
    return copy->stored && !keeper_done(copy->job);
}

bool settle_step(struct session *s)
{
    bool open = is_open(&s->tx.keeping.quarantine) || is_open(&s->tx.keeping.archive);
    if (open && !s->settling.over)
        return false;
    settle_hurry(s);
    return true;
}

void settle_at_once(struct session *s)
{
    s->tx.settling.done = true;
    settle_finish(s);
}

void settle_destroy(struct session *s)
{
    patience_fini(&s->settling);
}
