/* rule_model: runs a case through the evaluator, in several ways, and compares. */
#include "tests/unit/filters/eval/rule_model.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TOLD_MAX  16384
#define TURNS_MAX 10000
#define MEMORY    ((size_t)1 << 20)

/* What came of one message. */
struct run {
    const struct model *m;
    const struct model_message *message;
    struct eval *eval;
    const bool *of_recipient, *by_claim;
    struct header header;
    enum event_kind last; /* the last event fed */
    struct verdict verdict;
    unsigned fed, accepted, discarded; /* bits of recipients */
    size_t refused_by[MODEL_RECIPIENTS];
    unsigned interest; /* after the last event */
    char edits[TOLD_MAX / 4];
    char told[TOLD_MAX]; /* all answers, as text */
};

/* The ways to run a case. */
struct way {
    bool no_shadows; /* with them switched off */
    bool in_turns;
    bool second_only; /* the second message in a new session */
};

__attribute__((noreturn, format(printf, 2, 3))) static void broken(const struct run *run,
                                                                   const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, "\n%s\n", run->told);
    abort();
}

/* --- telling ---------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void put(char *out, size_t size, const char *format,
                                                      ...)
{
    size_t used = strlen(out);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

static void tell_verdict(struct run *run, const char *event, const struct verdict *verdict)
{
    put(run->told, TOLD_MAX, "%s: %.*s %.*s scope %d reply %.*s\n", event,
        SLICE_ARG(verdict_name(verdict->kind)), SLICE_ARG(verdict->by), (int)verdict->scope,
        SLICE_ARG(verdict->reply.wire));
}

static void tell_edits(struct run *run)
{
    const struct edit_list *list = eval_edits(run->eval);

    run->edits[0] = '\0';
    for (size_t i = 0; i < list->count; i++)
        put(run->edits, sizeof(run->edits), "%.*s[%u] %.*s:%.*s by %.*s\n",
            SLICE_ARG(edit_name(list->items[i].kind)), list->items[i].index,
            SLICE_ARG(list->items[i].name), SLICE_ARG(list->items[i].value),
            SLICE_ARG(list->items[i].by));
    put(run->told, TOLD_MAX, "%s", run->edits);
}

static void tell_report(struct run *run)
{
    struct eval_report report = eval_report(run->eval);

    put(run->told, TOLD_MAX, "score %g rules", report.score);
    for (size_t i = 0; i < report.rule_count; i++)
        put(run->told, TOLD_MAX, " %.*s", SLICE_ARG(report.rules[i]));
    for (size_t i = 0; i < report.tag_count; i++)
        put(run->told, TOLD_MAX, " tag %.*s", SLICE_ARG(report.tags[i]));
    put(run->told, TOLD_MAX, " failures %zu\n", report.failure_count);
}

/* --- running ---------------------------------------------------------------------------------- */

/* What must stay as it is when nothing was of interest. */
static void keep_promise(struct run *run, unsigned before, enum verdict_kind kind,
                         const char *edits_before)
{
    bool promised = run->last == EVENT_HEADER ? (before & INTEREST_HEADER) == 0
                                              : (before & INTEREST_MESSAGE) == 0;

    if (run->last != EVENT_HEADER && run->last != EVENT_MESSAGE)
        return;
    if (promised && run->verdict.kind != kind)
        broken(run, "the verdict changed though nothing was of interest");
    if (promised && run->last == EVENT_MESSAGE && strcmp(run->edits, edits_before) != 0)
        broken(run, "the edits changed though nothing was of interest");
}

static void feed(struct run *run, const char *name, const struct event *event)
{
    enum verdict_kind kind = run->verdict.kind;
    unsigned before = eval_interest(run->eval), turns = 0;
    char edits[sizeof(run->edits)];

    memcpy(edits, run->edits, sizeof(edits));
    run->last = event->kind;
    do
        run->verdict = eval_feed(run->eval, event);
    while (run->verdict.kind == VERDICT_MORE && ++turns < TURNS_MAX);
    if (run->verdict.kind == VERDICT_MORE)
        broken(run, "turns without end");
    tell_verdict(run, name, &run->verdict);
    tell_edits(run);
    run->interest = eval_interest(run->eval);
    keep_promise(run, before, kind, edits);
    if (verdict_refuses(run->verdict.kind) && run->verdict.reply.wire.len == 0)
        broken(run, "a refusal without reply");
}

static size_t rule_of(struct slice by)
{
    return by.len == 2 ? (size_t)(by.ptr[1] - '0') : SIZE_MAX;
}

static bool takes_off(enum verdict_kind kind)
{
    return kind == VERDICT_DISCARD || kind == VERDICT_QUARANTINE;
}

