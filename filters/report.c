/* report: see report.h. */
#include "filters/report.h"

#include "filters/effects.h"

/* --- outcomes --------------------------------------------------------------------------------- */

static bool is_past_end(const struct eval *e, size_t index)
{
    return (e->final && index > e->m->end_rule) ||
           (entry_shadow(eval_entry(e, index)) && index > e->m->shadow_end);
}

enum rule_outcome report_outcome(const struct eval *e, size_t index)
{
    const struct message *m = e->m;

    if (!entry_live(eval_entry(e, index)))
        return OUTCOME_NOT_TRIED;
    if (m == NULL)
        return OUTCOME_UNDECIDED;
    if ((m->marks[index] & MARK_FIRED) != 0)
        return OUTCOME_FIRED;
    if (is_past_end(e, index))
        return OUTCOME_NOT_TRIED;
    if ((m->marks[index] & MARK_FAILED) != 0)
        return OUTCOME_FAILED;
    switch ((enum rule_state)m->states[index]) {
    case STATE_UNSEEN:
    case STATE_OPEN: break;
    case STATE_PENDING: return OUTCOME_HELD;
    case STATE_PENDING_FAILED: return OUTCOME_FAILED;
    case STATE_CLOSED: return OUTCOME_NO;
    }
    return OUTCOME_UNDECIDED;
}

/* --- interest --------------------------------------------------------------------------------- */

/* Until when the rules above leave things open. */
struct horizon {
    enum stage now;
    enum stage all, refusal, score, tag;
    unsigned interest;
};

static enum stage later(enum stage a, enum stage b)
{
    return a > b ? a : b;
}

/* When the rule's own facts are known. */
static enum stage known_at(const struct horizon *h, const struct entry *entry)
{
    enum stage stage = h->now;

    for (unsigned at = STAGE_MESSAGE; at > h->now; at--)
        if ((entry->stages & (1U << at)) != 0) {
            stage = (enum stage)at;
            break;
        }
    if (entry->names_recipient)
        stage = later(stage, STAGE_DATA);
    if (entry->names_score)
        stage = later(stage, h->score);
    return entry->names_tag ? later(stage, h->tag) : stage;
}

static void want(struct horizon *h, enum stage stage)
{
    if (stage <= h->now)
        return;
    if (stage == STAGE_HEADER)
        h->interest |= INTEREST_HEADER;
    if (stage == STAGE_MESSAGE)
        h->interest |= INTEREST_MESSAGE;
}

static void want_edits(struct horizon *h, const struct entry *entry)
{
    if (entry->edits_header) {
        h->interest |= INTEREST_EDITS;
        want(h, STAGE_HEADER);
    }
    if (entry->edits_header || entry->edits_envelope)
        want(h, entry->text_stage);
}

/* Takes a rule that is not done into account. */
static void look_at(struct horizon *h, const struct entry *entry)
{
    enum stage known = known_at(h, entry);
    enum stage acts = later(known, entry->refuses ? h->refusal : h->all);

    want(h, acts);
    if ((entry->stages & (1U << STAGE_HEADER)) != 0)
        want(h, STAGE_HEADER);
    if (entry_shadow(entry))
        return;
    want_edits(h, entry);
    if (entry->terminal != NULL)
        h->all = later(h->all, known);
    if (entry->passes)
        h->refusal = later(h->refusal, known);
    if (entry->sets_score)
        h->score = later(h->score, acts);
    if (entry->sets_tag)
        h->tag = later(h->tag, acts);
}

/* A rule held back holds back as long as it is held back itself. */
static void look_at_pending(struct horizon *h, const struct entry *entry)
{
    enum stage acts = later(h->now, entry->refuses ? h->refusal : h->all);

    look_at(h, entry);
    if (entry->terminal != NULL)
        h->all = later(h->all, acts);
    if (entry->passes)
        h->refusal = later(h->refusal, acts);
}

static void look_at_rule(struct horizon *h, const struct eval *e, size_t index)
{
    const struct entry *entry = eval_entry(e, index);
    enum rule_state state = e->m != NULL ? (enum rule_state)e->m->states[index] : STATE_UNSEEN;
    unsigned marks = e->m != NULL ? e->m->marks[index] : 0;

    if (!entry_live(entry) || (entry_shadow(entry) && e->m != NULL && index >= e->m->shadow_end))
        return;
    if ((marks & MARK_FIRED) != 0 && !entry_shadow(entry))
        want_edits(h, entry);
    if ((marks & MARK_UNCHECKED) != 0) {
        h->interest |= INTEREST_EDITS;
        want(h, STAGE_HEADER);
    }
    if (state == STATE_PENDING || state == STATE_PENDING_FAILED)
        look_at_pending(h, entry);
    else if (state != STATE_CLOSED)
        look_at(h, entry);
}

