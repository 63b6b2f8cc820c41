/* facts_take: takes in what a session tells; the values that come of it are told by facts. */
#ifndef FILTERS_EVAL_FACTS_TAKE_H
#define FILTERS_EVAL_FACTS_TAKE_H

#include "filters/base/must_use.h"
#include "filters/eval/eval_private.h"

/* facts_take_connect(e, event), facts_take_helo(e, event), facts_take_auth(e, event): facts of
 * before are replaced. 0, or -1 when memory is out. */
MUST_USE int facts_take_connect(struct eval *e, const struct event *event);
MUST_USE int facts_take_helo(struct eval *e, const struct event *event);
MUST_USE int facts_take_auth(struct eval *e, const struct event *event);

/* facts_take_tls(arena, tls, out): ${out} is ${tls}, its texts copied. 0, or -1 when memory is out.
 */
MUST_USE int facts_take_tls(struct arena *arena, const struct event_tls *tls,
                            struct event_tls *out);

/* facts_take_address(e, address, out): the forms of ${address}, which must live as long as the
 * message; they do. 0, or -1 when memory is out. */
MUST_USE int facts_take_address(struct eval *e, struct slice address, struct comparable *out);

/* facts_take_answer(e, question, answer): see eval_answer; where memory is out it is lost. */
void facts_take_answer(struct eval *e, const struct question *question,
                       const struct answer *answer);

#endif
