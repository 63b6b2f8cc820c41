/* condition: see condition.h. */
#include "filters/eval/condition.h"

#include "filters/eval/facts_mailbox.h"
#include "filters/eval/match.h"
#include "filters/eval/questions.h"

/* --- leaves ----------------------------------------------------------------------------------- */

/* Answers of shadow rules count for nobody else when their time was out. */
static bool keeps(const struct standpoint *at, enum truth answer)
{
    return answer == TRUTH_TRUE || answer == TRUTH_FALSE || (answer == TRUTH_FAILED && !at->shadow);
}

static enum truth ask_message(struct eval *e, const struct leaf *leaf, const struct standpoint *at)
{
    uint8_t *kept = &e->m->answers[leaf->index];
    enum truth answer = (enum truth) * kept;

    if (answer != TRUTH_OPEN)
        return answer;
    if (!facts_known(e, leaf->field, leaf->stage)) {
        if (leaf->field != FIELD_SIZE || !at->declared)
            return TRUTH_OPEN;
        return match_leaf(e, leaf, at, false); /* a claim: never kept */
    }
    answer = match_leaf(e, leaf, at, true);
    if (keeps(at, answer))
        *kept = (uint8_t)answer;
    return answer;
}

/* Captures are the message's, so a leaf that has them is asked again for each message. */
static enum truth ask_session(struct eval *e, const struct leaf *leaf, const struct standpoint *at)
{
    uint8_t *kept = &e->session_answers[leaf->slot];
    enum truth answer;

    if (*kept != TRUTH_OPEN && leaf->captures == SLICE_NOT_FOUND)
        return (enum truth) * kept;
    answer = ask_message(e, leaf, at);
    if (keeps(at, answer) && answer != TRUTH_FAILED)
        *kept = (uint8_t)answer;
    return answer;
}

/* Whether the captures at hand are another recipient's. */
static bool captures_of_other(const struct eval *e, const struct leaf *leaf,
                              const struct recipient *recipient)
{
    const struct captures *captures;

    if (leaf->captures == SLICE_NOT_FOUND)
        return false;
    captures = e->m->captures[leaf->captures];
    return captures == NULL || captures->recipient != recipient;
}

static enum truth ask_recipient(struct eval *e, const struct leaf *leaf,
                                const struct standpoint *at)
{
    uint8_t *kept = &at->recipient->answers[leaf->slot];
    enum truth answer = (enum truth) * kept;

    if (answer != TRUTH_OPEN &&
        (answer != TRUTH_TRUE || !captures_of_other(e, leaf, at->recipient)))
        return answer;
    /* To get its captures back it is asked in one go, or another's progress would be lost. */
    answer = match_leaf(e, leaf, at, answer == TRUTH_OPEN);
    if (keeps(at, answer))
        *kept = (uint8_t)answer;
    return answer;
}

/* For a rule that speaks for the message: some accepted recipient. */
static enum truth ask_recipients(struct eval *e, const struct leaf *leaf,
                                 const struct standpoint *at)
{
    struct standpoint one = *at;
    enum truth all = TRUTH_FALSE;

    if (at->recipient != NULL)
        return ask_recipient(e, leaf, at);
    if (e->m->stage < STAGE_DATA)
        return TRUTH_OPEN;
    for (one.recipient = e->m->recipients; one.recipient != NULL;
         one.recipient = one.recipient->next) {
        enum truth answer = ask_recipient(e, leaf, &one);

        if (answer == TRUTH_TRUE || answer == TRUTH_STOP)
            return answer;
        if (answer == TRUTH_FAILED)
            all = TRUTH_FAILED;
    }
    return all;
}

static enum truth ask_running(struct eval *e, const struct leaf *leaf, const struct standpoint *at)
{
    if (leaf->field == FIELD_SCORE ? at->score_open : at->tag_open)
        return TRUTH_OPEN;
    return match_leaf(e, leaf, at, false);
}

