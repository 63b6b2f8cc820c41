/* inspect: what a session asks of the policy: one door to rules, milters and final rules.
 *
 * The session knows events, verdicts, the draft that edits go into, and this file; it does not know
 * who judges. Rules hear every event, and milters those of the envelope that no rule refuses. A
 * complete message goes from one party to the next: rules, the milters in order, final rules, each
 * looking at what the former has left.
 */
#ifndef PROXY_INSPECT_INSPECT_H
#define PROXY_INSPECT_INSPECT_H

#include "filters/base/must_use.h"
#include "proxy/inspect/milters.h"

struct inspect;

/* inspect_create(setup): for one session and one policy; what ${setup} points to must outlive it.
 * NULL when out of memory. inspect_destroy(NULL) does nothing. */
struct inspect *inspect_create(const struct milters_setup *setup);
void inspect_destroy(struct inspect *inspect);

/* inspect_feed(inspect, event): as eval_feed, for all parties together. After VERDICT_MORE it is
 * fed again: when inspect_questions are answered, if there are any; when setup.wake is called, if
 * inspect_waits (for milters, or until a large message is read); else in another turn of the
 * loop. inspect_reset may come in between. Before
 * EVENT_DATA the message is attached; the draft of EVENT_MESSAGE has header and body.
 * EVENT_RCPT_REFUSED names its recipient. */
MUST_USE struct verdict inspect_feed(struct inspect *inspect, const struct event *event);
const struct question *inspect_questions(const struct inspect *inspect);
void inspect_answer(struct inspect *inspect, const struct question *question,
                    const struct answer *answer);
bool inspect_waits(const struct inspect *inspect);

/* inspect_unknown(inspect, line): has milters hear of a command that nobody knows, without its line
 * end; ${line} must stay. A refusal has the reply to say in place of ours. After VERDICT_MORE
 * inspect_feed goes on, whatever the event. */
MUST_USE struct verdict inspect_unknown(struct inspect *inspect, struct slice line);

/* inspect_recall(inspect, event): what the session has known before: EVENT_CONNECT, HELO, AUTH, as
 * milters_hear. The verdicts come with the MAIL. */
void inspect_recall(struct inspect *inspect, const struct event *event);

/* As eval_interest, eval_edits, eval_report and eval_reset, for all parties together. */
unsigned inspect_interest(const struct inspect *inspect);
const struct edit_list *inspect_edits(struct inspect *inspect);
struct eval_report inspect_report(struct inspect *inspect);
bool inspect_has_logs(const struct inspect *inspect);
void inspect_logs_taken(struct inspect *inspect);
void inspect_reset(struct inspect *inspect);

/* inspect_route(inspect, last): as eval_route. */
struct slice inspect_route(const struct inspect *inspect, bool last);

/* inspect_milters(inspect, reports): as chain_reports. */
size_t inspect_milters(const struct inspect *inspect, struct chain_report *reports);

/* inspect_attach(inspect, draft): the message under way, before EVENT_DATA: edits go into it as
 * they become final; forgotten with inspect_reset. inspect_deadline(inspect, budget_ms): how long
 * milters may take with the EVENT_MESSAGE that follows. inspect_settle(inspect): nothing more will
 * be fed: all edits are in the draft now. 0, or -1 when one cannot be made: the message must not go
 * on. */
void inspect_attach(struct inspect *inspect, struct draft *draft);
void inspect_deadline(struct inspect *inspect, uint64_t budget_ms);
MUST_USE int inspect_settle(struct inspect *inspect);

#endif
