/* judging: what the configuration says of judging, as the engine wants it said: the only place that
 * makes an eval of a policy.
 */
#ifndef CONF_JUDGING_H
#define CONF_JUDGING_H

#include "filters/eval/eval.h"

struct config;
struct policy;

/* What a session lends to those who judge it; all of it outlives them. As in struct eval_options.
 */
struct judging {
    struct pattern_scratch *scratch;
    uint64_t (*clock_ns)(void *ctx); /* called with ctx NULL */
    uint64_t turn_ns;
    const struct eval_trace *trace;
};

/* judging_eval(config, policy, lent): an eval of ${policy}'s rules and final rules, for one
 * session, with ${config}'s time budgets, its memory, and what a failure is worth; ${config} must
 * outlive it. NULL when out of memory. */
struct eval *judging_eval(const struct config *config, const struct policy *policy,
                          const struct judging *lent);

/* judging_when(config, when, lent): the same of ${when}, which says whether a milter is asked, by
 * one rule that refuses where it is. What cannot be judged refuses too, whatever on_failure says.
 */
struct eval *judging_when(const struct config *config, const struct ruleset *when,
                          const struct judging *lent);

#endif
