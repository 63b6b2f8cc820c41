/* miss: see miss.h. The condition is judged once more, from the answers that are kept. */
#include "filters/eval/miss.h"

#include <stdio.h>

#include "filters/eval/budget.h"
#include "filters/eval/condition.h"
#include "filters/eval/match.h"
#include "filters/eval/report.h"

/* From where the rule was judged, for the message; before DATA for the last recipient. */
static struct standpoint standpoint_of(const struct eval *e, size_t index)
{
    const struct message *m = e->m;
    struct standpoint at = {.rule = index,
                            .shadow = entry_shadow(eval_entry(e, index)),
                            .declared = m->stage < STAGE_MESSAGE};

    if (m->stage < STAGE_DATA)
        at.recipient = m->current != NULL ? m->current : m->recipients;
    if (e->before != NULL)
        at.score = facts_score(e->before, false);
    for (size_t i = 0; i < index; i++) {
        const struct entry *above = eval_entry(e, i);

        if ((m->marks[i] & MARK_FIRED) != 0 && (at.shadow || !entry_shadow(above)))
            at.score += above->score;
    }
    return at;
}

/* The child that kept ${node} from being ${wanted}: the first that settles the opposite, or, where
 * it takes all of them for that, the first. */
static const struct node *guilty_child(struct eval *e, const struct node *node,
                                       const struct standpoint *at, enum truth wanted)
{
    enum truth settling = node->kind == CONDITION_ALL ? TRUTH_FALSE : TRUTH_TRUE;

    if (settling == wanted)
        return node->count > 0 ? &node->children[0] : NULL;
    for (size_t i = 0; i < node->count; i++)
        if (condition_part(e, &node->children[i], at) == settling)
            return &node->children[i];
    return NULL;
}

/* The leaf that kept ${node} from being ${*wanted}, which becomes what the leaf is not. */
static const struct leaf *guilty_leaf(struct eval *e, const struct node *node,
                                      const struct standpoint *at, enum truth *wanted)
{
    while (node != NULL) {
        switch (node->kind) {
        case CONDITION_ALL:
        case CONDITION_ANY: node = guilty_child(e, node, at, *wanted); break;
        case CONDITION_NOT:
            node = &node->children[0];
            *wanted = *wanted == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
            break;
        case CONDITION_FIELD: return node->leaf;
        }
    }
    return NULL;
}

static void take_value(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                       const struct value *value, struct eval_miss *miss)
{
    int len;

    if (miss->count++ > 0)
        return;
    miss->value = value->text;
    if (!miss->held)
        miss->list = match_listing(e, leaf, at, value);
    if (field_get(miss->field)->type != FIELD_TYPE_NUMBER)
        return;
    len = snprintf(miss->number, sizeof(miss->number), "%.10g", value->number);
    miss->value = slice_make(miss->number, len > 0 ? (size_t)len : 0);
}

/* What the leaf has seen; of an accepted recipient each, as far as there are several. */
static void take_values(struct eval *e, const struct leaf *leaf, const struct standpoint *at,
                        struct eval_miss *miss)
{
    struct standpoint one = *at;
    struct value value;
    size_t cursor = 0;

    if (leaf->kind != LEAF_RECIPIENT || at->recipient != NULL) {
        while (facts_value(e, leaf, at, &cursor, &value) > 0)
            take_value(e, leaf, at, &value, miss);
        return;
    }
    for (one.recipient = e->m->recipients; one.recipient != NULL;
         one.recipient = one.recipient->next)
        for (cursor = 0; facts_value(e, leaf, &one, &cursor, &value) > 0;)
            take_value(e, leaf, &one, &value, miss);
}

bool miss_find(struct eval *e, size_t index, struct eval_miss *miss)
{
    enum truth wanted = TRUTH_TRUE;
    struct standpoint at;
    const struct leaf *leaf;

    *miss = (struct eval_miss){.count = 0};
    if (report_outcome(e, index) != OUTCOME_NO)
        return false;
    at = standpoint_of(e, index);
    budget_begin(e);
    leaf = guilty_leaf(e, &eval_entry(e, index)->when, &at, &wanted);
    if (leaf != NULL) {
        miss->field = leaf->field;
        miss->name = leaf->name;
        miss->held = wanted == TRUTH_FALSE;
        take_values(e, leaf, &at, miss);
    }
    budget_end(e);
    return leaf != NULL;
}
