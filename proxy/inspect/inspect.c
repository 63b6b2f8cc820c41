#include "proxy/inspect/inspect.h"

#include <assert.h>
#include <stdlib.h>

#include "conf/judging.h"
#include "conf/policy.h"
#include "proxy/inspect/reader.h"
#include "proxy/inspect/turns.h"
#include "proxy/net/loop.h"

/* Whose turn it is with the event that is fed. */
enum whose_turn { TURN_RULES, TURN_WHO, TURN_MILTERS, TURN_FINAL, TURN_UNKNOWN };

struct inspect {
    struct eval *eval;       /* of rules and final rules */
    struct milters *milters; /* NULL: there are none */
    struct reader reader;
    enum whose_turn turn;
    struct verdict said; /* by the rules, of the event that milters hear now */
    /* the message under way */
    struct draft *draft; /* NULL before its recipients are complete */
    uint64_t budget_ms;
    bool unasked;        /* a rule has accepted it for milters, too */
    bool settled;        /* the rules' edits are in the draft */
    bool failed;         /* ... or some edit cannot be made */
    struct verdict kept; /* a quarantine that a milter wants */
    struct verdict end;  /* of the message */
};

/* --- its life --- */

static int create_parties(struct inspect *inspect, const struct milters_setup *setup)
{
    const struct judging lent = {
        .scratch = setup->scratch, .clock_ns = loop_clock_ns, .turn_ns = TURNS_JUDGING_NS};
    inspect->reader = (struct reader){.config = setup->config,
                                      .crew = setup->crew,
                                      .loop = setup->loop,
                                      .wake = setup->wake,
                                      .ctx = setup->ctx};
    inspect->eval = judging_eval(setup->config, setup->policy, &lent);
    if (inspect->eval == NULL)
        return -1;
    if (setup->policy->milter_count > 0)
        inspect->milters = milters_create(setup);
    return setup->policy->milter_count > 0 && inspect->milters == NULL ? -1 : 0;
}

struct inspect *inspect_create(const struct milters_setup *setup)
{
    struct inspect *inspect = calloc(1, sizeof *inspect);
    if (inspect == NULL || create_parties(inspect, setup) == 0)
        return inspect;
    inspect_destroy(inspect);
    return NULL;
}

void inspect_destroy(struct inspect *inspect)
{
    if (inspect == NULL)
        return;
    reader_reset(&inspect->reader);
    milters_destroy(inspect->milters);
    eval_destroy(inspect->eval);
    free(inspect);
}

/* --- rules --- */

static const struct verdict MORE = {.kind = VERDICT_MORE};

static bool goes_on(const struct verdict *verdict)
{
    return verdict->kind == VERDICT_CONTINUE || verdict->kind == VERDICT_ACCEPT;
}

/* Has rules judge ${event}, or, in their turn, final rules the draft, and answers what only the
 * message can. */
static struct verdict judge(struct inspect *inspect, const struct event *event)
{
    bool final = inspect->turn == TURN_FINAL;
    while (reader_answer(&inspect->reader, inspect->eval, inspect->draft, final)) {
        struct verdict verdict =
            final ? eval_final(inspect->eval, inspect->draft) : eval_feed(inspect->eval, event);
        if (verdict.kind != VERDICT_MORE || !reading_asked(inspect->eval))
            return verdict;
        if (eval_questions(inspect->eval)->next != NULL) { /* both are found out meanwhile */
            (void)reader_answer(&inspect->reader, inspect->eval, inspect->draft, final);
            return verdict;
        }
    }
    return MORE;
}

static struct verdict ask_rules(struct inspect *inspect, const struct event *event)
{
    struct verdict verdict = judge(inspect, event);
    if (verdict.kind == VERDICT_MORE)
        return verdict;
    if (event->kind >= EVENT_MAIL && verdict.kind == VERDICT_ACCEPT &&
        verdict.scope != SCOPE_RECIPIENT)
        inspect->unasked = inspect->unasked || verdict.all;
    inspect->said = verdict;
    return verdict;
}

void inspect_recall(struct inspect *inspect, const struct event *event)
{
    if (inspect->milters != NULL)
        milters_hear(inspect->milters, event);
    if (eval_feed(inspect->eval, event).kind == VERDICT_MORE)
        eval_reset(inspect->eval); /* it is judged again with the MAIL */
}

static int settle_rules(struct inspect *inspect)
{
    if (!inspect->settled)
        inspect->failed = draft_apply(inspect->draft, eval_edits(inspect->eval)) != 0;
    inspect->settled = true;
    return inspect->failed ? -1 : 0;
}

/* --- final rules --- */

/* The end of EVENT_MESSAGE. What milters want to be kept is kept when nobody refuses it. */
static struct verdict conclude(struct inspect *inspect, struct verdict verdict)
{
    inspect->turn = TURN_RULES;
    if (goes_on(&verdict) && inspect->kept.kind == VERDICT_QUARANTINE) {
        inspect->kept.delay_ms = verdict.delay_ms;
        verdict = inspect->kept;
    }
    inspect->end = verdict;
    return verdict;
}

