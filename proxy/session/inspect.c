#include "proxy/session/inspect.h"

#include <stdlib.h>

#include "filters/final.h"
#include "proxy/net/loop.h"

/* Who is asked about a complete message now. */
enum turn { TURN_RULES, TURN_FINAL, TURN_OVER };

struct inspect {
    struct eval *rules;
    struct eval *final; /* NULL: there are no final rules */
    /* the message under way */
    struct draft *draft; /* NULL before its recipients are complete */
    struct event_tls tls;
    enum turn turn;
    bool accepted;      /* a rule has accepted it, which ends the final rules too */
    bool settled;       /* the rules' edits are in the draft */
    bool failed;        /* ... or some edit cannot be made */
    unsigned delay_ms;  /* of the rules, when the message was complete */
    struct verdict end; /* of the final rules */
};

#define NS_PER_MS 1000000U
/* Decoded fields, results and edits of one message, as a multiple of its header. */
#define MEMORY_PER_HEADER 8U
#define MEMORY_BASE       (4U << 20)

struct inspect *inspect_create(const struct config *config, const struct policy *policy,
                               struct pattern_scratch *scratch)
{
    struct inspect *inspect = calloc(1, sizeof *inspect);
    if (inspect == NULL)
        return NULL;
    struct eval_options options = {
        .rules = policy->rules,
        .scratch = scratch,
        .clock_ns = loop_clock_ns,
        .rule_budget_ns = (uint64_t)config->limits.match_time_rule_ms * NS_PER_MS,
        .message_budget_ns = (uint64_t)config->limits.match_time_message_ms * NS_PER_MS,
        .turn_ns = INSPECT_TURN_NS,
        .on_regex = config->on_failure.regex,
        .on_lookup = config->on_failure.lookup,
        .memory_limit_bytes = MEMORY_BASE + MEMORY_PER_HEADER * config->limits.header_bytes,
    };
    bool final = !ruleset_idle(policy->final_rules);
    inspect->rules = eval_create(&options);
    options.before = inspect->rules;
    options.rules = policy->final_rules;
    if (inspect->rules != NULL && final)
        inspect->final = eval_create(&options);
    if (inspect->rules == NULL || (final && inspect->final == NULL)) {
        inspect_destroy(inspect);
        return NULL;
    }
    return inspect;
}

void inspect_destroy(struct inspect *inspect)
{
    if (inspect == NULL)
        return;
    eval_destroy(inspect->final);
    eval_destroy(inspect->rules);
    free(inspect);
}

/* --- judging --- */

static bool goes_on(const struct verdict *verdict)
{
    return verdict->kind == VERDICT_CONTINUE || verdict->kind == VERDICT_ACCEPT;
}

static struct verdict ask_rules(struct inspect *inspect, const struct event *event)
{
    struct verdict verdict = eval_feed(inspect->rules, event);
    if (verdict.kind == VERDICT_MORE)
        return verdict;
    if (event->kind == EVENT_MAIL)
        inspect->tls = event->u.mail.tls;
    if (event->kind <= EVENT_AUTH && inspect->final != NULL)
        (void)eval_feed(inspect->final, event);
    if (event->kind >= EVENT_MAIL && verdict.kind == VERDICT_ACCEPT &&
        verdict.scope != SCOPE_RECIPIENT)
        inspect->accepted = true;
    return verdict;
}

/* The rules have let the complete message through. Returns whether the final rules are to be asked.
 */
static bool begin_final(struct inspect *inspect, const struct verdict *verdict)
{
    inspect->turn = TURN_OVER;
    if (inspect->final == NULL || verdict->kind != VERDICT_CONTINUE || inspect_settle(inspect) != 0)
        return false;
    inspect->turn = TURN_FINAL;
    inspect->delay_ms = verdict->delay_ms;
    inspect->failed = final_begin(inspect->final, inspect->draft, &inspect->tls) != 0;
    return !inspect->failed;
}

static struct verdict ask_final(struct inspect *inspect)
{
    struct verdict verdict = final_judge(inspect->final, inspect->draft);
    if (verdict.kind == VERDICT_MORE)
        return verdict;
    inspect->turn = TURN_OVER;
    inspect->end = verdict;
    if (goes_on(&verdict) && draft_apply(inspect->draft, eval_edits(inspect->final)) != 0)
        inspect->failed = true;
    verdict.delay_ms += inspect->delay_ms;
    return verdict;
}

struct verdict inspect_feed(struct inspect *inspect, const struct event *event)
{
    if (inspect->turn == TURN_FINAL)
        return ask_final(inspect);
    struct verdict verdict = ask_rules(inspect, event);
    if (event->kind != EVENT_MESSAGE || verdict.kind == VERDICT_MORE ||
        !begin_final(inspect, &verdict))
        return verdict;
    return ask_final(inspect);
}

const struct question *inspect_questions(const struct inspect *inspect)
{
    return eval_questions(inspect->turn == TURN_FINAL ? inspect->final : inspect->rules);
}

void inspect_answer(struct inspect *inspect, const struct answer *answer)
{
    eval_answer(inspect->rules, answer);
    if (inspect->final != NULL)
        eval_answer(inspect->final, answer);
}

unsigned inspect_interest(const struct inspect *inspect)
{
    bool final = inspect->final != NULL && !inspect->accepted;
    return eval_interest(inspect->rules) | (final ? INTEREST_HEADER | INTEREST_MESSAGE : 0U);
}

/* --- edits --- */

void inspect_attach(struct inspect *inspect, struct draft *draft)
{
    inspect->draft = draft;
}

int inspect_settle(struct inspect *inspect)
{
    if (!inspect->settled)
        inspect->failed = draft_apply(inspect->draft, eval_edits(inspect->rules)) != 0;
    inspect->settled = true;
    return inspect->failed ? -1 : 0;
}

static void append(struct edit_list *list, struct arena *arena, const struct edit_list *more)
{
    for (size_t i = 0; i < more->count; i++)
        (void)edit_list_add(list, arena, &more->items[i]); /* a record cut short is one, too */
}

const struct edit_list *inspect_edits(struct inspect *inspect)
{
    const struct edit_list *first = eval_edits(inspect->rules);
    if (inspect->draft == NULL || inspect->final == NULL)
        return first;
    struct edit_list *all = arena_alloc(inspect->draft->arena, sizeof *all);
    if (all == NULL)
        return first;
    if (!goes_on(&inspect->end))
        return all;
    append(all, inspect->draft->arena, first);
    append(all, inspect->draft->arena, eval_edits(inspect->final));
    return all;
}

/* --- what came of it --- */

/* The final rules tell of the others, too. */
static struct eval *teller(const struct inspect *inspect)
{
    return inspect->final != NULL ? inspect->final : inspect->rules;
}

struct eval_report inspect_report(struct inspect *inspect)
{
    return eval_report(teller(inspect));
}

bool inspect_has_logs(const struct inspect *inspect)
{
    return eval_has_logs(teller(inspect));
}

void inspect_logs_taken(struct inspect *inspect)
{
    eval_logs_taken(teller(inspect));
}

void inspect_reset(struct inspect *inspect)
{
    if (inspect->final != NULL)
        eval_reset(inspect->final);
    eval_reset(inspect->rules);
    inspect->draft = NULL;
    inspect->turn = TURN_RULES;
    inspect->accepted = inspect->settled = inspect->failed = false;
    inspect->delay_ms = 0;
    inspect->end = (struct verdict){.kind = VERDICT_CONTINUE};
}
