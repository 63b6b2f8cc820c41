/* step: what the walk through the list does with one rule, whoever it speaks for. */
#ifndef FILTERS_EVAL_STEP_H
#define FILTERS_EVAL_STEP_H

#include "filters/eval/eval_private.h"

enum step {
    STEP_ON,   /* to the next rule */
    STEP_END,  /* the list has ended, for the message or for this recipient */
    STEP_STOP, /* in the middle; eval->stop says why */
};

/* step_standpoint(e, view, recipient): that of the rule the walk is at. */
static inline struct standpoint step_standpoint(const struct eval *e, const struct view *view,
                                                const struct recipient *recipient)
{
    const struct walk *w = &e->m->walk;

    return (struct standpoint){
        .rule = w->index,
        .recipient = recipient,
        .score = w->score,
        .score_open = view->score_open,
        .tag_open = view->tag_open,
    };
}

/* step_may_act(view, entry): whether nothing above holds the rule back. */
static inline bool step_may_act(const struct view *view, const struct entry *entry)
{
    return entry->refuses ? !view->refusal : !view->all;
}

/* step_leave_open(view, entry, fired): the rule is undecided or held back, and so holds back what
 * is below it. ${fired}: what it does to score and tags is done. */
static inline void step_leave_open(struct view *view, const struct entry *entry, bool fired)
{
    view->all |= entry->terminal != NULL;
    view->refusal |= entry->passes;
    view->score_open |= entry->sets_score && !fired;
    view->tag_open |= entry->sets_tag && !fired;
}

/* step_has_news(e, entry): whether the last event can have changed what is known of the rule. */
static inline bool step_has_news(const struct eval *e, const struct entry *entry)
{
    if (entry->names_score || entry->names_tag || entry->names_size)
        return true;
    if (entry->names_recipient && e->m->stage == STAGE_DATA)
        return true;
    return (entry->stages & e->m->news) != 0;
}

/* step_conclude(e, at): the rule's terminal action ends the list for the message. STEP_END, or
 * STEP_STOP. */
enum step step_conclude(struct eval *e, const struct standpoint *at);

/* step_route(e, recipient, at): the rule, which acts, routes ${recipient}, or the message where
 * that is NULL, if it says so and none below it in the list does. */
void step_route(struct eval *e, struct recipient *recipient, const struct standpoint *at);

/* step_failed(e, held, open): the rule could not be judged for the message; ${held}: refusals are
 * held back. STEP_ON with *${open} set when that stays open, STEP_ON when it counts as false, or
 * STEP_END. */
enum step step_failed(struct eval *e, bool held, bool *open);

#endif
