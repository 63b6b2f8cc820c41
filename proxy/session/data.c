#include "proxy/session/data.h"

#include "proxy/session/client.h"
#include "proxy/session/content.h"
#include "proxy/session/delivery.h"
#include "proxy/session/ending.h"
#include "proxy/session/judging.h"
#include "proxy/session/keeping.h"
#include "proxy/session/line.h"
#include "proxy/session/outcome.h"
#include "proxy/session/rewriting.h"
#include "proxy/session/settle.h"
#include "proxy/session/state.h"

/* --- refused --- */

/* Content that was sent without waiting for the 354 must never be read as commands: if anything
 * follows, the session ends with the reply; if it comes later, at its first line (verbs_run). */
static void data_refused(struct session *s, const struct reply *reply, bool hang_up)
{
    client_reply(s, reply);
    s->data_refused = true;
    if (hang_up || reply->code == 421 || connection_input(s->connection).len > 0)
        ending_finish(s);
    else
        line_next(s);
}

void data_forget(struct session *s)
{
    s->data_refused = false;
}

static void data_refused_static(struct session *s, struct slice wire)
{
    struct reply reply = reply_static(wire);
    data_refused(s, &reply, false);
}

static void data_refused_late(struct session *s, const struct reply *reply)
{
    outcome_settled(s);
    outcome_reply(s, reply->code, reply->wire);
    data_refused(s, reply, s->tx.outcome.close_after);
    if (s->phase != PHASE_END)
        ending_reset(s);
}

/* --- DATA --- */

static void say_354(struct session *s)
{
    if (!s->tx.content.chunking)
        client_say(s, "354 End data with <CR><LF>.<CR><LF>\r\n");
}

/* The upstream's word on DATA, or one in its place. */
static void upstream_took_data(struct session *s, const struct reply *reply)
{
    if (reply->code / 100 != 3) {
        data_refused_late(s, reply);
        return;
    }
    client_reply(s, reply);
    content_begin(s, CONTENT_GATHER);
}

static void data_judged(struct session *s, const struct verdict *verdict)
{
    struct transaction *t = &s->tx;
    if (verdict_refuses(verdict->kind) && t->content.chunking) {
        content_begin(s, CONTENT_DRAIN);
        settle_refuse(s, verdict);
    } else if (verdict_refuses(verdict->kind)) {
        outcome_verdict(s, verdict);
        outcome_close_after(s, verdict->kind == VERDICT_DISCONNECT);
        data_refused_late(s, &verdict->reply);
    } else if (keeping_wanted(s, verdict)) {
        say_354(s);
        content_begin(s, CONTENT_GATHER);
    } else if (t->envelope.discard || t->envelope.accepted_count == 0 ||
               verdict->kind == VERDICT_DISCARD) {
        struct verdict discard = *verdict;
        if (verdict->kind != VERDICT_DISCARD)
            discard = t->outcome.verdict; /* the one that discarded the recipients */
        discard.kind = VERDICT_DISCARD;
        say_354(s);
        content_begin(s, CONTENT_DRAIN);
        settle_refuse(s, &discard);
    } else if (inspect_interest(s->under.inspect) == 0 && !t->content.chunking) {
        delivery_ask(s, upstream_took_data);
    } else {
        say_354(s);
        content_begin(s, CONTENT_GATHER);
    }
}

static void data_judge(struct session *s)
{
    struct event event = {.kind = EVENT_DATA};
    if (rewriting_begin(s) != 0)
        ending_say(s, CLIENT_OUT_OF_MEMORY);
    else
        judging_begin(s, &event, data_judged);
}

void data_run(struct session *s, const struct command *command)
{
    (void)command;
    const struct transaction *t = &s->tx;
    if (!t->envelope.open) {
        data_refused_static(s, SLICE("503 5.5.1 Need MAIL and RCPT first\r\n"));
    } else if (t->envelope.accepted_count + t->envelope.discarded_count == 0) {
        data_refused_static(s, SLICE("503 5.5.1 No valid recipients\r\n"));
    } else if (t->content.chunking || t->envelope.binary) { /* RFC 3030, 2 and 3 */
        data_refused_static(s, SLICE("503 5.5.1 This message needs BDAT\r\n"));
    } else {
        data_judge(s);
    }
}

/* --- BDAT --- */

/* What is wrong with a chunk whatever it holds: a whole reply, or NULL. */
static const char *order_problem(const struct session *s)
{
    const struct transaction *t = &s->tx;
    if ((s->offered.extensions & EXTENSION_CHUNKING) == 0)
        return CLIENT_NOT_HERE;
    if (!t->envelope.open)
        return "503 5.5.1 Need MAIL and RCPT first\r\n";
    if (t->envelope.accepted_count + t->envelope.discarded_count == 0)
        return "503 5.5.1 No valid recipients\r\n";
    return NULL;
}

static void first_chunk(struct session *s)
{
    struct transaction *t = &s->tx;
    const char *problem = order_problem(s);
    t->content.chunking = true;
    t->content.chunk.binary = t->envelope.binary;
    if (problem == NULL) {
        data_judge(s);
        return;
    }
    outcome_reply(s, reply_static(slice_str(problem)).code, slice_str(problem));
    content_begin(s, CONTENT_DRAIN);
}

void data_bdat(struct session *s, const struct command *command)
{
    struct transaction *t = &s->tx;
    bool first = !t->content.chunking;
    uint64_t size;
    bool last;
    if (chunk_parse(command->argument, &size, &last) != 0) /* where it ends nobody knows */
        ending_say(s, "501 5.5.4 Syntax: BDAT size [LAST]\r\n");
    else if (size > content_drain_limit(s))
        ending_say(s, "552 5.3.4 Message too big\r\n");
    else if (chunk_begin(&t->content.chunk, size, last) != 0)
        ending_say(s, "421 4.7.0 Too many small chunks\r\n");
    else if (first)
        first_chunk(s);
    else
        state_wait(s, PHASE_CONTENT);
}
