/* judge: see judge.h. */
#include "filters/eval/judge.h"

#include <assert.h>
#include <stdlib.h>

#include "filters/eval/budget.h"
#include "filters/eval/edits.h"
#include "filters/eval/effects.h"
#include "filters/eval/facts.h"
#include "filters/eval/facts_take.h"
#include "filters/eval/fire.h"
#include "filters/eval/miss.h"
#include "filters/eval/questions.h"
#include "filters/eval/recipients.h"
#include "filters/eval/report.h"
#include "filters/eval/walk.h"

#define WORK_BLOCK_BYTES    8192
#define TEXTS_BLOCK_BYTES   512
#define SESSION_BLOCK_BYTES 512
#define LOGIN_MAX_BYTES     1024
#define NAME_MAX_BYTES      8192 /* of listener and HELO; a command line is shorter */

/* --- a session -------------------------------------------------------------------------------- */

struct eval *judge_create(const struct eval_options *options, const struct ruleset *rules,
                          const struct eval *before)
{
    size_t answers = rules->kind_counts[LEAF_SESSION];
    struct eval *e = calloc(1, sizeof(*e) + answers);

    if (e == NULL)
        return NULL;
    e->options = *options;
    e->rules = rules;
    e->before = before;
    arena_init(&e->work, WORK_BLOCK_BYTES, options->memory_limit_bytes);
    arena_init(&e->session, SESSION_BLOCK_BYTES, options->memory_limit_bytes);
    arena_init(&e->texts, TEXTS_BLOCK_BYTES, options->memory_limit_bytes);
    bytes_init(&e->forms, options->memory_limit_bytes);
    bytes_init(&e->listener, NAME_MAX_BYTES);
    bytes_init(&e->helo, NAME_MAX_BYTES);
    bytes_init(&e->login, LOGIN_MAX_BYTES);
    return e;
}

/* Gives back what the message under way holds, but not what was told of it. */
static void forget_message(struct eval *e)
{
    effects_drop(e);
    if (e->m != NULL)
        bytes_fini(&e->m->new_body);
    questions_forget_message(e);
    arena_fini(&e->work);
    e->m = NULL;
    e->concluded = e->resuming = false;
    e->stop = STOP_NONE;
    e->budget.message_ns = e->budget.shadow_ns = 0;
}

void judge_reset(struct eval *e)
{
    forget_message(e);
    arena_fini(&e->texts);
    e->logs = NULL;
    e->log_count = e->log_capacity = 0;
}

void judge_destroy(struct eval *e)
{
    if (e == NULL)
        return;
    judge_reset(e);
    arena_fini(&e->session);
    bytes_fini(&e->forms);
    bytes_fini(&e->listener);
    bytes_fini(&e->helo);
    bytes_fini(&e->login);
    free(e);
}

/* --- taking in events ------------------------------------------------------------------------- */

static int allocate_answers(struct eval *e, struct message *m)
{
    const struct ruleset *rules = e->rules;

    m->answers = arena_alloc(&e->work, rules->leaf_count);
    m->states = arena_alloc(&e->work, rules->count);
    m->marks = arena_alloc(&e->work, rules->count);
    m->sightings = arena_alloc(&e->work, rules->set_count * sizeof(*m->sightings));
    m->captures = arena_alloc(&e->work, rules->capture_count * sizeof(*m->captures));
    m->saved = arena_alloc(&e->work, rules->saved_count * sizeof(*m->saved));
    return m->answers != NULL && m->states != NULL && m->marks != NULL && m->captures != NULL &&
                   m->saved != NULL && m->sightings != NULL
               ? 0
               : -1;
}

/* Final rules share the time of those before. */
static void continue_before(struct eval *e)
{
    e->budget.message_ns = e->before->budget.message_ns;
    e->budget.shadow_ns = e->before->budget.shadow_ns;
}

/* Every message, and every judging of a session's facts, begins with nothing decided. With a fact
 * of the session lost none can be judged, whoever has overlooked that. */
static int begin(struct eval *e, enum stage stage)
{
    struct message *m;

    forget_message(e);
    e->log_count = 0; /* what was said of the session before is said again */
    if (e->lost != 0)
        return -1;
    m = arena_alloc(&e->work, sizeof(*m));
    if (m == NULL || allocate_answers(e, m) != 0)
        return -1;
    m->stage = stage;
    m->news = UINT32_MAX;
    m->declared_size = EVENT_SIZE_UNKNOWN;
    m->tls = e->tls;
    m->end = &m->recipients;
    m->end_rule = e->rules->count;
    m->routed_by = NO_RULE;
    e->m = m;
    if (e->before != NULL)
        continue_before(e);
    return 0;
}

