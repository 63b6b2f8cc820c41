#include "proxy/session/outcome.h"
#include "proxy/session/route.h"

#include "proxy/session/state.h"

enum stage outcome_stage(const struct transaction *t)
{
    if (t->content.dot_ms > 0)
        return STAGE_MESSAGE;
    if (t->content.header_known)
        return STAGE_HEADER;
    if (t->envelope.recipient_count > 0)
        return STAGE_RCPT;
    return STAGE_MAIL;
}

void outcome_verdict(struct session *s, const struct verdict *verdict)
{
    s->tx.outcome.verdict = *verdict;
    s->tx.outcome.decider = verdict->by;
    s->last.kind = verdict->kind;
    s->last.decider = verdict->by;
    s->last.stage = verdict->stage;
    s->last.party = verdict->party;
}

void outcome_party(struct session *s, enum verdict_kind kind, enum party party,
                   struct slice decider)
{
    struct verdict verdict = {
        .kind = kind, .party = party, .by = decider, .stage = outcome_stage(&s->tx)};
    if (!s->tx.envelope.begun)
        verdict.stage = s->hello.name.len > 0 ? STAGE_HELO : STAGE_CONNECT;
    outcome_verdict(s, &verdict);
}

void outcome_upstream(struct session *s, enum verdict_kind kind)
{
    outcome_party(s, kind, PARTY_UPSTREAM, route_now(s)->name);
}

/* Keeps what failed, and ${why} if there is more to say, until the transaction ends: an upstream
 * speaks of the next thing by then. */
static void keep_failure(struct session *s, const char *failure, struct slice why)
{
    struct slice told =
        arena_format(&s->tx.arena, "%s%s%.*s", failure, why.len > 0 ? ": " : "", SLICE_ARG(why));
    s->tx.outcome.failure = told.ptr != NULL ? told : SLICE("out of memory");
}

void outcome_upstream_failed(struct session *s, const char *failure)
{
    outcome_upstream(s, VERDICT_TEMPFAIL);
    keep_failure(s, failure, SLICE_NONE);
}

void outcome_upstream_refused(struct session *s)
{
    const struct reply *reply = upstream_reply(s->upstream);
    outcome_upstream(s, reply->code >= 500 ? VERDICT_REJECT : VERDICT_TEMPFAIL);
    outcome_reply(s, reply->code, reply->wire);
}

void outcome_failure(struct session *s, const char *failure, struct slice why, enum party party,
                     struct slice wire)
{
    int code = reply_static(wire).code;
    enum verdict_kind kind = code >= 500 ? VERDICT_REJECT : VERDICT_TEMPFAIL;
    keep_failure(s, failure, why);
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %.*s", s->id,
              SLICE_ARG(s->tx.outcome.failure));
    if (party == PARTY_UPSTREAM)
        outcome_upstream(s, kind);
    else
        outcome_party(s, kind, party, slice_str(failure));
    outcome_reply(s, code, wire);
}

void outcome_accepted(struct session *s)
{
    if (s->tx.outcome.verdict.kind == VERDICT_ACCEPT && s->tx.outcome.verdict.party == PARTY_RULE)
        return;
    outcome_upstream(s, VERDICT_ACCEPT);
}

void outcome_reply(struct session *s, int code, struct slice wire)
{
    struct slice copy = arena_copy(&s->tx.arena, wire);
    struct reply reply = copy.ptr != NULL ? (struct reply){code, copy} : reply_in_short(code);
    s->tx.outcome.reply = reply.wire;
    s->tx.outcome.reply_code = reply.code;
}

void outcome_settled(struct session *s)
{
    s->tx.outcome.settled = true;
}

void outcome_close_after(struct session *s, bool close)
{
    s->tx.outcome.close_after = close;
}

void outcome_unknown(struct session *s, bool unknown)
{
    s->tx.outcome.unknown = unknown;
}

void outcome_at(struct session *s, enum stage stage)
{
    s->tx.outcome.verdict.stage = s->last.stage = stage;
}

void outcome_answered(struct session *s, struct slice wire)
{
    s->tx.outcome.upstream_reply = reply_first_line(wire);
}

void outcome_recipient_failed(struct session *s, const char *failure)
{
    s->tx.outcome.failure = slice_str(failure);
}

enum keeper_fate outcome_quarantined(const struct session *s)
{
    const struct transaction *t = &s->tx;
    bool stays = t->keeping.quarantine.stored && t->outcome.settled &&
                 (t->outcome.reply_code / 100 == 2 || t->answers.told);
    return stays ? KEEPER_KEEP : KEEPER_REMOVE;
}

/* What the client has heard is another matter: it may have been told 451 of what has arrived. */
enum keeper_fate outcome_archived(const struct session *s)
{
    const struct transaction *t = &s->tx;
    if (!t->keeping.archive.stored)
        return KEEPER_REMOVE;
    for (size_t i = 0; i < t->answers.count; i++)
        if (t->answers.replies[i].code / 100 == 2)
            return KEEPER_KEEP;
    return t->outcome.unknown ? KEEPER_LEAVE : KEEPER_REMOVE;
}