/* Returns whether the message goes on. */
static bool feed_recipient(struct run *run, size_t index)
{
    struct event event = {.kind = EVENT_RCPT, .u.rcpt = {run->message->recipients[index]}};

    run->fed |= 1U << index;
    run->refused_by[index] = SIZE_MAX;
    feed(run, "rcpt", &event);
    if (run->verdict.scope == SCOPE_RECIPIENT && run->verdict.kind != VERDICT_CONTINUE) {
        run->refused_by[index] = rule_of(run->verdict.by);
        if (takes_off(run->verdict.kind))
            run->discarded |= 1U << index;
        run->verdict = (struct verdict){.kind = VERDICT_CONTINUE};
        return true;
    }
    if (verdict_refuses(run->verdict.kind))
        return false;
    if (!run->message->upstream_refuses[index]) {
        run->accepted |= 1U << index;
    } else {
        event.kind = EVENT_RCPT_REFUSED;
        return eval_feed(run->eval, &event).kind != VERDICT_MORE;
    }
    return true;
}

static bool feed_envelope(struct run *run)
{
    struct event event = {
        .kind = EVENT_MAIL,
        .u.mail = {.sender = run->message->sender, .declared_size = run->message->declared_size}};

    feed(run, "mail", &event);
    for (size_t i = 0; i < run->message->recipient_count; i++)
        if (verdict_refuses(run->verdict.kind) || !feed_recipient(run, i))
            return false;
    return (run->accepted | run->discarded) != 0 && !verdict_refuses(run->verdict.kind);
}

static void feed_message(struct run *run, struct arena *arena)
{
    struct event event = {.kind = EVENT_DATA};

    if (feed_envelope(run)) {
        feed(run, "data", &event);
        event.kind = EVENT_HEADER;
        if (header_parse(&run->header, slice_str(run->message->header), true, arena) != 0)
            abort();
        event.u.header.header = &run->header;
        if (!verdict_refuses(run->verdict.kind))
            feed(run, "header", &event);
        event.kind = EVENT_MESSAGE;
        event.u.message.body = slice_str(run->message->body);
        event.u.message.size_bytes = run->message->size;
        if (!verdict_refuses(run->verdict.kind))
            feed(run, "message", &event);
    }
    tell_report(run);
}

static void feed_session(struct run *run)
{
    struct event event = {.kind = EVENT_CONNECT,
                          .u.connect = {.client = run->m->client, .listener = SLICE("inbound")}};

    feed(run, "connect", &event);
    event.kind = EVENT_HELO;
    event.u.helo.name = run->m->helo;
    feed(run, "helo", &event);
    run->told[0] = '\0';
}

/* --- against the reference -------------------------------------------------------------------- */

static bool refuses(const struct model *m, size_t rule)
{
    for (size_t i = 0; i < m->rules[rule].action_count; i++)
        if (rule_action_refuses(m->rules[rule].actions[i].kind))
            return true;
    return false;
}

static bool passes(const struct model *m, size_t rule)
{
    for (size_t i = 0; i < m->rules[rule].action_count; i++)
        if (rule_action_passes(m->rules[rule].actions[i].kind))
            return true;
    return false;
}

static bool ends_list(const struct model *m, size_t rule)
{
    return refuses(m, rule) || passes(m, rule);
}

/* Whether a refusal of ${rule} stands up to the reading: it holds, and nothing above lets the
 * message through. */
static bool refusal_stands(const struct run *run, size_t rule, bool declared)
{
    struct model_view view = {run->accepted, run->of_recipient, declared, rule};
    struct model_reading reading;

    model_read(run->m, run->message, &view, &reading);
    return reading.end == rule;
}

/* At the very end there is nothing that could make a refusal come sooner. */
static void check_refusal(const struct run *run)
{
    struct model_view view = {run->accepted, run->of_recipient, false, run->m->rule_count};
    size_t rule = rule_of(run->verdict.by);
    struct model_reading reading;

    if (run->verdict.failure != FAILURE_NONE || run->verdict.party != PARTY_RULE)
        broken(run, "a failure without cause");
    model_read(run->m, run->message, &view, &reading);
    if (run->last == EVENT_MESSAGE && reading.end != rule)
        broken(run, "the reading ends at rule %zu, not %zu", reading.end, rule);
    if (!refusal_stands(run, rule, false) &&
        (run->message->declared_size < 0 || !refusal_stands(run, rule, true)))
        broken(run, "the refusal of rule %zu is not in the reading", rule);
}

