/* milters: the milters of a policy, as one party that a session's messages are shown to.
 *
 * Knows which of them are asked (`when`), tells them what they have not heard yet, lets each change
 * the draft in its turn, and remembers what they did for the record. While milters_busy nothing but
 * milters_busy, milters_reset and milters_destroy may be called.
 */
#ifndef PROXY_INSPECT_MILTERS_H
#define PROXY_INSPECT_MILTERS_H

#include "filters/base/must_use.h"
#include "filters/eval/eval.h"
#include "filters/message/draft.h"
#include "proxy/milter/chain.h"

#define MILTERS_DESCRIPTORS_EACH MILTER_DESCRIPTORS

struct crew;
struct milters;

struct milters_setup {
    const struct config *config;
    const struct policy *policy;
    struct pattern_scratch *scratch;
    struct loop *loop;
    struct crew *crew; /* that reads large messages */
    struct log *log;
    void (*wake)(void *ctx); /* it is busy no more; never called from inside a call */
    /* What milters are told beside an event; it stays until the next call, and that for
     * EVENT_MESSAGE until milters_reset. */
    const struct milter_facts *(*facts)(void *ctx, const struct event *event);
    void *ctx;
};

/* milters_create(setup): for one session; what ${setup} points to must outlive it. NULL when out of
 * memory. milters_destroy(NULL) does nothing. */
struct milters *milters_create(const struct milters_setup *setup);
void milters_destroy(struct milters *milters);

/* milters_hear(milters, event): EVENT_CONNECT, HELO or AUTH, to be told when somebody is asked; its
 * slices live as long as the session, or until another of that kind is heard. */
void milters_hear(struct milters *milters, const struct event *event);

/* milters_decide(milters, event): finds out with EVENT_CONNECT to EVENT_DATA who is asked. false:
 * this must be called again, after milters_questions are answered (without an answer it counts as
 * failed) or, when there are none, in another turn of the loop. */
bool milters_decide(struct milters *milters, const struct event *event);
const struct question *milters_questions(const struct milters *milters);
void milters_answer(struct milters *milters, const struct question *question,
                    const struct answer *answer);

/* milters_ask(milters, event): tells those who are asked, of EVENT_CONNECT to EVENT_DATA (after
 * milters_decide) and of EVENT_RCPT_REFUSED. milters_message(milters, draft, budget_ms): shows them
 * the complete message, one after another, which they have ${budget_ms} for together; their changes
 * are made in ${draft}. */
void milters_ask(struct milters *milters, const struct event *event);
void milters_message(struct milters *milters, struct draft *draft, uint64_t budget_ms);

/* milters_unknown(milters, line): a command that nobody knows, without its line end; it lives until
 * they are busy no more. Those are told that have heard all of the session. */
void milters_unknown(struct milters *milters, struct slice line);

bool milters_busy(const struct milters *milters);

/* milters_verdict(milters): on what was asked last, as chain_verdict; a quarantine also when a
 * milter has changed the message so. */
struct verdict milters_verdict(const struct milters *milters);

/* milters_interested(milters): whether the message must be held for them. */
bool milters_interested(const struct milters *milters);

/* milters_unchecked(milters): whether one has failed without stopping the message, whose header
 * must then say so. milters_leave(milters, draft): the message is not shown to them any more: puts
 * that into ${draft}, if it was not done. 0, or -1 when memory is out. */
bool milters_unchecked(const struct milters *milters);
MUST_USE int milters_leave(struct milters *milters, struct draft *draft);

/* milters_edits(milters): what they changed, in order. milters_reports(milters, reports): as
 * chain_reports. */
const struct edit_list *milters_edits(const struct milters *milters);
size_t milters_reports(const struct milters *milters, struct chain_report *reports);

/* milters_reset(milters): the message is over, whichever way. */
void milters_reset(struct milters *milters);

#endif
