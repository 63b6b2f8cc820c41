/* mta_judging: has the policy judge, and makes of its verdict what the MTA is told. */
#ifndef PROXY_AS_MILTER_MTA_JUDGING_H
#define PROXY_AS_MILTER_MTA_JUDGING_H

#include "filters/base/must_use.h"
#include "filters/event.h"
#include "filters/verdict.h"
#include "proxy/as_milter/mta_answer.h"

struct draft;
struct mta_session;

#define MTA_OUT_OF_MEMORY "452 4.3.1 Out of memory\r\n"

/* mta_judging_event(s, event): has the policy judge; notes the logs, and a verdict that is more
 * than "continue". */
MUST_USE struct verdict mta_judging_event(struct mta_session *s, const struct event *event);

/* mta_judging_connect(s), mta_judging_helo(s): likewise of the client and the greeting that ${s}
 * knows, with the answer. */
struct mta_answer mta_judging_connect(struct mta_session *s);
struct mta_answer mta_judging_helo(struct mta_session *s);

/* mta_judging_introduce(s): tells a policy that is new of the client and the greeting. These
 * verdicts, and their logs, come again with the MAIL; so does the failure to keep a fact (eval.h).
 */
void mta_judging_introduce(struct mta_session *s);

/* mta_judging_told(s, body, draft): answers the questions of the rules, with what the MTA has told;
 * what the message says is read at once. ${body}: of the message, if there is one; ${draft}: what
 * final rules judge, else NULL. */
void mta_judging_told(struct mta_session *s, struct slice body, const struct draft *draft);

/* mta_judging_heard(s, verdict): notes the logs, and a verdict that is more than "continue". */
void mta_judging_heard(struct mta_session *s, const struct verdict *verdict);

/* mta_judging_answer(verdict): what the MTA is told. */
struct mta_answer mta_judging_answer(const struct verdict *verdict);

/* mta_judging_fail(s, failure, wire): the message is refused by ourselves, which is logged;
 * ${failure} lives as long as the message, ${wire} is static. */
struct mta_answer mta_judging_fail(struct mta_session *s, const char *failure, struct slice wire);

/* mta_judging_starve(): what the MTA is told when memory is out before the message has begun. */
struct mta_answer mta_judging_starve(void);

#endif