static enum truth ask_known(struct eval *e, const struct leaf *leaf, const struct standpoint *at)
{
    switch (leaf->kind) {
    case LEAF_SESSION: return ask_session(e, leaf, at);
    case LEAF_MESSAGE: return ask_message(e, leaf, at);
    case LEAF_RECIPIENT: return ask_recipients(e, leaf, at);
    case LEAF_RUNNING: return ask_running(e, leaf, at);
    }
    return TRUTH_OPEN;
}

static enum truth want(struct eval *e, const struct question *question)
{
    return questions_want(e, question) == 0 ? TRUTH_ASKED : eval_stop_memory(e);
}

/* Nobody knows the answer. That memory is out is no matter of the message. */
static enum truth lookup_failed(struct eval *e, enum question_kind kind)
{
    bool content = kind == QUESTION_CONTENT;

    if (content && questions_content_result(e) == CONTENT_MEMORY)
        return eval_stop_memory(e);
    e->failed |= 1U << (content ? FAILURE_CONTENT : FAILURE_LOOKUP);
    return TRUTH_FAILED;
}

/* Of a field that is looked up: TRUTH_OPEN when its value is there to be judged, or cannot be asked
 * for yet. */
static enum truth look_up(struct eval *e, const struct leaf *leaf)
{
    struct question question = facts_question(e, leaf);

    if (!facts_known(e, leaf->field, leaf->stage))
        return TRUTH_OPEN;
    switch (questions_state(e, &question)) {
    case LOOKUP_NONE:
    case LOOKUP_WANTED:
    case LOOKUP_ASKED: return want(e, &question);
    case LOOKUP_KNOWN: return TRUTH_OPEN;
    case LOOKUP_FAILED: break;
    }
    return lookup_failed(e, question.kind);
}

static enum truth ask(struct eval *e, const struct leaf *leaf, const struct standpoint *at)
{
    enum truth answer = leaf->looked_up ? look_up(e, leaf) : TRUTH_OPEN;

    if (answer != TRUTH_OPEN)
        return answer;
    answer = ask_known(e, leaf, at);
    if (answer == TRUTH_FAILED)
        e->failed |= 1U << (facts_mailbox_unread(e, leaf->field) ? FAILURE_CONTENT : FAILURE_REGEX);
    return answer;
}

/* --- trees ------------------------------------------------------------------------------------ */

static enum truth judge(struct eval *e, const struct node *node, const struct standpoint *at);

/* Which of two parts that do not settle the whole speaks for it. What is undecided may still become
 * what settles it, so it weighs more than a failure. A question is asked only when all else is
 * known: who waits for a later fact may never need the answer. */
static unsigned weight(enum truth truth)
{
    if (truth == TRUTH_OPEN)
        return 3;
    if (truth == TRUTH_ASKED)
        return 2;
    return truth == TRUTH_FAILED ? 1 : 0;
}

/* Judges children until one is ${settling}. */
static enum truth judge_children(struct eval *e, const struct node *node,
                                 const struct standpoint *at, enum truth settling)
{
    enum truth result = settling == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;

    for (size_t i = 0; i < node->count; i++) {
        enum truth child = judge(e, &node->children[i], at);

        if (child == settling || child == TRUTH_STOP)
            return child;
        if (weight(child) > weight(result))
            result = child;
    }
    return result;
}

static enum truth opposite(enum truth truth)
{
    if (truth == TRUTH_TRUE)
        return TRUTH_FALSE;
    return truth == TRUTH_FALSE ? TRUTH_TRUE : truth;
}

static enum truth judge(struct eval *e, const struct node *node, const struct standpoint *at)
{
    switch (node->kind) {
    case CONDITION_ALL: return judge_children(e, node, at, TRUTH_FALSE);
    case CONDITION_ANY: return judge_children(e, node, at, TRUTH_TRUE);
    case CONDITION_NOT: return opposite(judge(e, &node->children[0], at));
    case CONDITION_FIELD: return ask(e, node->leaf, at);
    }
    return TRUTH_OPEN;
}

