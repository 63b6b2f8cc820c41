/* inspect: what a session asks of the policy: one door to rules and final rules.
 *
 * The session knows events, verdicts, the draft that edits go into, and this file; it does not know
 * who judges. Rules hear every event; a complete message goes from one party to the next, each
 * looking at what the former has left.
 */
#ifndef PROXY_SESSION_INSPECT_H
#define PROXY_SESSION_INSPECT_H

#include "conf/config.h"
#include "filters/draft.h"
#include "filters/eval.h"

struct inspect;

#define INSPECT_TURN_NS 4000000 /* judging of one message before other sessions get their turn */

/* inspect_create(config, policy, scratch): for one session and one policy; all three must outlive
 * it. NULL when out of memory. inspect_destroy(NULL) does nothing. */
struct inspect *inspect_create(const struct config *config, const struct policy *policy,
                               struct pattern_scratch *scratch);
void inspect_destroy(struct inspect *inspect);

/* As eval_feed, eval_questions, eval_answer, eval_interest, eval_edits, eval_report and eval_reset,
 * for all parties together. Before EVENT_DATA the message is attached; the draft of EVENT_MESSAGE
 * has header and body. */
struct verdict inspect_feed(struct inspect *inspect, const struct event *event);
const struct question *inspect_questions(const struct inspect *inspect);
void inspect_answer(struct inspect *inspect, const struct answer *answer);
unsigned inspect_interest(const struct inspect *inspect);
const struct edit_list *inspect_edits(struct inspect *inspect);
struct eval_report inspect_report(struct inspect *inspect);
bool inspect_has_logs(const struct inspect *inspect);
void inspect_logs_taken(struct inspect *inspect);
void inspect_reset(struct inspect *inspect);

/* inspect_attach(inspect, draft): the message under way, before EVENT_DATA: edits go into it as
 * they become final; forgotten with inspect_reset. inspect_settle(inspect): nothing more will be
 * fed: all edits are in the draft now. 0, or -1 when one cannot be made: the message must not go
 * on. */
void inspect_attach(struct inspect *inspect, struct draft *draft);
int inspect_settle(struct inspect *inspect);

#endif
