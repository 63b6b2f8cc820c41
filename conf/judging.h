/* judging: what the configuration says of judging, as the engine wants it said. */
#ifndef CONF_JUDGING_H
#define CONF_JUDGING_H

#include "conf/config.h"
#include "filters/eval/eval.h"

/* judging_options(config, rules): the options of an eval of ${rules}, one of ${config}'s rulesets:
 * its time budgets, its memory, what a failure is worth. Scratch, clock and the rest are the
 * caller's to add. */
struct eval_options judging_options(const struct config *config, const struct ruleset *rules);

#endif
