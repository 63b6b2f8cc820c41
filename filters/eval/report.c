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
    if (entry->edits_header || entry->edits_envelope)
        want(wish, entry->text_stage);
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

unsigned report_interest(const struct eval *e)
{
    struct wish wish = {.now = e->m != NULL ? e->m->stage : STAGE_CONNECT};
    size_t end = e->m != NULL ? e->m->end_rule : e->rules->count;

    if (!eval_goes_on(e))
        return 0;
    /* The rule that ended the list is past the others, but its edits count. */
    for (size_t i = 0; i < e->rules->count && i <= end; i++)
        look_at(&wish, e, i);
    return wish.interest;
}

/* --- the score --- */

double report_score(const struct eval *e, bool shadow)
{
    double score = e->options.before != NULL ? report_score(e->options.before, shadow) : 0;

    for (size_t i = 0; e->m != NULL && i < e->rules->count; i++)
        if (entry_shadow(eval_entry(e, i)) == shadow && (e->m->marks[i] & MARK_FIRED) != 0)
            score += eval_entry(e, i)->score;
    return score;
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
    enum effects_result result = EFFECTS_OK;
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
    if (result != EFFECTS_OK)
        *list = (struct edit_list){.failed = result == EFFECTS_MEMORY};
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

    report->score = report_score(e, false);
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
    report->would.rules = tell_shadows(e, &report->would.rule_count);
    report->would.edits = shadow_edits(e);
}

/* --- final rules and those before --- */

/* Puts ${count} names before those of *${names}; leaves these alone when memory is out. */
static void put_before(struct eval *e, const struct slice *first, size_t count,
                       const struct slice **names, size_t *name_count)
{
    struct slice *all;

    if (count == 0)
        return;
    all = arena_alloc(&e->texts, (count + *name_count) * sizeof(*all));
    if (all == NULL)
        return;
    memcpy(all, first, count * sizeof(*all));
    if (*name_count > 0)
        memcpy(all + count, *names, *name_count * sizeof(*all));
    *names = all;
    *name_count += count;
}

static const struct edit_list *join_edits(struct eval *e, const struct edit_list *first,
                                          const struct edit_list *second)
{
    struct edit_list *all = first->count > 0 ? arena_alloc(&e->texts, sizeof(*all)) : NULL;

    if (all == NULL)
        return second;
    for (size_t i = 0; i < first->count + second->count && !all->failed; i++)
        all->failed |= edit_list_add(
            all, &e->texts, i < first->count ? &first->items[i] : &second->items[i - first->count]);
    return all;
}

static void join_would(struct eval *e, const struct eval_would *first, struct eval_would *would)
{
    size_t count = first->rule_count + would->rule_count;
    struct eval_would_rule *all = arena_alloc(&e->texts, (count + 1) * sizeof(*all));

    would->edits = join_edits(e, first->edits, would->edits);
    if (all == NULL || first->rule_count == 0)
        return;
    memcpy(all, first->rules, first->rule_count * sizeof(*all));
    for (size_t i = 0; i < would->rule_count; i++)
        all[first->rule_count + i] = would->rules[i];
    would->rules = all;
    would->rule_count = count;
}

static void join_failures(struct eval *e, const struct eval_report *first,
                          struct eval_report *report)
{
    size_t total = first->failure_count + report->failure_count;
    enum failure *causes = arena_alloc(&e->texts, (total + 1) * sizeof(*causes));

    if (causes == NULL || first->failure_count == 0)
        return;
    memcpy(causes, first->causes, first->failure_count * sizeof(*causes));
    for (size_t i = first->failure_count; i < total; i++)
        causes[i] = report->causes[i - first->failure_count];
    put_before(e, first->failures, first->failure_count, &report->failures, &report->failure_count);
    if (report->failure_count == total)
        report->causes = causes;
}

static void join_listed(struct eval *e, const struct eval_report *first, struct eval_report *report)
{
    size_t total = first->listed_count + report->listed_count;
    struct eval_listed *all =
        first->listed_count > 0 ? arena_alloc(&e->texts, total * sizeof(*all)) : NULL;

    if (all == NULL)
        return;
    memcpy(all, first->listed, first->listed_count * sizeof(*all));
    for (size_t i = first->listed_count; i < total; i++)
        all[i] = report->listed[i - first->listed_count];
    report->listed = all;
    report->listed_count = total;
}

static struct eval_report join(struct eval *e, struct eval_report report)
{
    struct eval_report first = report_make(e->options.before);

    if (e->m == NULL) {
        report.score = first.score;
        report.tags = first.tags;
        report.tag_count = first.tag_count;
    }
    put_before(e, first.rules, first.rule_count, &report.rules, &report.rule_count);
    put_before(e, first.logs, first.log_count, &report.logs, &report.log_count);
    join_listed(e, &first, &report);
    join_failures(e, &first, &report);
    report.unchecked = report.unchecked || first.unchecked;
    report.incomplete = first.incomplete;
    join_would(e, &first.would, &report.would);
    return report;
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
    if (e->options.before != NULL)
        report = join(e, report);
    report.incomplete = report.incomplete || arena_failed(&e->texts) || report.would.edits->failed;
    return report;
}
