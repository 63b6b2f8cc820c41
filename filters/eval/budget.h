/* budget: how long matching may take: per rule, per message, per turn (limits.match_time_*).
 *
 * The clock is read when so much has been searched, or so many rules were judged, that it could
 * matter, not every time; after a slow stretch at every search.
 */
#ifndef FILTERS_EVAL_BUDGET_H
#define FILTERS_EVAL_BUDGET_H

#include "filters/base/must_use.h"
#include "filters/eval/eval_private.h"

#define BUDGET_LOOK_SEARCHES 16      /* searches between two looks at the clock */
#define BUDGET_LOOK_BYTES    16384   /* or bytes searched */
#define BUDGET_SLOW_NS       1000000 /* a stretch this long: look at every search from now on */
#define BUDGET_LOOK_RULES    1024    /* or conditions judged, which may have searched nothing */
#define SPENT_UNIT_NS        16

/* budget_begin(e), budget_end(e): around each eval_feed; between two of them no time is counted. */
void budget_begin(struct eval *e);
void budget_end(struct eval *e);

/* budget_over(e, at): whether the asking rule, or the message, has no time left. Shadow rules have
 * a budget of their own, as large. */
bool budget_over(const struct eval *e, const struct standpoint *at);

/* budget_start(e, at): a search by ${at} is about to begin. */
void budget_start(struct eval *e, const struct standpoint *at);

/* budget_allows(e, at, pausable): whether ${at} may search now, which begins then: TRUTH_OPEN;
 * TRUTH_FAILED when its time is up; TRUTH_STOP, with STOP_MORE, when the turn is. */
enum truth budget_allows(struct eval *e, const struct standpoint *at, bool pausable);

/* budget_share(e): the search that begins is for all rules: its time is the message's alone. */
void budget_share(struct eval *e);

/* budget_charge(e, bytes, pausable): one search of ${bytes} is done. ${pausable}: its result, or
 * how far it came, is kept, so that the turn may end after it. Returns 0, or -1 when memory is out.
 */
MUST_USE int budget_charge(struct eval *e, size_t bytes, bool pausable);

/* budget_look(e): whatever was judged, the clock is read now. */
void budget_look(struct eval *e);

/* budget_passed(e, judged): a rule is done, whose condition was judged ${judged} times. Returns
 * whether the turn is over: between two rules nothing is under way that could be lost. */
static inline bool budget_passed(struct eval *e, size_t judged)
{
    e->budget.judged += judged;
    if (e->budget.judged >= BUDGET_LOOK_RULES)
        budget_look(e);
    return e->budget.late;
}

#endif
