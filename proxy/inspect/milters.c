#include "proxy/inspect/milters.h"

#include <stdlib.h>

#include "conf/config.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "proxy/inspect/chain_conditions.h"

#define UNCHECKED_NAME "X-Postern-Unchecked"

enum { CONNECT, HELO, SESSION_EVENTS };

struct milters {
    struct milters_setup setup;
    struct chain *chain;
    struct chain_conditions *conditions;
    struct event session[SESSION_EVENTS];
    bool pending[SESSION_EVENTS]; /* to be told before the next event */
    struct event event;
    bool waiting; /* ${event} is to be told */
    bool telling; /* the chain was told something, and its verdict was not looked at yet */
    bool busy;
    struct verdict verdict;
    struct draft *draft;    /* of the message being shown; else NULL */
    struct edit_list edits; /* in the draft's arena */
    struct slice by;        /* who has quarantined the message */
};

/* --- the chain's questions --- */

static enum chain_when is_asked(void *ctx, size_t index)
{
    const struct milters *m = ctx;
    return chain_conditions_when(m->conditions, index);
}

static int apply_one(struct milters *m, struct edit *edit)
{
    const struct edit_list one = {.items = edit, .count = 1};
    if (!draft_changes(m->draft, edit))
        return 0;
    if (draft_breaks(m->draft, edit, &edit->breaks) < 0)
        return -1;
    if (edit_list_add(&m->edits, m->draft->arena, edit) != 0)
        return -1;
    if (edit->kind == EDIT_QUARANTINE)
        m->by = edit->by;
    return draft_apply(m->draft, &one);
}

/* Applies a list in the name of milter ${index}. */
static int apply(struct milters *m, size_t index, const struct edit_list *edits)
{
    for (size_t i = 0; i < edits->count; i++) {
        struct edit edit = edits->items[i];
        edit.by = m->setup.policy->milters[index].name;
        if (apply_one(m, &edit) != 0)
            return -1;
    }
    return edits->failed ? -1 : 0;
}

static int change(void *ctx, size_t index, const struct edit_list *edits,
                  struct chain_content *content)
{
    struct milters *m = ctx;
    if (apply(m, index, edits) != 0)
        return -1;
    content->header = draft_header(m->draft);
    content->body = m->draft->body;
    return 0;
}

/* --- what failed milters leave --- */

/* A field that says who has not looked at the message. */
static int say_unchecked(struct milters *m, size_t index, struct slice who)
{
    struct edit edit = {.kind = EDIT_ADD_HEADER, .name = SLICE(UNCHECKED_NAME), .value = who};
    const struct edit_list list = {.items = &edit, .count = 1};
    return apply(m, index, &list);
}

static size_t index_of(const struct milters *m, struct slice name)
{
    size_t index = 0;
    while (!slice_equal(m->setup.policy->milters[index].name, name))
        index++;
    return index;
}

static int note_unchecked(struct milters *m)
{
    struct chain_report reports[MILTERS_MAX];
    struct slice who = SLICE_NONE;
    size_t count = chain_reports(m->chain, reports);
    size_t last = 0;
    for (size_t i = 0; i < count; i++) {
        if (reports[i].failure == NULL || reports[i].verdict.kind != VERDICT_CONTINUE)
            continue;
        last = index_of(m, reports[i].name);
        who = arena_format(m->draft->arena, "%.*s%s milter %.*s", SLICE_ARG(who),
                           who.len > 0 ? "," : "", SLICE_ARG(reports[i].name));
        if (who.ptr == NULL)
            return -1;
    }
    return who.len > 0 ? say_unchecked(m, last, who) : 0;
}

bool milters_unchecked(const struct milters *m)
{
    struct chain_report reports[MILTERS_MAX];
    size_t count = chain_reports(m->chain, reports);
    for (size_t i = 0; i < count; i++)
        if (reports[i].failure != NULL && reports[i].verdict.kind == VERDICT_CONTINUE)
            return true;
    return false;
}

int milters_leave(struct milters *m, struct draft *draft)
{
    if (m->draft != NULL)
        return 0;
    m->draft = draft;
    return note_unchecked(m);
}

static void conclude_message(struct milters *m)
{
    if (m->verdict.kind != VERDICT_CONTINUE)
        return;
    if (note_unchecked(m) != 0) {
        m->verdict = verdict_refusal(VERDICT_TEMPFAIL, SCOPE_MESSAGE, (struct reply){.code = 0});
        m->verdict.party = PARTY_GATEWAY;
        m->verdict.failure = FAILURE_MEMORY;
        return;
    }
    if (m->by.len > 0)
        m->verdict = (struct verdict){.kind = VERDICT_QUARANTINE,
                                      .party = PARTY_MILTER,
                                      .by = m->by,
                                      .reason = m->draft->quarantine,
                                      .stage = STAGE_MESSAGE};
}

/* --- telling --- */

static const struct event *next_event(struct milters *m)
{
    for (size_t i = 0; i < SESSION_EVENTS; i++) {
        if (!m->pending[i])
            continue;
        m->pending[i] = false;
        return &m->session[i];
    }
    if (!m->waiting)
        return NULL;
    m->waiting = false;
    return &m->event;
}

