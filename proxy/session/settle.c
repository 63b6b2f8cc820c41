#include "proxy/session/settle.h"

#include "proxy/quarantine/keeper.h"
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
    spool_reset(&s->tx.spool);
    s->tx.mode = CONTENT_DRAIN;
    s->phase = PHASE_CONTENT;
    connection_pause(s->connection, false); /* it may have waited for a congested upstream */
}

void settle_refuse(struct session *s, const struct verdict *verdict)
{
    outcome_verdict(s, verdict);
    s->tx.settled = true;
    if (!verdict_refuses(verdict->kind))
        outcome_reply(s, 250, SLICE("250 2.0.0 Ok\r\n"));
    else
        outcome_reply(s, verdict->reply.code, verdict->reply.wire);
    s->tx.close_after = verdict->kind == VERDICT_DISCONNECT;
    drain(s);
}

void settle_fail_because(struct session *s, const char *failure, struct slice why, enum party party,
                         struct slice wire)
{
    outcome_failure(s, failure, why, party, wire);
    s->tx.settled = true;
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

/* What an upstream that spoke or left in the middle of content has decided (PROTOCOL U02 to U04).
 */
void settle_upstream_gone(struct session *s)
{
    const char *failure = upstream_failure(s->upstream);
    if (upstream_status(s->upstream) == UPSTREAM_REFUSED) {
        struct reply reply = *upstream_reply(s->upstream);
        settle_fail(s, failure, PARTY_UPSTREAM, reply.wire);
        s->tx.close_after = reply.code == 421;
    } else {
        settle_fail(s, failure, PARTY_UPSTREAM, SLICE("451 4.4.2 The mail server went away\r\n"));
    }
}

/* --- saying it --- */

/* Whether what was decided waits until the copy in the quarantine is confirmed or removed. */
static bool settle_copy(struct session *s)
{
    struct keeping *k = &s->tx.keeping;
    if (!k->stored || k->settled || transaction_kept_whole(&s->tx))
        return false;
    keeper_settle(k->job, outcome_kept(s));
    k->settling = true;
    s->phase = PHASE_SETTLE;
    s->timer_fired = false;
    loop_timer_set(s->timer, SETTLE_MS);
    return true;
}

void settle_finish(struct session *s)
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
        ending_drop(s, "the client left before it heard the reply");
        return;
    }
    if (!each)
        client_reply(s, &reply);
    if (reply.code / 100 == 2)
        s->errors = s->junk = s->put_off = 0;
    if (close_after) {
        ending_finish(s);
        return;
    }
    ending_reset(s);
    line_next(s);
}

void settle_hurry(struct session *s)
{
    s->tx.keeping.settling = false;
    s->tx.keeping.settled = true;
    s->phase = PHASE_CONTENT;
    settle_finish(s);
}

bool settle_step(struct session *s)
{
    if (!keeper_done(s->tx.keeping.job) && !s->timer_fired)
        return false;
    settle_hurry(s);
    return true;
}