unsigned report_interest(const struct eval *e)
{
    enum stage now = e->m != NULL ? e->m->stage : STAGE_CONNECT;
    struct horizon h = {.now = now, .all = now, .refusal = now, .score = now, .tag = now};
    size_t end = e->m != NULL ? e->m->end_rule : e->rules->count;

    if (e->final && e->verdict.kind != VERDICT_ACCEPT)
        return 0;
    for (size_t i = 0; i < end; i++)
        look_at_rule(&h, e, i);
    /* The rule that ended the list is past the others, but its edits count. */
    if (end < e->rules->count && e->final && (e->m->marks[end] & MARK_FIRED) != 0)
        want_edits(&h, eval_entry(e, end));
    return h.interest;
}

/* --- the report ------------------------------------------------------------------------------- */

/* Which rules a list of names takes in. */
enum choice { CHOICE_FIRED, CHOICE_FAILED, CHOICE_SHADOW };

static bool chosen(const struct eval *e, size_t index, enum choice choice)
{
    const struct message *m = e->m;
    bool shadow = entry_shadow(eval_entry(e, index));

    switch (choice) {
    case CHOICE_FIRED: return !shadow && (m->marks[index] & MARK_FIRED) != 0;
    case CHOICE_SHADOW: return shadow && (m->marks[index] & MARK_FIRED) != 0;
    case CHOICE_FAILED: break;
    }
    return !shadow && (m->marks[index] & MARK_FAILED) != 0 && index <= m->end_rule;
}

/* The names of the chosen rules in file order. None when memory is out: the report is no place to
 * fail. */
static const struct slice *name_rules(struct eval *e, enum choice choice, size_t *count)
{
    size_t total = 0;
    struct slice *names;

    *count = 0;
    for (size_t i = 0; i < e->rules->count; i++)
        total += chosen(e, i, choice);
    names = total > 0 ? arena_alloc(&e->texts, total * sizeof(*names)) : NULL;
    for (size_t i = 0; names != NULL && i < e->rules->count; i++)
        if (chosen(e, i, choice))
            names[(*count)++] = eval_entry(e, i)->rule->name;
    return names;
}

static bool has_tag(const struct slice *tags, size_t count, struct slice tag)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(tags[i], tag))
            return true;
    return false;
}

static const struct slice *name_tags(struct eval *e, size_t *count)
{
    const struct standpoint end = {.rule = e->rules->count};
    size_t total = 0, cursor = 0;
    struct slice *tags, tag;

    *count = 0;
    while (facts_tag(e, &end, &cursor, &tag) > 0)
        total++;
    tags = total > 0 ? arena_alloc(&e->texts, total * sizeof(*tags)) : NULL;
    cursor = 0;
    while (tags != NULL && facts_tag(e, &end, &cursor, &tag) > 0)
        if (!has_tag(tags, *count, tag))
            tags[(*count)++] = tag;
    return tags;
}

static const struct edit_list *shadow_edits(struct eval *e)
{
    struct edit_list *list = arena_alloc(&e->texts, sizeof(*list));
    bool any = false;
    size_t rule;

    for (size_t i = 0; i < e->rules->count; i++) {
        const struct entry *entry = eval_entry(e, i);

        any =
            any || (chosen(e, i, CHOICE_SHADOW) && (entry->edits_header || entry->edits_envelope));
    }
    if (any && list != NULL && effects_make(e, true, list, &rule) != EFFECTS_OK)
        list->count = 0;
    return list;
}

static void report_message(struct eval *e, struct eval_report *report)
{
    struct message *m = e->m;

    for (size_t i = 0; i < e->rules->count; i++) {
        if (chosen(e, i, CHOICE_FIRED))
            report->score += eval_entry(e, i)->score;
        if ((m->marks[i] & MARK_UNCHECKED) != 0 && i <= m->end_rule)
            report->unchecked = true;
    }
    report->rules = name_rules(e, CHOICE_FIRED, &report->rule_count);
    report->failures = name_rules(e, CHOICE_FAILED, &report->failure_count);
    report->tags = name_tags(e, &report->tag_count);
    report->would = m->would;
    report->would.rules = name_rules(e, CHOICE_SHADOW, &report->would.rule_count);
    report->would.edits = shadow_edits(e);
}

struct eval_report report_make(struct eval *e)
{
    static const struct edit_list NO_EDITS = {.count = 0};
    struct eval_report report = {.logs = e->logs, .log_count = e->log_count};

    report.would.edits = &NO_EDITS;
    if (e->m != NULL)
        report_message(e, &report);
    if (report.would.edits == NULL)
        report.would.edits = &NO_EDITS;
    return report;
}
