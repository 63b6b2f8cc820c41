/* walk: the list of rules, from top to bottom (postern.conf(5), "Order and stages").
 *
 * On each event the list is walked once. What the rules above leave open is kept in views: for
 * rules that speak for the message, for rules of the recipient that is judged, and for shadow
 * rules.
 */
#ifndef FILTERS_EVAL_WALK_H
#define FILTERS_EVAL_WALK_H

#include "filters/eval/eval_private.h"

enum step {
    STEP_ON,   /* to the next rule */
    STEP_END,  /* the list has ended, for the message or for this recipient */
    STEP_STOP, /* in the middle; eval->stop says why */
};

/* walk_run(e): walks from e->m->walk.index to the end, or until it stops. */
enum step walk_run(struct eval *e);

/* walk_standpoint(e, view, recipient): that of the rule the walk is at. */
struct standpoint walk_standpoint(const struct eval *e, const struct view *view,
                                  const struct recipient *recipient);

/* walk_may_act(view, entry): whether nothing above holds the rule back. */
bool walk_may_act(const struct view *view, const struct entry *entry);

/* walk_leave_open(view, entry, fired): the rule is undecided or held back, and so holds back what
 * is below it. ${fired}: what it does to score and tags is done. */
static inline void walk_leave_open(struct view *view, const struct entry *entry, bool fired)
{
    view->all |= entry->terminal != NULL;
    view->refusal |= entry->passes;
    view->score_open |= entry->sets_score && !fired;
    view->tag_open |= entry->sets_tag && !fired;
}

/* walk_has_news(e, entry): whether the last event can have changed what is known of the rule. */
bool walk_has_news(const struct eval *e, const struct entry *entry);

/* walk_conclude(e, at): the rule's terminal action ends the list for the message. STEP_END, or
 * STEP_STOP. */
enum step walk_conclude(struct eval *e, const struct standpoint *at);

/* walk_failed(e, held): the rule could not be judged for the message; ${held}: refusals are held
 * back. STEP_ON with
 * *${open} set when that stays open, STEP_ON when it counts as false, or STEP_END. */
enum step walk_failed(struct eval *e, bool held, bool *open);

#endif
