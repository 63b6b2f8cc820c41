/* eval: judges one session by a ruleset. Event in, verdict out; edits at the end of the message.
 *
 * Pure: no I/O, no clock of its own, no global state. It holds the facts of the session and of the
 * message under way, and a three-valued state for each condition; each event decides some more of
 * them, and rules act as soon as postern.conf(5) lets them. Every message starts from the session's
 * facts with nothing decided, so that nothing of one message can leak into the next.
 *
 * Final rules stand behind the same door: they judge last, what everybody else has left.
 *
 * Session facts (connect, helo, auth) survive eval_reset; all else ends there. Rules decided at
 * connect or helo are judged again for each message; before MAIL only refusals act, with their log
 * and delay.
 */
#ifndef FILTERS_EVAL_EVAL_H
#define FILTERS_EVAL_EVAL_H

#include "filters/base/must_use.h"
#include "filters/edit.h"
#include "filters/eval/question.h"
#include "filters/match/list.h"
#include "filters/message/draft.h"
#include "filters/rules/ruleset.h"
#include "filters/verdict.h"

struct eval;

/* What became of a rule, for `explain`. */
enum rule_outcome {
    OUTCOME_FIRED,     /* its condition holds and it acted */
    OUTCOME_NO,        /* its condition does not hold */
    OUTCOME_HELD,      /* holds, but a rule above is undecided */
    OUTCOME_UNDECIDED, /* facts are missing */
    OUTCOME_FAILED,    /* could not be judged */
    OUTCOME_NOT_TRIED, /* the list ended above it, or it is off */
};

/* The entry of a named list that holds a value; it lives as long as the rules. */
struct listing {
    struct slice list;              /* its name */
    const struct list_entry *entry; /* NULL: no list did */
};

struct eval_hit {    /* one value that matched; good as long as the call */
    bool final;      /* it was asked for by final rules, which the following speaks of */
    size_t rule;     /* index of the first rule that asked */
    size_t question; /* of the ruleset (ruleset_asks), or SLICE_NOT_FOUND: only that rule asks it */
    enum field_id field;
    struct slice name;  /* of the header, for a named field */
    struct slice value; /* the value as matched */
    size_t start, end;  /* what matched of it; 0 and its length when not a pattern */
    struct listing list;
    const struct field *origin; /* the field of the header that the value stands in; NULL: in none,
                                 * or nobody knows */
    const struct content_value *item; /* as the content has it; NULL: it is none of its values */
};

/* Who is told what happens while judging, for `explain`. Any member may be NULL. */
struct eval_trace {
    void (*hit)(void *ctx, const struct eval_hit *hit);
    void *ctx;
};

struct eval_options {
    const struct ruleset *rules;
    const struct ruleset *final_rules; /* judged by eval_final; NULL: there are none */
    struct pattern_scratch *scratch;   /* lent by the caller; of the calling thread */
    uint64_t (*clock_ns)(void *ctx);   /* monotonic; NULL: budgets are off */
    void *clock_ctx;
    uint64_t rule_budget_ns;    /* limits.match_time_rule: matching time of one rule per message */
    uint64_t message_budget_ns; /* limits.match_time_message */
    uint64_t turn_ns;           /* eval_feed returns VERDICT_MORE after about this; 0: never */
    /* on_failure.regex: VERDICT_TEMPFAIL, VERDICT_REJECT or VERDICT_CONTINUE */
    enum verdict_kind on_regex;
    enum verdict_kind on_lookup;  /* on_failure.lookup, likewise */
    enum verdict_kind on_content; /* on_failure.content, likewise */
    /* For the facts and results of one message, and as much again for replies, logs and reports;
     * hitting it is a tempfail. */
    size_t memory_limit_bytes;
    const struct eval_trace *trace; /* NULL: none */
};

/* eval_create(options): an eval for one session, or NULL when out of memory. ${options} is copied;
 * what it points to must outlive the eval. eval_destroy(NULL) does nothing. */