static int take_mail(struct eval *e, const struct event *event)
{
    const struct eval *before = e->before;

    if (begin(e, STAGE_MAIL) != 0)
        return -1;
    e->m->sender = arena_copy(&e->work, event->u.mail.sender);
    e->m->declared_size = event->u.mail.declared_size;
    e->m->utf8 = event->u.mail.utf8 || (before != NULL && before->m != NULL && before->m->utf8);
    if (event->u.mail.tls.active && facts_take_tls(&e->work, &event->u.mail.tls, &e->m->tls) != 0)
        return -1;
    if (e->m->sender.ptr == NULL)
        return -1;
    return facts_take_address(e, e->m->sender, &e->m->sender_forms);
}

/* The message goes on to ${stage}. */
static struct message *advance(struct eval *e, enum stage stage)
{
    struct message *m = e->m;

    assert(m != NULL && m->stage >= STAGE_MAIL && m->stage <= stage);
    m->news = 0;
    for (unsigned at = m->stage + 1U; at <= stage; at++)
        m->news |= 1U << at;
    m->stage = stage;
    m->walk = (struct walk){.index = 0};
    if (e->before != NULL) {
        m->walk.score = facts_score(e->before, false);
        m->walk.shadow_score = facts_score(e->before, true);
    }
    m->said = (struct verdict){.kind = VERDICT_CONTINUE};
    return m;
}

static int take_message(struct eval *e, const struct event *event)
{
    struct message *m = advance(e, STAGE_MESSAGE);

    m->body = event->u.message.body;
    m->size_bytes = event->u.message.size_bytes;
    for (size_t i = 0; i < e->rules->count; i++)
        if ((m->marks[i] & MARK_FIRED) != 0 && eval_entry(e, i)->text_stage == STAGE_MESSAGE)
            m->edits_stale = true;
    return 0;
}

/* A fact of the session is kept, or lost until it is told again. */
static int keep(struct eval *e, const struct event *event,
                int (*fact)(struct eval *e, const struct event *event))
{
    unsigned bit = 1U << event->kind;

    e->lost = event->kind == EVENT_CONNECT ? 0 : e->lost & ~bit;
    if (fact(e, event) == 0)
        return 0;
    e->lost |= bit;
    return -1;
}

static int take(struct eval *e, const struct event *event)
{
    switch (event->kind) {
    case EVENT_CONNECT:
        if (keep(e, event, facts_take_connect) != 0)
            return -1;
        return begin(e, STAGE_CONNECT);
    case EVENT_HELO: return keep(e, event, facts_take_helo) != 0 ? -1 : begin(e, STAGE_HELO);
    case EVENT_AUTH: return keep(e, event, facts_take_auth);
    case EVENT_MAIL: return take_mail(e, event);
    case EVENT_RCPT:
        (void)advance(e, STAGE_RCPT);
        return recipients_begin(e, event->u.rcpt.recipient);
    case EVENT_RCPT_REFUSED: recipients_refused(e); return 0;
    case EVENT_DATA: (void)advance(e, STAGE_DATA); return 0;
    case EVENT_HEADER:
        advance(e, STAGE_HEADER)->header = event->u.header.header;
        e->m->edits_stale = true;
        return 0;
    case EVENT_MESSAGE: return take_message(e, event);
    }
    return 0;
}

/* --- answering -------------------------------------------------------------------------------- */

/* The end of EVENT_RCPT: the recipient is in or out. */
static struct verdict answer_recipient(struct eval *e)
{
    struct message *m = e->m;
    bool over =
        e->concluded && e->verdict.kind != VERDICT_ACCEPT && e->verdict.kind != VERDICT_QUARANTINE;

    if (m->current == NULL) /* memory was out */
        return e->verdict;
    if (over || m->said.kind != VERDICT_CONTINUE)
        recipients_drop(e);
    else
        recipients_accept(e);
    if (over || (e->concluded && m->said.kind == VERDICT_CONTINUE))
        return e->verdict;
    m->said.stage = STAGE_RCPT;
    return m->said;
}