static void listen(struct milters *m)
{
    m->telling = false;
    m->verdict = chain_verdict(m->chain);
    if (m->draft != NULL)
        conclude_message(m);
    else if (m->event.kind == EVENT_RCPT && verdict_refuses(m->verdict.kind))
        (void)chain_conditions_feed(m->conditions, &(struct event){.kind = EVENT_RCPT_REFUSED});
    if (m->verdict.kind != VERDICT_CONTINUE)
        m->waiting = false;
}

static void go_on(struct milters *m)
{
    while (!chain_busy(m->chain)) {
        if (m->telling)
            listen(m);
        const struct event *event = m->draft == NULL ? next_event(m) : NULL;
        if (event == NULL) {
            m->busy = false;
            return;
        }
        m->telling = true;
        chain_feed(m->chain, event, m->setup.facts(m->setup.ctx, event));
    }
}

static void on_wake(void *ctx)
{
    struct milters *m = ctx;
    if (!m->busy)
        return;
    go_on(m);
    if (!m->busy)
        m->setup.wake(m->setup.ctx);
}

/* --- its life --- */

struct milters *milters_create(const struct milters_setup *setup)
{
    struct milters *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->setup = *setup;
    const struct chain_setup chain = {
        .loop = setup->loop,
        .milters = setup->policy->milters,
        .milter_count = setup->policy->milter_count,
        .limits = &setup->config->limits,
        .log = setup->log,
        .owner = {.wake = on_wake, .when = is_asked, .apply = change, .ctx = m},
    };
    m->conditions = chain_conditions_create(setup->config, setup->policy, setup->scratch);
    m->chain = m->conditions != NULL ? chain_create(&chain) : NULL;
    if (m->chain != NULL)
        return m;
    milters_destroy(m);
    return NULL;
}

void milters_destroy(struct milters *m)
{
    if (m == NULL)
        return;
    chain_destroy(m->chain);
    chain_conditions_destroy(m->conditions);
    free(m);
}

void milters_reset(struct milters *m)
{
    chain_reset(m->chain);
    chain_conditions_reset(m->conditions);
    m->waiting = m->telling = m->busy = false;
    m->draft = NULL;
    m->edits = (struct edit_list){.count = 0};
    m->by = SLICE_NONE;
    m->verdict = (struct verdict){.kind = VERDICT_CONTINUE};
}

/* --- what it is told --- */

static void keep(struct milters *m, const struct event *event)
{
    if (event->kind == EVENT_CONNECT) {
        m->session[CONNECT] = *event;
        m->pending[CONNECT] = true;
    }
    if (event->kind == EVENT_HELO) {
        m->session[HELO] = *event;
        m->pending[HELO] = true;
    }
}

void milters_hear(struct milters *m, const struct event *event)
{
    keep(m, event);
    chain_conditions_hear(m->conditions, event);
}

bool milters_decide(struct milters *m, const struct event *event)
{
    return chain_conditions_feed(m->conditions, event);
}

const struct question *milters_questions(const struct milters *m)
{
    return chain_conditions_questions(m->conditions);
}

void milters_answer(struct milters *m, const struct question *question, const struct answer *answer)
{
    chain_conditions_answer(m->conditions, question, answer);
}

void milters_ask(struct milters *m, const struct event *event)
{
    bool of_session = event->kind <= EVENT_AUTH;
    keep(m, event);
    if (event->kind == EVENT_RCPT_REFUSED)
        (void)chain_conditions_feed(m->conditions, event); /* it judges nothing */
    m->event = *event;
    m->waiting = !of_session;
    m->busy = true;
    m->telling = false;
    m->verdict = (struct verdict){.kind = VERDICT_CONTINUE};
    go_on(m);
}

void milters_unknown(struct milters *m, struct slice line)
{
    m->verdict = (struct verdict){.kind = VERDICT_CONTINUE};
    for (size_t i = 0; i < SESSION_EVENTS; i++)
        if (m->pending[i])
            return;
    m->event = (struct event){.kind = EVENT_AUTH}; /* none that the answer could be to */
    m->busy = m->telling = true;
    chain_unknown(m->chain, line);
    go_on(m);
}

void milters_message(struct milters *m, struct draft *draft, uint64_t budget_ms)
{
    const struct event event = {.kind = EVENT_MESSAGE};
    const struct chain_content content = {draft_header(draft), draft->body};
    m->draft = draft;
    m->busy = m->telling = true;
    chain_message(m->chain, &content, m->setup.facts(m->setup.ctx, &event), budget_ms);
    go_on(m);
}

/* --- what it is asked --- */

bool milters_busy(const struct milters *m)
{
    return m->busy;
}

struct verdict milters_verdict(const struct milters *m)
{
    return m->verdict;
}

bool milters_interested(const struct milters *m)
{
    return chain_interested(m->chain);
}

const struct edit_list *milters_edits(const struct milters *m)
{
    return &m->edits;
}

size_t milters_reports(const struct milters *m, struct chain_report *reports)
{
    return chain_reports(m->chain, reports);
}
