/* chain_conditions: see chain_conditions.h. */
#include "proxy/inspect/chain_conditions.h"

#include <stdlib.h>

#include "conf/judging.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "proxy/inspect/turns.h"

struct chain_conditions {
    size_t count;
    struct {
        struct eval *eval; /* NULL: it is always asked */
        enum chain_when decided;
        bool due; /* the event must be fed, or fed again */
    } milters[];
};

struct chain_conditions *chain_conditions_create(const struct config *config,
                                                 const struct policy *policy,
                                                 struct pattern_scratch *scratch)
{
    const struct judging lent = {
        .scratch = scratch, .clock_ns = loop_clock_ns, .turn_ns = TURNS_JUDGING_NS};
    size_t count = policy->milter_count;
    struct chain_conditions *conditions =
        calloc(1, sizeof(*conditions) + count * sizeof(conditions->milters[0]));

    if (conditions == NULL)
        return NULL;
    conditions->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct ruleset *when = policy->milters[i].when;

        conditions->milters[i].decided = when != NULL ? CHAIN_UNDECIDED : CHAIN_YES;
        if (when == NULL)
            continue;
        conditions->milters[i].eval = judging_when(config, when, &lent);
        if (conditions->milters[i].eval == NULL) {
            chain_conditions_destroy(conditions);
            return NULL;
        }
    }
    return conditions;
}

void chain_conditions_destroy(struct chain_conditions *conditions)
{
    if (conditions == NULL)
        return;
    for (size_t i = 0; i < conditions->count; i++)
        eval_destroy(conditions->milters[i].eval);
    free(conditions);
}

/* Its one rule refuses when it holds; so does a failure to judge it. A login decides nothing
 * (eval.h): what was known ${before} it stays. */
static enum chain_when judge(struct eval *eval, const struct event *event, enum chain_when before,
                             bool *more)
{
    struct verdict verdict = eval_feed(eval, event);

    *more = verdict.kind == VERDICT_MORE;
    if (verdict_refuses(verdict.kind))
        return CHAIN_YES;
    if (event->kind == EVENT_AUTH)
        return before;
    return eval_outcome(eval, false, 0) == OUTCOME_NO ? CHAIN_NO : CHAIN_UNDECIDED;
}

static bool any_due(const struct chain_conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (conditions->milters[i].due)
            return true;
    return false;
}

bool chain_conditions_feed(struct chain_conditions *conditions, const struct event *event)
{
    bool again = any_due(conditions);

    for (size_t i = 0; i < conditions->count; i++)
        conditions->milters[i].due =
            conditions->milters[i].eval != NULL && (!again || conditions->milters[i].due);
    for (size_t i = 0; i < conditions->count; i++) {
        struct eval *eval = conditions->milters[i].eval;
        enum chain_when *decided = &conditions->milters[i].decided;
        bool *due = &conditions->milters[i].due;

        if (*due)
            *decided = judge(eval, event, *decided, due);
        if (*due && eval_questions(eval) == NULL)
            return false; /* the turn is over */
    }
    return !any_due(conditions);
}

const struct question *chain_conditions_questions(const struct chain_conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct question *asked =
            conditions->milters[i].due ? eval_questions(conditions->milters[i].eval) : NULL;

        if (asked != NULL)
            return asked;
    }
    return NULL;
}

void chain_conditions_answer(struct chain_conditions *conditions, const struct question *question,
                             const struct answer *answer)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (conditions->milters[i].eval != NULL)
            eval_answer(conditions->milters[i].eval, question, answer);
}

static void reset(struct chain_conditions *conditions, size_t index)
{
    eval_reset(conditions->milters[index].eval);
    conditions->milters[index].due = false;
    conditions->milters[index].decided = CHAIN_UNDECIDED;
}

void chain_conditions_reset(struct chain_conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (conditions->milters[i].eval != NULL)
            reset(conditions, i);
}

void chain_conditions_hear(struct chain_conditions *conditions, const struct event *event)
{
    for (size_t i = 0; i < conditions->count; i++) {
        struct eval *eval = conditions->milters[i].eval;
        enum chain_when *decided = &conditions->milters[i].decided;
        bool more = false;

        if (eval != NULL)
            *decided = judge(eval, event, *decided, &more);
        if (more)
            reset(conditions, i);
    }
}

enum chain_when chain_conditions_when(const struct chain_conditions *conditions, size_t index)
{
    return conditions->milters[index].decided;
}