struct eval *eval_create(const struct eval_options *options);
void eval_destroy(struct eval *eval);

/* eval_feed(eval, event): takes in one event and judges. VERDICT_CONTINUE: nothing decided (a delay
 * may stand in it). VERDICT_MORE: call again with the same event, after the answers to
 * eval_questions; no other call meanwhile but these, eval_reset and eval_destroy. A verdict with
 * scope recipient concerns the recipient of this EVENT_RCPT only, and the next may be fed (CONTINUE
 * with a redirect: it is in, at another address, which eval_edits takes as its own); one with scope
 * message or session is final for the message: further events of it return the same verdict
 * again (EVENT_RCPT too). A refusal at EVENT_CONNECT has scope session; one at EVENT_HELO is for
 * this HELO, a better one may follow. A CONTINUE of these two with ${all}: accept = "all" holds
 * already.
 *
 * VERDICT_ACCEPT (accept, redirect) and VERDICT_QUARANTINE are final too, but go on feeding as long
 * as eval_interest asks: rules above the one that accepted may still edit, and when one of them
 * cannot be judged, or its edits cannot be made, the verdict becomes that refusal.
 * EVENT_RCPT_REFUSED judges nothing.
 *
 * Where memory is out the verdict is a tempfail; a fact of the session that is lost so (connect,
 * helo, auth, an answer) makes every MAIL one until it is told again.
 *
 * Events must come in the order connect, helo?, auth?, mail, rcpt+, data, header, message, then
 * eval_reset; helo and auth may come again before mail (auth decides
 * nothing: always VERDICT_CONTINUE, but for memory), and connect at any time begins another
 * session. */
MUST_USE struct verdict eval_feed(struct eval *eval, const struct event *event);

/* eval_final_due(eval): whether final rules may judge the message, after EVENT_MESSAGE: there are
 * some, and the rules have not ended it, or only by a redirect. eval_final(eval, draft): then has
 * them judge the message as rules and milters have left it in ${draft}, whose header and body are
 * known (postern.conf(5), final_rules). They have heard of the session as the rules have, continue
 * their score and tags, share their time, and see of the message what ${draft} says. The verdict,
 * as eval_feed gives it for EVENT_MESSAGE; after VERDICT_MORE call again with the same draft. Where
 * its arena is full the verdict is a tempfail. */
bool eval_final_due(const struct eval *eval);
MUST_USE struct verdict eval_final(struct eval *eval, const struct draft *draft);

/* eval_questions(eval): what rules wait for after VERDICT_MORE; NULL: nothing, the turn was over.
 * One is asked only when nothing but its answer can decide a rule, or make its text. Fed again
 * without an answer, it counts as failed. They live until the event is fed again, answered or not.
 * QUESTION_CONTENT is the first where it is asked, at EVENT_MESSAGE or in eval_final. */
const struct question *eval_questions(const struct eval *eval);

/* eval_answer(eval, question, answer): answers, asked or not, for the session under way: until
 * another EVENT_CONNECT; a question of the message, which must be asked, until that is over: final
 * rules see another message than the rules. Both are copied, but for the content, which must stay
 * until eval_reset. */
void eval_answer(struct eval *eval, const struct question *question, const struct answer *answer);

/* What can still matter to the message under way. */
enum interest {
    INTEREST_HEADER = 1,  /* the verdict or bytes may change at EVENT_HEADER */
    INTEREST_MESSAGE = 2, /* ... at EVENT_MESSAGE: the message must be held */
    INTEREST_EDITS = 4,   /* header edits are pending or can still come */
};

/* eval_interest(eval): a mask of enum interest, as of the events fed so far. Without
 * INTEREST_MESSAGE after EVENT_HEADER, eval_edits is final. */
unsigned eval_interest(const struct eval *eval);

