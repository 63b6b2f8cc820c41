/* eval: see eval.h. The door: what goes to the rules, what to the final rules, what to both. */
#include "filters/eval/eval.h"

#include <assert.h>

#include "filters/eval/facts_take.h"
#include "filters/eval/fire.h"
#include "filters/eval/judge.h"
#include "filters/eval/miss.h"
#include "filters/eval/questions.h"
#include "filters/eval/report.h"
#include "filters/eval/report_join.h"

/* --- a session -------------------------------------------------------------------------------- */

struct eval *eval_create(const struct eval_options *options)
{
    struct eval *e = judge_create(options, options->rules, NULL);

    if (e == NULL || options->final_rules == NULL || ruleset_idle(options->final_rules))
        return e;
    e->final = judge_create(options, options->final_rules, e);
    if (e->final != NULL)
        return e;
    judge_destroy(e);
    return NULL;
}

void eval_destroy(struct eval *e)
{
    if (e == NULL)
        return;
    judge_destroy(e->final);
    judge_destroy(e);
}

void eval_reset(struct eval *e)
{
    if (e->final != NULL)
        judge_reset(e->final);
    judge_reset(e);
}

/* --- judging ---------------------------------------------------------------------------------- */

/* Final rules hear of the session. All that they can conclude now is that memory is out. */
static void final_hears(struct eval *e, const struct event *event)
{
    struct verdict verdict;

    e->final->concluded = false;
    verdict = judge_feed(e->final, event);
    assert(verdict.kind != VERDICT_MORE);
}

struct verdict eval_feed(struct eval *e, const struct event *event)
{
    bool of_session = event->kind <= EVENT_AUTH && e->final != NULL;
    struct verdict verdict;

    if (of_session && !e->resuming)
        final_hears(e, event);
    verdict = judge_feed(e, event);
    if (of_session && e->final->concluded && verdict.kind != VERDICT_MORE &&
        !verdict_refuses(verdict.kind))
        return e->final->verdict;
    return verdict;
}

/* Whether the rules have accepted the message as it is, which ends the final rules too. */
static bool accepted(const struct eval *e)
{
    return e->concluded && e->verdict.kind == VERDICT_ACCEPT && !e->verdict.redirects;
}

bool eval_final_due(const struct eval *e)
{
    if (e->final == NULL)
        return false;
    return !e->concluded || (e->verdict.kind == VERDICT_ACCEPT && e->verdict.redirects);
}

static int tell(struct eval *final, const struct event *event)
{
    return judge_feed(final, event).kind == VERDICT_CONTINUE ? 0 : -1;
}

static int tell_recipients(struct eval *final, const struct draft *draft)
{
    struct event rcpt = {.kind = EVENT_RCPT};

    for (size_t i = 0; i < draft->recipient_count; i++) {
        rcpt.u.rcpt.recipient = draft->recipients[i].address;
        if (tell(final, &rcpt) != 0)
            return -1;
    }
    return 0;
}

/* Tells final rules the envelope and the header as they are now; the draft may be edited then. */
static int begin_final(struct eval *e, const struct draft *draft)
{
    struct header *copy = arena_alloc(draft->arena, sizeof(*copy));
    struct event mail = {.kind = EVENT_MAIL};
    struct event data = {.kind = EVENT_DATA};
    struct event header = {.kind = EVENT_HEADER};

    if (copy == NULL || header_clone(copy, draft_header(draft), draft->arena) != 0)
        return -1;
    mail.u.mail.sender = draft->sender;
    mail.u.mail.declared_size = EVENT_SIZE_UNKNOWN;
    mail.u.mail.tls = e->m->tls;
    if (tell(e->final, &mail) != 0 || tell_recipients(e->final, draft) != 0)
        return -1;
    header.u.header.header = copy;
    return tell(e->final, &data) == 0 ? tell(e->final, &header) : -1;
}

