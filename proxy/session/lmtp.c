#include "proxy/session/lmtp.h"

#include "filters/base/mailbox.h"
#include "proxy/session/client.h"
#include "proxy/session/outcome.h"
#include "proxy/session/state.h"

#define REPLY_KEPT_MAX 4096 /* octets of a reply said to many; of a longer one its last line */

static const struct reply TAKEN_OFF = {250, SLICE_INIT("250 2.0.0 Ok\r\n")};
static const struct reply UNKNOWN = {451, SLICE_INIT("451 4.4.2 The mail server went away\r\n")};

/* --- one recipient a message --- */

bool lmtp_greeting(const struct session *s, enum verb verb)
{
    return s->lmtp == (verb == VERB_LHLO);
}

bool lmtp_crowded(const struct session *s, size_t count)
{
    return !s->lmtp && s->upstream != NULL && upstream_lmtp(s->upstream) && count > 1;
}

/* --- the upstream's replies --- */

static struct slice last_line(struct slice wire)
{
    size_t end =
        wire.len >= 2 ? slice_find_last(slice_first(wire, wire.len - 2), '\n') : SLICE_NOT_FOUND;
    return end == SLICE_NOT_FOUND ? wire : slice_from(wire, end + 1);
}

static struct reply keep(struct arena *arena, const struct reply *said, size_t limit)
{
    struct slice wire = said->wire.len <= limit ? said->wire : last_line(said->wire);
    struct slice copy = arena_copy(arena, wire);
    return copy.ptr != NULL ? (struct reply){said->code, copy} : reply_in_short(said->code);
}

struct reply lmtp_told(const struct session *s)
{
    for (size_t i = 0; i < s->tx.answers.count; i++)
        if (s->tx.answers.replies[i].code / 100 == 2)
            return s->tx.answers.replies[i];
    return s->tx.answers.count > 0 ? s->tx.answers.replies[0] : (struct reply){.code = 0};
}

/* --- whose they are --- */

/* What the upstream said for the recipient at that place of the envelope. */
static struct reply reply_at(const struct session *s, size_t place)
{
    size_t index = upstream_lmtp(s->upstream) ? place : 0;
    return index < s->tx.answers.count ? s->tx.answers.replies[index] : UNKNOWN;
}

/* The client's next recipient of that address from ${from} on, around the end; NULL: a rule has
 * added it. The upstream's order is the client's, but for what edits have put at its end. */
static struct recipient *find_heir(struct transaction *t, size_t from, struct slice address)
{
    for (size_t i = 0; i < t->envelope.recipient_count; i++) {
        struct recipient *r = &t->envelope.recipients[(from + i) % t->envelope.recipient_count];
        if (r->state == RECIPIENT_ACCEPTED && slice_equal(r->told, address))
            return r;
    }
    return NULL;
}

static size_t find_place(const struct plan *plan, struct slice address)
{
    for (size_t i = 0; i < plan->rcpt_count; i++)
        if (mailbox_same(plan->rcpt_addresses[i], address))
            return i;
    return SLICE_NOT_FOUND;
}

/* The place of the one that redirects have put in the place of ${recipient}, or its own. */
static size_t find_successor(const struct plan *plan, const struct recipient *recipient,
                             const struct edit_list *edits)
{
    struct slice address = recipient->told;
    for (size_t i = 0; i < edits->count; i++) {
        const struct edit *edit = &edits->items[i];
        if (edit->kind == EDIT_REMOVE_RECIPIENT && edit->instead.len > 0 &&
            mailbox_same(edit->value, address))
            address = edit->instead;
    }
    return find_place(plan, address);
}

/* Whether redirects have put ${address} in the place of somebody, who hears its reply. */
static bool is_successor(const struct edit_list *edits, struct slice address)
{
    for (size_t i = 0; i < edits->count; i++)
        if (edits->items[i].kind == EDIT_REMOVE_RECIPIENT && edits->items[i].instead.len > 0 &&
            mailbox_same(edits->items[i].instead, address))
            return true;
    return false;
}

/* The reply of one that was added to the envelope, and is in nobody's place: only those hear it who
 * were taken out, so that a refusal is for the log and the record. */
static void added_answered(struct session *s, const struct reply *reply)
{
    if (reply->code / 100 == 2 || !upstream_lmtp(s->upstream)) /* in SMTP all hear the same */
        return;
    static const char failure[] = "a recipient added by a rule was refused";
    log_write(s->host->log, LOG_LEVEL_WARNING, "session %s: %s: %d", s->id, failure, reply->code);
    outcome_recipient_failed(s, failure);
}