/* eval_edits(eval): the edits in order, header and envelope, as judged so far; final after
 * EVENT_MESSAGE, or when eval_interest says so. Those of the header only once EVENT_HEADER was fed.
 * Lives until the next event or eval_reset. Never NULL; empty when the message is refused or
 * discarded whole. One that is discarded, but kept in the quarantine for recipients that were taken
 * off, is judged on like a quarantined one. It has failed where memory was out, or an edit cannot
 * be made: draft_apply refuses it then. A caller that keeps messages needs all of it, whatever
 * eval_interest says. */
const struct edit_list *eval_edits(struct eval *eval);

/* eval_route(eval, last): the upstream that rules have routed the message to, as judged so far:
 * what the last rule in file order says that has acted for the message or for its first recipient;
 * with
 * ${last}, for the recipient that was fed last and is in. Empty: none says anything. Lives as long
 * as the rules. */
struct slice eval_route(const struct eval *eval, bool last);

/* eval_final_edits(eval): likewise those of the final rules, which come after all others; none
 * before eval_final. */
const struct edit_list *eval_final_edits(struct eval *eval);

/* What was found, for the audit record and `explain`. Slices live until eval_reset. */
struct eval_would_rule { /* a shadow rule whose condition held, and its own story */
    struct slice rule;
    enum verdict_kind kind; /* how it would have ended the list; CONTINUE: not at all */
    struct slice reply;     /* first line of it without CRLF, for a refusal */
};

struct eval_would {
    const struct eval_would_rule *rules;
    size_t rule_count;
    const struct edit_list *edits; /* of all of them, one after another */
};

struct eval_listed { /* an entry that a rule's condition has found */
    struct slice rule;
    struct listing match;
};

struct eval_report {
    double score;
    const struct slice *rules; /* names of enforced rules that fired, in order */
    size_t rule_count;
    const struct eval_listed *listed; /* by enforced rules that fired, in order */
    size_t listed_count;
    const struct slice *tags;
    size_t tag_count;
    const struct slice *logs; /* expanded log texts, before eval_logs_taken */
    size_t log_count;
    const struct slice *failures; /* names of rules that could not be judged, */
    const enum failure *causes;   /* ... and why */
    size_t failure_count;
    bool unchecked;                  /* one of them with on_failure = continue */
    const struct edit_list *skipped; /* left out since a DKIM-Signature covers what they change */
    struct eval_would would;
    bool incomplete; /* memory was out for some of it */
};

/* eval_report(eval): as of now, of rules and final rules together. */
struct eval_report eval_report(struct eval *eval);

/* eval_outcome(eval, final, index): what became of rule ${index} so far, or, where ${final}, of
 * that final rule; for `explain`. */
enum rule_outcome eval_outcome(const struct eval *eval, bool final, size_t index);

/* The first part of a condition that kept its rule from firing, and what it saw. */
struct eval_miss {
    enum field_id field;
    struct slice name;  /* of the header, for a named field */
    bool held;          /* it stands under `not`, and holds */
    struct slice value; /* the first it saw; good until the next event, or as long as this struct */
    size_t count;    /* of the values it saw; 0: there is none, or it has none (missing_header) */
    char number[32]; /* what ${value} of a number points to */
    struct listing list; /* the entry by which the condition excludes ${value} */
};

/* eval_miss(eval, final, index, miss): why the rule, whose outcome is OUTCOME_NO, did not fire, for
 * `explain`. False when that is not known. Judges once more what is not kept: for no caller that
 * must be quick. */
bool eval_miss(struct eval *eval, bool final, size_t index, struct eval_miss *miss);

/* eval_has_logs(eval): whether a report now would hold logs; asked at every verdict, so it is
 * cheap. Those of before MAIL are lost with it. */
bool eval_has_logs(const struct eval *eval);

/* eval_logs_taken(eval): the logs of the last report were written; they are not reported again. */
void eval_logs_taken(struct eval *eval);

/* eval_reset(eval): RSET, the next MAIL, the end of a message, any abort: one reset for every way
 * out. */
void eval_reset(struct eval *eval);

#endif
