/* chain_conditions: see chain_conditions.h. */
#include "proxy/inspect/chain_conditions.h"

#include <stdlib.h>

#include "conf/judging.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "proxy/inspect/turns.h"

#define ASKED_BLOCK_BYTES 256
#define ASKED_BYTES_MAX   65536

struct chain_conditions {
    struct arena arena;           /* of ${asked} */
    const struct question *asked; /* by all of them, since the last event */
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
    arena_init(&conditions->arena, ASKED_BLOCK_BYTES, ASKED_BYTES_MAX);
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
    arena_fini(&conditions->arena);
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

static bool is_asked(const struct chain_conditions *conditions, const struct question *question)
{
    const struct question *asked = conditions->asked;

    while (asked != NULL && !question_same(asked, question))
        asked = asked->next;
    return asked != NULL;
}

/* Adds what one of them asks and no other has. A question that memory is out for is not asked, and
 * so has failed: that milter is asked. */
static void add_questions(struct chain_conditions *conditions, const struct question *question)
{
    for (; question != NULL; question = question->next) {
        struct question *copy;

        if (is_asked(conditions, question))
            continue;
        copy = arena_alloc(&conditions->arena, sizeof(*copy));
        if (copy == NULL)
            return;
        *copy = *question;
        copy->next = conditions->asked;
        conditions->asked = copy;
    }
}

static void forget_questions(struct chain_conditions *conditions)
{
    if (conditions->asked != NULL)
        arena_reset(&conditions->arena);
    conditions->asked = NULL;
}

bool chain_conditions_feed(struct chain_conditions *conditions, const struct event *event)
{
    bool again = any_due(conditions);

    forget_questions(conditions);
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
        if (*due)
            add_questions(conditions, eval_questions(eval));
    }
    return !any_due(conditions);
}

const struct question *chain_conditions_questions(const struct chain_conditions *conditions)
{
    return conditions->asked;
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
    forget_questions(conditions);
    for (size_t i = 0; i < conditions->count; i++)
        if (conditions->milters[i].eval != NULL)
            reset(conditions, i);
}

void chain_conditions_hear(struct chain_conditions *conditions, const struct event *event)
{
    forget_questions(conditions);
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