struct verdict eval_final(struct eval *e, const struct draft *draft)
{
    struct event message = {.kind = EVENT_MESSAGE};

    assert(e->final != NULL && e->m != NULL);
    if (!e->final->resuming && begin_final(e, draft) != 0) {
        fire_conclude_memory(e->final);
        return e->final->verdict;
    }
    message.u.message.body = draft->body;
    message.u.message.size_bytes = draft_size(draft);
    return judge_feed(e->final, &message);
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool final_asks(const struct eval *e)
{
    return e->final != NULL && e->final->resuming;
}

const struct question *eval_questions(const struct eval *e)
{
    const struct eval *asker = final_asks(e) ? e->final : e;

    return asker->resuming ? questions_asked(asker) : NULL;
}

void eval_answer(struct eval *e, const struct question *question, const struct answer *answer)
{
    if (question_of_message(question->kind)) {
        facts_take_answer(final_asks(e) ? e->final : e, question, answer);
        return;
    }
    facts_take_answer(e, question, answer);
    if (e->final != NULL)
        facts_take_answer(e->final, question, answer);
}

/* --- what came of it -------------------------------------------------------------------------- */

unsigned eval_interest(const struct eval *e)
{
    unsigned interest = report_interest(e);

    if (e->final != NULL && !accepted(e))
        interest |= INTEREST_HEADER | INTEREST_MESSAGE;
    return interest;
}

static const struct edit_list NO_EDITS = {.count = 0};

static bool final_refuses(const struct eval *e)
{
    return e->final != NULL && e->final->concluded && verdict_refuses(e->final->verdict.kind);
}

const struct edit_list *eval_edits(struct eval *e)
{
    return final_refuses(e) ? &NO_EDITS : judge_edits(e);
}

/* Of the last rule in file order that speaks for the message or ${recipient}. */
static struct slice route_of(const struct eval *e, const struct recipient *recipient)
{
    uint32_t by = e->m->routed_by;

    if (recipient != NULL && recipient->routed_by != NO_RULE &&
        (by == NO_RULE || recipient->routed_by > by))
        by = recipient->routed_by;
    return by != NO_RULE ? eval_entry(e, by)->route : SLICE_NONE;
}

struct slice eval_route(const struct eval *e, bool last)
{
    struct slice final = SLICE_NONE;

    if (e->m == NULL)
        return SLICE_NONE;
    if (e->final != NULL && e->final->m != NULL)
        final = route_of(e->final, NULL);
    if (final.len > 0)
        return final;
    if (last)
        return route_of(e, e->m->last != NULL ? *e->m->last : NULL);
    return route_of(e, e->m->recipients);
}

const struct edit_list *eval_final_edits(struct eval *e)
{
    return e->final != NULL ? judge_edits(e->final) : &NO_EDITS;
}

struct eval_report eval_report(struct eval *e)
{
    struct eval_report report = report_make(e);

    if (e->final == NULL)
        return report;
    struct eval_report last = report_make(e->final);
    if (e->final->m == NULL) { /* they have not begun */
        last.score = report.score;
        last.tags = report.tags;
        last.tag_count = report.tag_count;
    }
    return report_join(&e->final->texts, &report, &last);
}

enum rule_outcome eval_outcome(const struct eval *e, bool final, size_t index)
{
    if (!final)
        return report_outcome(e, index);
    return e->final != NULL ? report_outcome(e->final, index) : OUTCOME_NOT_TRIED;
}

bool eval_miss(struct eval *e, bool final, size_t index, struct eval_miss *miss)
{
    struct eval *asked = final ? e->final : e;

    return asked != NULL && miss_find(asked, index, miss);
}

bool eval_has_logs(const struct eval *e)
{
    return e->log_count > 0 || (e->final != NULL && e->final->log_count > 0);
}

void eval_logs_taken(struct eval *e)
{
    e->log_count = 0;
    if (e->final != NULL)
        e->final->log_count = 0;
}
