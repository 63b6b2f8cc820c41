/* report: see report.h. */
#include "filters/eval/report.h"

#include "filters/eval/budget.h"
#include "filters/eval/effects.h"

/* --- outcomes --------------------------------------------------------------------------------- */

static bool is_past_end(const struct eval *e, size_t index)
{
    return e->concluded && index > e->m->end_rule;
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

/* What is still to come. A rule held back needs no look at what holds it back: that is open itself.
 */
struct wish {
    enum stage now;
    unsigned interest;
};

static void want(struct wish *wish, enum stage stage)
{
    if (stage <= wish->now)
        return;
    if (stage == STAGE_HEADER)
        wish->interest |= INTEREST_HEADER;
    if (stage == STAGE_MESSAGE)
        wish->interest |= INTEREST_MESSAGE;
}

static void want_edits(struct wish *wish, const struct entry *entry)
{
    if (entry->edits_header) {
        wish->interest |= INTEREST_EDITS;
        want(wish, STAGE_HEADER);
    }
    if (entry->edits_header || entry->edits_body || entry->edits_envelope)
        want(wish, entry->text_stage);
    if (entry->archives) /* as it is delivered, which is known at its end */
        want(wish, STAGE_MESSAGE);
}

static void want_facts(struct wish *wish, const struct entry *entry)
{
    if ((entry->stages & (1U << STAGE_HEADER)) != 0)
        want(wish, STAGE_HEADER);
    if ((entry->stages & (1U << STAGE_MESSAGE)) != 0)
        want(wish, STAGE_MESSAGE);
}

static void look_at(struct wish *wish, const struct eval *e, size_t index)
{
    const struct entry *entry = eval_entry(e, index);
    enum rule_state state = e->m != NULL ? (enum rule_state)e->m->states[index] : STATE_UNSEEN;
    unsigned marks = e->m != NULL ? e->m->marks[index] : 0;

    if ((state == STATE_CLOSED && marks == 0) || !entry_live(entry))
        return;
    if (state == STATE_UNSEEN || state == STATE_OPEN)
        want_facts(wish, entry);
    if (!entry_shadow(entry) && (state != STATE_CLOSED || (marks & MARK_FIRED) != 0))
        want_edits(wish, entry);
    if ((marks & MARK_UNCHECKED) != 0) {
        wish->interest |= INTEREST_EDITS;
        want(wish, STAGE_HEADER);
    }
}

/* The most that can come of all rules: once it has, the others need no look. A rule that fails and
 * counts as false marks the message, which is an edit. */
static unsigned most(const struct eval *e)
{
    unsigned stages = e->rules->stages;

    if (e->rules->edits || e->options.on_regex == VERDICT_CONTINUE ||
        (e->rules->asks_lookup && e->options.on_lookup == VERDICT_CONTINUE) ||
        (e->rules->asks_content && e->options.on_content == VERDICT_CONTINUE))
        return INTEREST_HEADER | INTEREST_MESSAGE | INTEREST_EDITS;
    return ((stages & (1U << STAGE_HEADER)) != 0 ? INTEREST_HEADER : 0) |
           ((stages & (1U << STAGE_MESSAGE)) != 0 ? INTEREST_MESSAGE : 0);
}

unsigned report_interest(const struct eval *e)
{
    const unsigned all = most(e);
    struct wish wish = {.now = e->m != NULL ? e->m->stage : STAGE_CONNECT};
    size_t end = e->m != NULL ? e->m->end_rule : e->rules->count;

    if (!eval_goes_on(e))
        return 0;
    /* The rule that ended the list is past the others, but its edits count. */
    for (size_t i = 0; i < e->rules->count && i <= end && wish.interest != all; i++)
        look_at(&wish, e, i);
    return wish.interest;
}

/* --- the report ------------------------------------------------------------------------------- */

/* Which rules a list of names takes in. */
enum choice { CHOICE_FIRED, CHOICE_FAILED };

static bool chosen(const struct eval *e, size_t index, enum choice choice)
{
    const struct message *m = e->m;
    bool shadow = entry_shadow(eval_entry(e, index));

    switch (choice) {
    case CHOICE_FIRED: return !shadow && (m->marks[index] & MARK_FIRED) != 0;
    case CHOICE_FAILED: break;
    }
    return !shadow && (m->marks[index] & MARK_FAILED) != 0 && index <= m->end_rule;
}

static bool shadow_held(const struct eval *e, size_t index)
{
    return entry_shadow(eval_entry(e, index)) && (e->m->marks[index] & MARK_FIRED) != 0;
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

/* Why each of the failed rules failed; none, and no failures, when memory is out. */
static const enum failure *name_causes(struct eval *e, size_t *count)
{
    enum failure *causes = *count > 0 ? arena_alloc(&e->texts, *count * sizeof(*causes)) : NULL;
    size_t done = 0;

    if (causes == NULL)
        *count = 0;
    for (size_t i = 0; done < *count; i++)
        if (chosen(e, i, CHOICE_FAILED))
            causes[done++] = eval_failure(e, i);
    return causes;
}

static struct eval_would_rule shadow_story(const struct eval *e, size_t index)
{
    struct eval_would_rule story = {.rule = eval_entry(e, index)->rule->name,
                                    .kind = VERDICT_CONTINUE};

    for (const struct shadow_verdict *s = e->m->shadows; s != NULL; s = s->next)
        if (s->rule == index) {
            story.kind = s->kind;
            story.reply = s->reply;
        }
    return story;
}

/* Of the shadow rules whose condition held, in file order; none when memory is out. */
static const struct eval_would_rule *tell_shadows(struct eval *e, size_t *count)
{
    struct eval_would_rule *stories;
    size_t total = 0;

    *count = 0;
    for (size_t i = 0; i < e->rules->count; i++)
        total += shadow_held(e, i);
    stories = total > 0 ? arena_alloc(&e->texts, total * sizeof(*stories)) : NULL;
    for (size_t i = 0; stories != NULL && i < e->rules->count; i++)
        if (shadow_held(e, i))
            stories[(*count)++] = shadow_story(e, i);
    return stories;
}

/* Writes what lists held of the questions in ${node}, or only counts where ${out} is NULL; returns
 * how many. */
static size_t take_listed(const struct eval *e, const struct entry *entry, const struct node *node,
                          struct eval_listed *out)
{
    const struct listed *listed;
    size_t count = 0;

    if (node->kind == CONDITION_NOT)
        return 0;
    for (size_t i = 0; node->kind != CONDITION_FIELD && i < node->count; i++)
        count += take_listed(e, entry, &node->children[i], out != NULL ? out + count : NULL);
    if (node->kind != CONDITION_FIELD)
        return count;
    listed = node->leaf->kind == LEAF_SESSION ? e->listed : e->m->listed;
    while (listed != NULL && listed->leaf != node->leaf)
        listed = listed->next;
    if (listed != NULL && out != NULL)
        *out = (struct eval_listed){entry->rule->name, listed->match};
    return listed != NULL;
}

/* The entries of lists that rules which fired have found. None when memory is out. */
static const struct eval_listed *name_listed(struct eval *e, size_t *count)
{
    size_t total = 0, done = 0;
    struct eval_listed *all;

    *count = 0;
    for (size_t i = 0; i < e->rules->count; i++)
        if (chosen(e, i, CHOICE_FIRED))
            total += take_listed(e, eval_entry(e, i), &eval_entry(e, i)->when, NULL);
    all = total > 0 ? arena_alloc(&e->texts, total * sizeof(*all)) : NULL;
    for (size_t i = 0; all != NULL && i < e->rules->count; i++)
        if (chosen(e, i, CHOICE_FIRED))
            done += take_listed(e, eval_entry(e, i), &eval_entry(e, i)->when, all + done);
    *count = done;
    return all;
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

/* Made with the verdict; after a session that ended in between, within one turn or not at all. */
static const struct edit_list *shadow_edits(struct eval *e)
{
    struct edit_list *list = arena_alloc(&e->texts, sizeof(*list));
    enum making_result result = MAKING_OK;
    size_t rule;

    if (list == NULL)
        return NULL;
    if (e->m->would_made)
        *list = e->m->would_edits;
    if (e->m->would_made || e->resuming || !effects_shadowed(e))
        return list;
    budget_begin(e);
    result = effects_make(e, true, true, list, &rule);
    budget_end(e);
    effects_drop(e);
    if (result != MAKING_OK)
        *list = (struct edit_list){.failed = result == MAKING_MEMORY};
    return list;
}

/* Whether no rule has done anything, as with nearly every message. */
static bool is_quiet(const struct eval *e)
{
    uint8_t any = 0;

    for (size_t i = 0; i < e->rules->count; i++)
        any |= e->m->marks[i];
    return any == 0;
}

static void report_message(struct eval *e, struct eval_report *report)
{
    struct message *m = e->m;

    report->score = facts_score(e, false);
    report->tags = name_tags(e, &report->tag_count);
    if (is_quiet(e))
        return;
    for (size_t i = 0; i < e->rules->count; i++)
        if ((m->marks[i] & MARK_UNCHECKED) != 0 && i <= m->end_rule)
            report->unchecked = true;
    report->rules = name_rules(e, CHOICE_FIRED, &report->rule_count);
    report->listed = name_listed(e, &report->listed_count);
    report->failures = name_rules(e, CHOICE_FAILED, &report->failure_count);
    report->causes = name_causes(e, &report->failure_count);
    report->skipped = &m->skipped;
    report->would.rules = tell_shadows(e, &report->would.rule_count);
    report->would.edits = shadow_edits(e);
}

struct eval_report report_make(struct eval *e)
{
    static const struct edit_list NO_EDITS = {.count = 0};
    struct eval_report report = {.logs = e->logs, .log_count = e->log_count};

    report.would.edits = report.skipped = &NO_EDITS;
    if (e->m != NULL)
        report_message(e, &report);
    if (report.would.edits == NULL)
        report.would.edits = &NO_EDITS;
    report.incomplete = arena_failed(&e->texts) || report.would.edits->failed;
    return report;
}
