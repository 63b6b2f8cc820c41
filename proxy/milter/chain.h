/* chain: all milters of a policy for one SMTP session, in order (MILTER 2).
 *
 * Envelope events go to every milter, one after another, until one refuses. The message goes to one
 * milter whole, its changes are made, and the next milter gets the result. What was said before a
 * milter is asked, or before it had to be connected to anew, is said to it again.
 *
 * As with one milter, every call returns at once; while chain_busy nothing but chain_busy,
 * chain_reset and chain_destroy may be called, and ${wake} is called when that is over, never from
 * inside a call.
 */
#ifndef PROXY_MILTER_CHAIN_H
#define PROXY_MILTER_CHAIN_H

#include "filters/verdict.h"
#include "proxy/milter/milter.h"

struct chain;
struct event;

/* Whether a milter is asked: its `when`. */
enum chain_when {
    CHAIN_UNDECIDED, /* not yet; from chain_message on it counts as YES */
    CHAIN_YES,
    CHAIN_NO,
};

struct chain_content {
    const struct header *header;
    struct slice body;
};

/* Whom the chain asks. Both get the ${ctx} of the setup. */
struct chain_owner {
    void (*wake)(void *ctx);
    /* of milter ${index}, as of now; NULL: all are asked */
    enum chain_when (*when)(void *ctx, size_t index);
    /* Makes the changes of milter ${index}; ${content} is the message and becomes the changed one,
     * which must live until chain_reset. ${edits} live as long. 0; or -1, and the message is a
     * tempfail. Called from chain_message too; must call nothing of the chain. */
    int (*apply)(void *ctx, size_t index, const struct edit_list *edits,
                 struct chain_content *content);
    void *ctx;
};

struct chain_setup {
    struct loop *loop;
    const struct milter_conf *milters; /* must outlive the chain, as the limits must */
    size_t milter_count;
    const struct limits *limits;
    struct log *log;
    struct chain_owner owner;
};

#define CHAIN_SESSION_BYTES_MAX 65536
#define CHAIN_MESSAGE_BYTES_MAX                                                                    \
    (8U * 1024 * 1024) /* of senders, recipients and their parameters                              \
                        */

/* chain_create(setup): NULL when out of memory. chain_destroy(chain): tells all milters QUIT. NULL:
 * nothing. */
struct chain *chain_create(const struct chain_setup *setup);
void chain_destroy(struct chain *chain);

/* chain_feed(chain, event, facts): as milter_feed. ${event} is copied; ${facts} must stay until it
 * is not busy. EVENT_RCPT_REFUSED right after an EVENT_RCPT of the same recipient takes that back;
 * better is one of the two, when the upstream has answered. A second EVENT_HELO replaces the first;
 * within a message chain_reset comes before it. */
void chain_feed(struct chain *chain, const struct event *event, const struct milter_facts *facts);

/* chain_unknown(chain, line): as milter_unknown; ${line} must stay until it is not busy. */
void chain_unknown(struct chain *chain, struct slice line);

/* chain_message(chain, content, facts, budget_ms): the message; all milters together have
 * ${budget_ms}. What ${content} and ${facts} point to must stay until chain_reset. */
void chain_message(struct chain *chain, const struct chain_content *content,
                   const struct milter_facts *facts, uint64_t budget_ms);

/* chain_reset(chain): as milter_reset, for all. */
void chain_reset(struct chain *chain);

bool chain_busy(const struct chain *chain);

/* chain_verdict(chain): on what was fed last: CONTINUE, a refusal, DISCARD or QUARANTINE, as
 * milter_verdict has it; never ACCEPT, which is a milter's own business. A CONTINUE with
 * ${failure}: the milter ${by} has failed, and the message goes on unchecked by it. A milter that
 * is asked late and refuses a recipient that was accepted before refuses the message. Slices live
 * until chain_reset. */
struct verdict chain_verdict(const struct chain *chain);

/* chain_content(chain): after chain_message: the message as the milters left it. */
struct chain_content chain_content(const struct chain *chain);

/* chain_interested(chain): whether some milter may still want to see the message, or was lost and
 * must be asked for its on_failure: false when all that are asked, or may be asked, have settled it
 * otherwise. */
bool chain_interested(const struct chain *chain);

/* What one milter said of the message under way, for the audit record. */
struct chain_report {
    struct slice name;
    struct verdict verdict; /* the last */
    const char *failure;    /* good until chain_reset; NULL: none */
    uint64_t ms;            /* that it was waited for */
};

/* chain_reports(chain, reports): fills one for each milter that was asked since chain_reset, or in
 * this session, in order; ${reports} has room for all (MILTERS_MAX). Returns how many. */
size_t chain_reports(const struct chain *chain, struct chain_report *reports);

#endif
