/* chain_conditions: which milters of a policy are asked in one session: their `when`, judged with
 * the same facts as rules are.
 */
#ifndef PROXY_INSPECT_CHAIN_CONDITIONS_H
#define PROXY_INSPECT_CHAIN_CONDITIONS_H

#include "filters/eval/eval.h"
#include "filters/match/pattern.h"
#include "proxy/milter/chain.h"

struct chain_conditions;
struct config;
struct policy;

/* chain_conditions_create(config, policy, scratch): for one session; all three must outlive it.
 * NULL when out of memory. chain_conditions_destroy(NULL) does nothing. */
struct chain_conditions *chain_conditions_create(const struct config *config,
                                                 const struct policy *policy,
                                                 struct pattern_scratch *scratch);
void chain_conditions_destroy(struct chain_conditions *conditions);

/* chain_conditions_feed(conditions, event): as eval_feed, up to EVENT_DATA, before chain_feed is
 * called with the same event. Returns false when the same event must be fed again: after the
 * answers to chain_conditions_questions or, when there are none, in another turn of the loop.
 * chain_conditions_reset(conditions): the message is over. */
bool chain_conditions_feed(struct chain_conditions *conditions, const struct event *event);

/* chain_conditions_hear(conditions, event): takes in EVENT_CONNECT to AUTH. What cannot be judged
 * at once is judged with the next MAIL. */
void chain_conditions_hear(struct chain_conditions *conditions, const struct event *event);

/* chain_conditions_questions(conditions): what must be answered before the same event is fed again,
 * for all of them, each once, as eval_questions; NULL: nothing. chain_conditions_answer(conditions,
 * question, answer): as eval_answer. */
const struct question *chain_conditions_questions(const struct chain_conditions *conditions);
void chain_conditions_answer(struct chain_conditions *conditions, const struct question *question,
                             const struct answer *answer);
void chain_conditions_reset(struct chain_conditions *conditions);

/* chain_conditions_when(conditions, index): as known now. A condition that cannot be judged (a
 * pattern beyond its limits) counts as one that holds: the milter is asked rather than passed by.
 */
enum chain_when chain_conditions_when(const struct chain_conditions *conditions, size_t index);

#endif
