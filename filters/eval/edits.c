/* edits: see edits.h. */
#include "filters/eval/edits.h"

#include "filters/eval/budget.h"
#include "filters/eval/condition.h"
#include "filters/eval/effects.h"
#include "filters/eval/fire.h"
#include "filters/eval/questions.h"
#include "filters/eval/report.h"

/* What to say when edits that were meant cannot be made. */
static void conclude(struct eval *e, enum making_result result, size_t rule)
{
    struct verdict verdict;

    if (result == MAKING_MEMORY) {
        fire_conclude_memory(e);
        return;
    }
    if (result == MAKING_DKIM) {
        verdict = fire_breaks_dkim(e, rule);
        eval_conclude(e, rule > e->m->end_rule ? rule : e->m->end_rule, &verdict);
        return;
    }
    eval_set_failure(e, rule, result == MAKING_CONTENT ? FAILURE_CONTENT : FAILURE_REGEX);
    verdict = fire_failure(e, rule, SCOPE_MESSAGE);
    if (result == MAKING_ADDRESS || result == MAKING_UTF8)
        verdict = fire_bad_address(e, rule, SCOPE_MESSAGE, result == MAKING_UTF8);
    e->m->marks[rule] |= MARK_FAILED;
    e->verdict = verdict;
    e->concluded = true;
    if (rule > e->m->end_rule)
        e->m->end_rule = rule;
}

/* Returns whether that is to go on in another turn, only when ${pausable}. */
static bool make(struct eval *e, bool pausable)
{
    size_t rule;
    enum making_result result;

    if (!e->m->edits_stale)
        return false;
    result = effects_make(e, false, pausable, &e->m->edits, &rule);
    if (result == MAKING_MORE)
        return true;
    e->m->edits_stale = false;
    if (result == MAKING_OK)
        return false;
    e->m->edits.count = 0;
    conclude(e, result, rule);
    return false;
}

/* The same for the edits of shadow rules, that only the report tells of. */
static bool make_would_edits(struct eval *e)
{
    struct message *m = e->m;
    size_t rule;
    enum making_result result;

    if (m->would_made)
        return false;
    result = effects_make(e, true, true, &m->would_edits, &rule);
    if (result == MAKING_MORE)
        return true;
    m->would_made = true;
    if (result != MAKING_OK)
        m->would_edits = (struct edit_list){.failed = result == MAKING_MEMORY};
    return false;
}

/* Whether nobody will ask for more facts, so that the edits must be possible now. */
static bool edits_are_due(const struct eval *e)
{
    unsigned interest;

    if (e->m->stage < STAGE_DATA || !eval_goes_on(e))
        return false;
    if (e->m->stage == STAGE_MESSAGE)
        return true;
    interest = report_interest(e);
    return e->m->stage == STAGE_HEADER ? (interest & INTEREST_MESSAGE) == 0 : interest == 0;
}

/* What the edits of rules name that fired before it was there. Returns whether it is asked for. */
static bool ask_for_texts(struct eval *e)
{
    enum truth all = TRUTH_TRUE;

    for (size_t i = 0; i < e->rules->count && all != TRUTH_STOP; i++) {
        const struct entry *entry = eval_entry(e, i);
        enum truth one = TRUTH_TRUE;

        if ((e->m->marks[i] & MARK_FIRED) != 0 && entry->text_stage == STAGE_MESSAGE)
            one = condition_texts(e, entry);
        all = one != TRUTH_TRUE ? one : all;
    }
    if (all == TRUTH_STOP)
        fire_conclude_memory(e);
    if (all != TRUTH_ASKED)
        return false;
    questions_ask(e);
    return true;
}

bool edits_make_due(struct eval *e)
{
    if (e->rules->texts_ask && e->m->stage == STAGE_MESSAGE && eval_goes_on(e) && ask_for_texts(e))
        return true;
    if (edits_are_due(e) && make(e, true))
        return true;
    if (!e->concluded && e->m->stage < STAGE_MESSAGE)
        return false;
    return effects_shadowed(e) && make_would_edits(e);
}

void edits_make(struct eval *e)
{
    budget_begin(e);
    (void)make(e, false);
    budget_end(e);
}