/* One recipient was refused or taken off at RCPT. */
static void check_recipient(const struct run *run, size_t index)
{
    struct model_view view = {run->accepted, run->of_recipient, false, run->m->rule_count};
    struct model_reading none = {.end = 0};
    size_t rule = run->refused_by[index];
    bool discarded = (run->discarded & (1U << index)) != 0;

    view.declared = run->by_claim[rule];
    if ((!run->of_recipient[rule] && !run->by_claim[rule]) || refuses(run->m, rule) == discarded ||
        !model_holds(run->m, run->message, &view, rule, index, &none))
        broken(run, "recipient %zu: rule %zu does not hold", index, rule);
    view.declared = false;
    for (size_t i = 0; i < rule; i++) {
        size_t who = run->of_recipient[i] ? index : MODEL_RECIPIENTS;

        if (run->m->rules[i].mode != RULE_ENFORCE ||
            !(discarded ? ends_list(run->m, i) : passes(run->m, i)))
            continue;
        if (model_holds(run->m, run->message, &view, i, who, &none))
            broken(run, "recipient %zu: rule %zu comes before %zu", index, i, rule);
    }
}

/* Some recipient that was fed lets the rule hold: it may have fired though that one is gone. */
static bool may_have_fired(const struct run *run, size_t rule)
{
    struct model_view view = {run->accepted, run->of_recipient, false, run->m->rule_count};
    struct model_reading none = {.end = 0};

    for (size_t i = 0; i < run->message->recipient_count; i++)
        if ((run->fed & (1U << i)) != 0 && model_holds(run->m, run->message, &view, rule, i, &none))
            return true;
    return false;
}

static void check_fired(const struct run *run, const struct model_reading *reading)
{
    for (size_t i = 0; i < run->m->rule_count; i++) {
        bool fired = eval_outcome(run->eval, false, i) == OUTCOME_FIRED;

        if (run->m->rules[i].mode != RULE_ENFORCE || fired == reading->fired[i])
            continue;
        if (run->by_claim[i] && fired)
            continue; /* it may have refused somebody by what was declared */
        if (run->of_recipient[i] && (ends_list(run->m, i) || (fired && may_have_fired(run, i))))
            continue;
        broken(run, "rule %zu: fired is %d, in the reading %d", i, fired, reading->fired[i]);
    }
}

static bool edits_by(const struct run *run, struct slice rule)
{
    const struct edit_list *list = eval_edits(run->eval);

    for (size_t i = 0; i < list->count; i++)
        if (slice_equal(list->items[i].by, rule) && list->items[i].kind == EDIT_ADD_HEADER)
            return true;
    return false;
}

static void check_edits(const struct run *run)
{
    for (size_t i = 0; i < run->m->rule_count; i++) {
        const struct rule *rule = &run->m->rules[i];
        bool fired =
            rule->mode == RULE_ENFORCE && eval_outcome(run->eval, false, i) == OUTCOME_FIRED;
        bool can_add = false, adds = false;

        for (size_t k = 0; k < rule->action_count; k++) {
            adds = adds || rule->actions[k].kind == ACTION_ADD_HEADER;
            can_add = can_add || rule->actions[k].name.len > 0;
        }
        if (fired && adds && !edits_by(run, rule->name))
            broken(run, "rule %zu fired, and its edit is not there", i);
        if (!(fired && can_add) && edits_by(run, rule->name))
            broken(run, "rule %zu did not fire, and its edit is there", i);
    }
}

/* Each shadow rule that holds in the reading tells its own story, and no other does. */
static void check_shadow(const struct run *run, const struct model_reading *reading)
{
    struct eval_would would = eval_report(run->eval).would;
    unsigned told = 0;

    for (size_t i = 0; i < would.rule_count; i++) {
        size_t rule = rule_of(would.rules[i].rule);

        told |= 1U << rule;
        if (ends_list(run->m, rule) == (would.rules[i].kind == VERDICT_CONTINUE) ||
            refuses(run->m, rule) != verdict_refuses(would.rules[i].kind))
            broken(run, "shadow rule %zu: another verdict", rule);
    }
    if ((reading->shadows & ~told) != 0)
        broken(run, "shadow rules %x are told, in the reading %x", told, reading->shadows);
    for (size_t i = 0; i < run->m->rule_count; i++)
        if ((told & ~reading->shadows & (1U << i)) != 0 && !refuses(run->m, i) &&
            !run->of_recipient[i])
            broken(run, "shadow rule %zu is told; only a refusal, or at RCPT, may come sooner", i);
}