static struct verdict ask_final(struct inspect *inspect)
{
    struct verdict verdict = judge(inspect, NULL);
    if (verdict.kind == VERDICT_MORE)
        return verdict;
    bool edits = goes_on(&verdict) || verdict.kind == VERDICT_QUARANTINE;
    if (edits && draft_apply(inspect->draft, eval_final_edits(inspect->eval)) != 0)
        inspect->failed = true;
    verdict.delay_ms += inspect->said.delay_ms;
    return conclude(inspect, verdict);
}

static struct verdict finish_message(struct inspect *inspect)
{
    if (!eval_final_due(inspect->eval) || settle_rules(inspect) != 0)
        return conclude(inspect, inspect->said);
    inspect->turn = TURN_FINAL;
    return ask_final(inspect);
}

/* --- milters --- */

/* ${event} as milters hear it: the rules may have redirected its recipient. */
static struct event as_left(const struct inspect *inspect, const struct event *event)
{
    struct event left = *event;
    if (event->kind == EVENT_RCPT && inspect->said.redirect.ptr != NULL)
        left.u.rcpt.recipient = inspect->said.redirect;
    return left;
}

/* A milter has refused the recipient that the rules have just heard of. That judges nothing. */
static void forget_recipient(struct inspect *inspect)
{
    const struct event refused = {.kind = EVENT_RCPT_REFUSED};
    struct verdict verdict = eval_feed(inspect->eval, &refused);
    assert(verdict.kind != VERDICT_MORE);
}

/* What milters have said of an event that no rule refuses. */
static struct verdict heed_milters(struct inspect *inspect, const struct event *event)
{
    if (milters_busy(inspect->milters))
        return MORE;
    struct verdict verdict = milters_verdict(inspect->milters);
    bool message = event->kind == EVENT_MESSAGE;
    inspect->turn = TURN_RULES;
    if (verdict.kind == VERDICT_QUARANTINE)
        inspect->kept = verdict;
    if (verdict.kind == VERDICT_CONTINUE || verdict.kind == VERDICT_QUARANTINE)
        return message ? finish_message(inspect) : inspect->said;
    if (event->kind == EVENT_RCPT && verdict_refuses(verdict.kind))
        forget_recipient(inspect);
    verdict.delay_ms += inspect->said.delay_ms;
    return message ? conclude(inspect, verdict) : verdict;
}

static struct verdict ask_milters(struct inspect *inspect, const struct event *event)
{
    struct event left = as_left(inspect, event);
    if (event->kind == EVENT_MESSAGE)
        milters_message(inspect->milters, inspect->draft, inspect->budget_ms);
    else
        milters_ask(inspect->milters, &left);
    inspect->turn = TURN_MILTERS;
    return heed_milters(inspect, event);
}

static struct verdict find_out_who(struct inspect *inspect, const struct event *event)
{
    bool decides = event->kind <= EVENT_RCPT || event->kind == EVENT_DATA;
    inspect->turn = TURN_WHO;
    struct event left = as_left(inspect, event);
    if (decides && !milters_decide(inspect->milters, &left))
        return MORE;
    return ask_milters(inspect, event);
}

/* Whether milters hear of an event that the rules have judged. What they do not hear of the session
 * now they hear before its MAIL. */
static bool concerns_milters(struct inspect *inspect, const struct event *event)
{
    if (inspect->milters == NULL || inspect->unasked || event->kind == EVENT_HEADER)
        return false;
    bool spared = !goes_on(&inspect->said) || inspect->said.all;
    if (event->kind == EVENT_AUTH || (event->kind < EVENT_AUTH && spared)) {
        milters_hear(inspect->milters, event);
        return false;
    }
    if (!goes_on(&inspect->said))
        return false;
    return event->kind != EVENT_MESSAGE || settle_rules(inspect) == 0;
}

/* What milters have said of a command that is none; no rule is asked. */
static struct verdict heed_unknown(struct inspect *inspect)
{
    if (milters_busy(inspect->milters))
        return MORE;
    inspect->turn = TURN_RULES;
    return milters_verdict(inspect->milters);
}

struct verdict inspect_unknown(struct inspect *inspect, struct slice line)
{
    if (inspect->milters == NULL || inspect->unasked)
        return (struct verdict){.kind = VERDICT_CONTINUE};
    milters_unknown(inspect->milters, line);
    inspect->turn = TURN_UNKNOWN;
    return heed_unknown(inspect);
}

