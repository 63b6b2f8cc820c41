/* judging: having the policy judge, and waiting for it: for a turn, an answer, milters, its delay.
 */
#ifndef PROXY_SESSION_JUDGING_H
#define PROXY_SESSION_JUDGING_H

#include <stdbool.h>

#include "filters/base/must_use.h"
#include "filters/event.h"
#include "filters/verdict.h"

struct session;

/* judging_create(s), judging_destroy(s): at the birth and the end of a session. 0, or -1 when
 * memory is out: a delay that could not be kept would be none. */
MUST_USE int judging_create(struct session *s);
void judging_destroy(struct session *s);
/* judging_begin(s, event, decided): has the policy judge; ${decided} gets the verdict, after its
 * delay. */
void judging_begin(struct session *s, const struct event *event,
                   void (*decided)(struct session *s, const struct verdict *verdict));
/* judging_await(s, decided): the same for what it is judging already. */
void judging_await(struct session *s,
                   void (*decided)(struct session *s, const struct verdict *verdict));
/* judging_decide(s, verdict, decided): ${decided} gets this verdict, after its delay; false when
 * that is waited for. */
bool judging_decide(struct session *s, const struct verdict *verdict,
                    void (*decided)(struct session *s, const struct verdict *verdict));
/* judging_step(s), judging_step_delay(s): PHASE_JUDGE, PHASE_DELAY; false when they must wait. */
bool judging_step(struct session *s);
bool judging_step_delay(struct session *s);
/* judging_logs(s): writes what `log` actions said since the last time. */
void judging_logs(struct session *s);

#endif