enum truth condition_part(struct eval *e, const struct node *node, const struct standpoint *at)
{
    enum truth truth = judge(e, node, at);

    if (e->questions.wanted)
        questions_unwant(e);
    return truth;
}

/* Why the condition failed; of several reasons, the first that refuses. */
static enum failure reason(const struct eval *e)
{
    static const enum failure REASONS[] = {FAILURE_REGEX, FAILURE_CONTENT, FAILURE_LOOKUP};
    enum failure last = FAILURE_REGEX;

    for (size_t i = 0; i < sizeof(REASONS) / sizeof(*REASONS); i++) {
        if ((e->failed & 1U << REASONS[i]) == 0)
            continue;
        last = REASONS[i];
        if (eval_on(e, last) != VERDICT_CONTINUE)
            break;
    }
    return last;
}

/* A rule acts when what its texts name is known too, or cannot be. What is not there yet is asked
 * for when the edits are made. */
enum truth condition_texts(struct eval *e, const struct entry *entry)
{
    enum truth all = TRUTH_TRUE;

    for (unsigned field = 0; field < FIELD_COUNT && all != TRUTH_STOP; field++) {
        struct leaf leaf = {.field = (enum field_id)field};

        if ((entry->text_asks >> field & 1) == 0 ||
            !facts_known(e, leaf.field, field_get(leaf.field)->stage))
            continue;
        struct question question = facts_question(e, &leaf);
        if (questions_state(e, &question) < LOOKUP_KNOWN)
            all = want(e, &question);
    }
    return all;
}

enum truth condition_judge(struct eval *e, const struct node *node, const struct standpoint *at)
{
    const struct entry *entry = eval_entry(e, at->rule);
    enum truth truth;

    e->failed = 0;
    truth = judge(e, node, at);
    if (truth == TRUTH_FAILED)
        eval_set_failure(e, at->rule, reason(e));
    if (truth != TRUTH_ASKED && e->questions.wanted)
        questions_unwant(e);
    if (truth == TRUTH_TRUE && entry->text_asks != 0)
        truth = condition_texts(e, entry);
    if (truth != TRUTH_ASKED)
        return truth;
    questions_ask(e);
    e->stop = STOP_ASKED;
    return TRUTH_STOP;
}

/* --- captures --------------------------------------------------------------------------------- */

static const struct captures *of_all(struct eval *e, const struct node *node,
                                     const struct standpoint *at, enum capture_kind kind)
{
    const struct captures *captures = NULL;

    for (size_t i = node->count; captures == NULL && i > 0; i--)
        captures = condition_captures(e, &node->children[i - 1], at, kind);
    return captures;
}

static const struct captures *of_any(struct eval *e, const struct node *node,
                                     const struct standpoint *at, enum capture_kind kind)
{
    for (size_t i = 0; i < node->count; i++)
        if (judge(e, &node->children[i], at) == TRUTH_TRUE)
            return condition_captures(e, &node->children[i], at, kind);
    return NULL;
}

static const struct captures *of_leaf(const struct eval *e, const struct leaf *leaf,
                                      enum capture_kind kind)
{
    const struct captures *captures;

    if (leaf->captures == SLICE_NOT_FOUND)
        return NULL;
    captures = e->m->captures[leaf->captures];
    if (captures == NULL || !captures->set)
        return NULL;
    if (kind == CAPTURE_GROUPS)
        return captures->match.count > 0 ? captures : NULL;
    if (kind == CAPTURE_MATCHED)
        return captures;
    return captures->listtext.len > 0 ? captures : NULL;
}

const struct captures *condition_captures(struct eval *e, const struct node *node,
                                          const struct standpoint *at, enum capture_kind kind)
{
    switch (node->kind) {
    case CONDITION_ALL: return of_all(e, node, at, kind);
    case CONDITION_ANY: return of_any(e, node, at, kind);
    case CONDITION_FIELD: return of_leaf(e, node->leaf, kind);
    case CONDITION_NOT: break;
    }
    return NULL;
}