struct verdict inspect_feed(struct inspect *inspect, const struct event *event)
{
    switch (inspect->turn) {
    case TURN_RULES: break;
    case TURN_WHO: return find_out_who(inspect, event);
    case TURN_MILTERS: return heed_milters(inspect, event);
    case TURN_FINAL: return ask_final(inspect);
    case TURN_UNKNOWN: return heed_unknown(inspect);
    }
    struct verdict verdict = ask_rules(inspect, event);
    if (verdict.kind == VERDICT_MORE)
        return verdict;
    if (concerns_milters(inspect, event))
        return find_out_who(inspect, event);
    if (event->kind != EVENT_MESSAGE)
        return verdict;
    return goes_on(&verdict) ? finish_message(inspect) : conclude(inspect, verdict);
}

/* What the message says is not the session's to answer. */
static const struct question *eval_others(const struct eval *eval)
{
    return reading_asked(eval) ? eval_questions(eval)->next : eval_questions(eval);
}

const struct question *inspect_questions(const struct inspect *inspect)
{
    switch (inspect->turn) {
    case TURN_RULES:
    case TURN_FINAL: return eval_others(inspect->eval);
    case TURN_WHO: return milters_questions(inspect->milters);
    case TURN_MILTERS:
    case TURN_UNKNOWN: break;
    }
    return NULL;
}

void inspect_answer(struct inspect *inspect, const struct question *question,
                    const struct answer *answer)
{
    eval_answer(inspect->eval, question, answer);
    if (inspect->milters != NULL)
        milters_answer(inspect->milters, question, answer);
}

bool inspect_waits(const struct inspect *inspect)
{
    return inspect->turn == TURN_MILTERS || inspect->turn == TURN_UNKNOWN ||
           reader_busy(&inspect->reader);
}

unsigned inspect_interest(const struct inspect *inspect)
{
    unsigned interest = eval_interest(inspect->eval);
    bool asked = inspect->milters != NULL && !inspect->unasked;
    bool kept = inspect->kept.kind == VERDICT_QUARANTINE;
    if (kept || (asked && milters_interested(inspect->milters)))
        interest |= INTEREST_HEADER | INTEREST_MESSAGE;
    if (asked && milters_unchecked(inspect->milters))
        interest |= INTEREST_HEADER | INTEREST_EDITS;
    return interest;
}

/* --- edits --- */

void inspect_attach(struct inspect *inspect, struct draft *draft)
{
    inspect->draft = draft;
}

void inspect_deadline(struct inspect *inspect, uint64_t budget_ms)
{
    inspect->budget_ms = budget_ms;
}

int inspect_settle(struct inspect *inspect)
{
    if (settle_rules(inspect) == 0 && inspect->milters != NULL && !inspect->unasked &&
        milters_unchecked(inspect->milters))
        inspect->failed = milters_leave(inspect->milters, inspect->draft) != 0;
    return inspect->failed ? -1 : 0;
}

/* A list that has lost an edit tells so: a record may be cut short, a decision may not. */
static void append(struct edit_list *list, struct arena *arena, const struct edit_list *more)
{
    list->failed = list->failed || more->failed;
    for (size_t i = 0; i < more->count; i++)
        if (edit_list_add(list, arena, &more->items[i]) != 0)
            return;
}

const struct edit_list *inspect_edits(struct inspect *inspect)
{
    const struct edit_list *first = eval_edits(inspect->eval);
    const struct edit_list *last = eval_final_edits(inspect->eval);
    if (inspect->draft == NULL || (last->count == 0 && !last->failed && inspect->milters == NULL))
        return first;
    static const struct edit_list NOTHING_KNOWN = {.failed = true};
    struct edit_list *all = arena_alloc(inspect->draft->arena, sizeof *all);
    if (all == NULL)
        return &NOTHING_KNOWN;
    if (verdict_refuses(inspect->end.kind)) /* of one that is discarded a copy may stay */
        return all;
    append(all, inspect->draft->arena, first);
    if (inspect->milters != NULL)
        append(all, inspect->draft->arena, milters_edits(inspect->milters));
    append(all, inspect->draft->arena, last);
    return all;
}

/* --- what came of it --- */

struct eval_report inspect_report(struct inspect *inspect)
{
    return eval_report(inspect->eval);
}

struct slice inspect_route(const struct inspect *inspect, bool last)
{
    return eval_route(inspect->eval, last);
}

size_t inspect_milters(const struct inspect *inspect, struct chain_report *reports)
{
    return inspect->milters != NULL ? milters_reports(inspect->milters, reports) : 0;
}

bool inspect_has_logs(const struct inspect *inspect)
{
    return eval_has_logs(inspect->eval);
}

void inspect_logs_taken(struct inspect *inspect)
{
    eval_logs_taken(inspect->eval);
}

void inspect_reset(struct inspect *inspect)
{
    eval_reset(inspect->eval);
    reader_reset(&inspect->reader);
    if (inspect->milters != NULL)
        milters_reset(inspect->milters);
    inspect->draft = NULL;
    inspect->turn = TURN_RULES;
    inspect->unasked = inspect->settled = inspect->failed = false;
    inspect->said = inspect->kept = inspect->end = (struct verdict){.kind = VERDICT_CONTINUE};
}
