/* step: see step.h. */
#include "filters/eval/step.h"

#include "filters/eval/fire.h"

enum step step_conclude(struct eval *e, const struct standpoint *at)
{
    const struct entry *entry = eval_entry(e, at->rule);
    struct verdict verdict;

    if (fire_verdict(e, at, fire_message_scope(e, entry), &verdict) != 0)
        return STEP_STOP;
    eval_conclude(e, at->rule, &verdict);
    return STEP_END;
}

void step_route(struct eval *e, struct recipient *recipient, const struct standpoint *at)
{
    uint32_t *by = recipient != NULL ? &recipient->routed_by : &e->m->routed_by;

    if (eval_entry(e, at->rule)->route.len > 0 && (*by == NO_RULE || at->rule > *by))
        *by = (uint32_t)at->rule;
}

enum step step_failed(struct eval *e, bool held, bool *open)
{
    size_t index = e->m->walk.index;
    struct verdict verdict;

    *open = false;
    if (eval_on_failure(e, index) == VERDICT_CONTINUE) {
        e->m->marks[index] |= MARK_FAILED | MARK_UNCHECKED;
        e->m->edits_stale = true;
        return STEP_ON;
    }
    if (held) {
        *open = true;
        return STEP_ON;
    }
    e->m->marks[index] |= MARK_FAILED;
    verdict = fire_failure(e, index, fire_message_scope(e, eval_entry(e, index)));
    eval_conclude(e, index, &verdict);
    return STEP_END;
}