static struct verdict nothing(const struct eval *e)
{
    return (struct verdict){.kind = VERDICT_CONTINUE,
                            .stage = e->m != NULL ? e->m->stage : STAGE_CONNECT};
}

/* Only refusals take effect before MAIL; the rest of it happens for each message. But who is spared
 * the milters is spared them from now on. */
static struct verdict answer_session(struct eval *e)
{
    struct verdict verdict = nothing(e);

    if (e->concluded && verdict_refuses(e->verdict.kind))
        return e->verdict;
    verdict.all = e->concluded && e->verdict.all;
    forget_message(e);
    return verdict;
}

static struct verdict answer(struct eval *e, enum event_kind kind)
{
    struct verdict verdict;
    uint64_t delay_ms = e->m->delay_ms;

    e->m->delay_ms = 0;
    if (kind == EVENT_RCPT) {
        verdict = answer_recipient(e);
    } else if (e->m->stage <= STAGE_HELO) {
        verdict = answer_session(e);
    } else {
        verdict = e->concluded ? e->verdict : nothing(e);
    }
    verdict.delay_ms = delay_ms < UINT32_MAX ? (unsigned)delay_ms : UINT32_MAX;
    return verdict;
}

/* Whether the event is already answered: nothing is to be judged. */
static bool is_settled(const struct eval *e, const struct event *event)
{
    return event->kind > EVENT_MAIL && !eval_goes_on(e);
}

/* All recipients were taken off at RCPT: the message has nobody left. */
static bool none_left(const struct eval *e, const struct event *event)
{
    return event->kind == EVENT_DATA && !e->concluded && e->m->taken_off &&
           e->m->recipient_count == 0;
}

/* Goes through the list, then makes the edits. Returns whether that is to go on in another turn, or
 * after an answer. */
static bool judge_more(struct eval *e, enum event_kind kind)
{
    if (!e->walked && walk_run(e) == STEP_STOP) {
        if (e->stop != STOP_MEMORY)
            return true;
        fire_conclude_memory(e);
    }
    e->walked = true;
    return kind >= EVENT_DATA && edits_make_due(e);
}

static struct verdict judge(struct eval *e, const struct event *event)
{
    bool more;

    budget_begin(e);
    more = judge_more(e, event->kind);
    budget_end(e);
    e->resuming = more;
    if (more) {
        e->stop = STOP_NONE;
        return (struct verdict){.kind = VERDICT_MORE, .stage = e->m->stage};
    }
    if (arena_failed(&e->work) || e->lost != 0)
        fire_conclude_memory(e);
    return answer(e, event->kind);
}

static struct verdict judge_anew(struct eval *e, const struct event *event)
{
    e->walked = e->m->would_made = false;
    return judge(e, event);
}

/* Final rules take in what comes before EVENT_MESSAGE, and nothing more. */
static struct verdict only_taken(struct eval *e, enum event_kind kind)
{
    if (kind == EVENT_RCPT) {
        e->m->current->unsettled = true;
        recipients_accept(e);
    }
    if (kind <= EVENT_HELO)
        forget_message(e);
    return nothing(e);
}

struct verdict judge_feed(struct eval *e, const struct event *event)
{
    if (e->resuming) {
        questions_fail(e);
        return judge(e, event);
    }
    if (is_settled(e, event))
        return e->verdict;
    if (take(e, event) != 0) {
        fire_conclude_memory(e);
        return e->verdict;
    }
    if (e->before != NULL && event->kind != EVENT_MESSAGE)
        return only_taken(e, event->kind);
    if (event->kind == EVENT_AUTH)
        return nothing(e);
    if (event->kind == EVENT_RCPT_REFUSED)
        return e->concluded ? e->verdict : nothing(e);
    if (none_left(e, event)) {
        eval_conclude(e, e->m->last_taker, &e->m->last_taken);
        if (!eval_goes_on(e))
            return e->verdict;
    }
    return judge_anew(e, event);
}

const struct edit_list *judge_edits(struct eval *e)
{
    static const struct edit_list NO_EDITS = {.count = 0}, LOST = {.failed = true};
    bool over = e->m == NULL || !eval_goes_on(e);

    if (over && (e->lost != 0 || (e->concluded && e->verdict.failure == FAILURE_MEMORY)))
        return &LOST;
    if (over || e->resuming)
        return &NO_EDITS;
    edits_make(e);
    return eval_goes_on(e) ? &e->m->edits : &LOST;
}