static void settle(struct session *s)
{
    struct transaction *t = &s->tx;
    const struct edit_list *edits = inspect_edits(s->under.inspect);
    struct reply added = TAKEN_OFF;
    size_t next = 0;
    for (size_t i = 0; i < t->plan.rcpt_count; i++) {
        struct reply reply = reply_at(s, i);
        struct recipient *heir = find_heir(t, next, t->plan.rcpt_addresses[i]);
        if (heir != NULL) {
            heir->final = reply;
            next = (size_t)(heir - t->envelope.recipients) + 1;
        } else {
            if (!is_successor(edits, t->plan.rcpt_addresses[i]))
                added_answered(s, &reply);
            added = added.code / 100 == 2 ? reply : added;
        }
    }
    for (size_t i = 0; i < t->envelope.recipient_count; i++) {
        struct recipient *left = &t->envelope.recipients[i];
        if (left->state != RECIPIENT_ACCEPTED || left->final.code != 0)
            continue;
        size_t place = find_successor(&t->plan, left, edits);
        left->final = place != SLICE_NOT_FOUND ? reply_at(s, place) : added;
    }
}

int lmtp_expect(struct session *s, size_t count)
{
    struct answers *answers = &s->tx.answers;
    answers->replies = arena_alloc(&s->tx.arena, count * sizeof *answers->replies);
    return answers->replies != NULL ? 0 : -1;
}

bool lmtp_take(struct session *s)
{
    size_t owed = upstream_lmtp(s->upstream) ? s->tx.plan.rcpt_count : 1;
    bool answered = upstream_status(s->upstream) == UPSTREAM_READY;
    size_t limit = s->lmtp ? REPLY_KEPT_MAX : SIZE_MAX;
    if (answered)
        s->tx.answers.replies[s->tx.answers.count++] =
            keep(&s->tx.arena, upstream_reply(s->upstream), limit);
    if (answered && s->tx.answers.count < owed) {
        upstream_end_more(s->upstream);
        return true;
    }
    if (s->lmtp)
        settle(s);
    return false;
}

/* --- to the client --- */

/* A chunk that is not the last has one reply, and so has what comes out of order. */
static bool for_each(const struct session *s)
{
    const struct transaction *t = &s->tx;
    bool last = !t->content.chunking || t->content.chunk.last;
    return s->lmtp && t->outcome.settled && last &&
           t->envelope.accepted_count + t->envelope.discarded_count > 0;
}

/* In the middle of the replies a 421 would be taken for the end of the session. */
static struct reply said_among(struct arena *arena, struct reply reply)
{
    if (reply.wire.len > REPLY_KEPT_MAX)
        reply.wire = last_line(reply.wire);
    if (reply.code == 421)
        reply = reply_recode(arena, reply, 451);
    return reply.code != 0 ? reply : UNKNOWN;
}

static struct reply final_of(struct transaction *t, const struct recipient *recipient)
{
    struct reply reply = recipient->final;
    bool kept = recipient->state == RECIPIENT_QUARANTINED && t->keeping.quarantine.stored;
    if (recipient->state == RECIPIENT_DISCARDED || kept)
        reply = TAKEN_OFF;
    else if (reply.code == 0)
        reply = (struct reply){t->outcome.reply_code, t->outcome.reply};
    bool alone = t->envelope.accepted_count + t->envelope.discarded_count == 1;
    return alone ? reply : said_among(&t->arena, reply);
}

bool lmtp_decide(struct session *s)
{
    struct transaction *t = &s->tx;
    if (!for_each(s))
        return false;
    for (size_t i = 0; i < t->envelope.recipient_count; i++) {
        struct recipient *recipient = &t->envelope.recipients[i];
        if (recipient->state == RECIPIENT_REFUSED)
            continue;
        recipient->final = final_of(t, recipient);
        t->answers.told = t->answers.told || recipient->final.code / 100 == 2;
        recipient->reply = reply_first_line(recipient->final.wire);
    }
    return true;
}

void lmtp_say(struct session *s)
{
    struct transaction *t = &s->tx;
    for (size_t i = 0; i < t->envelope.recipient_count && !t->client_gone; i++)
        if (t->envelope.recipients[i].state != RECIPIENT_REFUSED)
            connection_say(s->connection, t->envelope.recipients[i].final.wire);
    if (t->outcome.reply_code >= 400) /* however many they are, it is one message */
        client_erred(s);
}