static void check_end(const struct run *run)
{
    struct model_view view = {run->accepted, run->of_recipient, false, run->m->rule_count};
    size_t end = run->verdict.by.len > 0 ? rule_of(run->verdict.by) : run->m->rule_count;
    struct model_reading reading;

    if (run->accepted == 0 && run->discarded != 0 && takes_off(run->verdict.kind))
        return; /* everybody was taken off at RCPT */
    model_read(run->m, run->message, &view, &reading);
    if (end != reading.end || (end < run->m->rule_count && run->verdict.kind != reading.kind))
        broken(run, "the list ends at rule %zu, in the reading at %zu", end, reading.end);
    if (run->verdict.kind == VERDICT_DISCARD)
        return;
    check_fired(run, &reading);
    check_edits(run);
    if (!run->m->of_recipients && eval_report(run->eval).score != reading.score)
        broken(run, "score %g, in the reading %g", eval_report(run->eval).score, reading.score);
    check_shadow(run, &reading);
}

static void check_run(const struct run *run)
{
    for (size_t i = 0; i < run->message->recipient_count; i++)
        if ((run->fed & (1U << i)) != 0 && run->refused_by[i] != SIZE_MAX)
            check_recipient(run, i);
    if (verdict_refuses(run->verdict.kind))
        check_refusal(run);
    else if (run->last == EVENT_MESSAGE)
        check_end(run);
}

/* --- the ways -----------------------------------------------------------------------------------
 */

/* Each look at this clock is the end of a turn. */
static uint64_t tick(void *ctx)
{
    uint64_t *now = ctx;

    return *now += 2000000;
}

/* Runs the case; ${told} gets what was told of each message. */
static void run_case(const struct model *m, const struct way *way,
                     char told[MODEL_MESSAGES][TOLD_MAX])
{
    struct model used = *m;
    struct eval_options options = {.on_regex = VERDICT_TEMPFAIL, .memory_limit_bytes = MEMORY};
    bool of_recipient[MODEL_RULES], by_claim[MODEL_RULES];
    struct arena arena;
    struct diag diag;
    struct ruleset *ruleset;
    uint64_t now = 0;

    for (size_t i = 0; way->no_shadows && i < m->rule_count; i++)
        if (used.rules[i].mode == RULE_SHADOW)
            used.rules[i].mode = RULE_OFF;
    diag_init(&diag);
    arena_init(&arena, 4096, MEMORY);
    ruleset = ruleset_compile(used.rules, used.rule_count, NULL, &diag);
    assert(ruleset != NULL);
    for (size_t i = 0; i < used.rule_count; i++) {
        of_recipient[i] = ruleset_plan(ruleset, i).of_recipient;
        by_claim[i] = ruleset_plan(ruleset, i).by_claim;
    }
    options.rules = ruleset;
    options.scratch = pattern_scratch_create();
    if (way->in_turns) {
        options.clock_ns = tick;
        options.clock_ctx = &now;
        options.turn_ns = 1;
    }
    struct run *run = calloc(1, sizeof(*run));
    struct eval *eval = eval_create(&options);
    assert(run != NULL && eval != NULL && options.scratch != NULL);
    for (size_t i = way->second_only ? 1 : 0; i < MODEL_MESSAGES; i++) {
        *run = (struct run){.m = &used,
                            .message = &m->messages[i],
                            .eval = eval,
                            .of_recipient = of_recipient,
                            .by_claim = by_claim};
        if (i == (way->second_only ? 1 : 0))
            feed_session(run);
        feed_message(run, &arena);
        check_run(run);
        memcpy(told[i], run->told, TOLD_MAX);
        eval_reset(eval);
    }
    free(run);
    eval_destroy(eval);
    pattern_scratch_destroy(options.scratch);
    ruleset_destroy(ruleset);
    arena_fini(&arena);
    diag_fini(&diag);
}

static void compare(const char *what, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return;
    (void)fprintf(stderr, "%s makes a difference:\n%s\nand\n%s\n", what, a, b);
    abort();
}

void model_check(const struct model *m)
{
    char(*told)[MODEL_MESSAGES][TOLD_MAX] = calloc(4, sizeof(*told));

    assert(told != NULL);
    run_case(m, &(struct way){.in_turns = false}, told[0]);
    run_case(m, &(struct way){.in_turns = true}, told[1]);
    run_case(m, &(struct way){.no_shadows = true}, told[2]);
    run_case(m, &(struct way){.second_only = true}, told[3]);
    for (size_t i = 0; i < MODEL_MESSAGES; i++) {
        compare("judging in turns", told[0][i], told[1][i]);
        compare("a shadow rule", told[0][i], told[2][i]);
    }
    compare("an earlier message", told[0][1], told[3][1]);
    free(told);
}
