/* chain: see chain.h. */
#include "proxy/milter/chain.h"

#include <assert.h>
#include <stdlib.h>

#include "conf/milter_conf.h"
#include "proxy/milter/chain_replay.h"

struct link {
    struct milter *milter;
    size_t told; /* events of the replay */
    bool asked;
};

enum chain_job { CHAIN_IDLE, CHAIN_EVENT, CHAIN_UNKNOWN, CHAIN_MESSAGE };

struct chain {
    struct chain_setup setup;
    struct chain_replay replay;
    struct link *links;
    enum chain_job job;
    size_t at;       /* the link that is told */
    bool listening;  /* it was told something, and its verdict was not looked at yet */
    bool concluding; /* ... and that was the message, or the unknown command, itself */
    const struct milter_facts *facts;
    struct milter_facts given; /* to a milter, with one event */
    struct slice line;
    struct chain_content content;
    uint64_t deadline_ms;
    struct verdict verdict;
};

static const struct verdict CONTINUES = {.kind = VERDICT_CONTINUE, .scope = SCOPE_MESSAGE};

/* --- its life --- */

static void on_milter_woke(void *ctx);

static bool make_links(struct chain *chain)
{
    for (size_t i = 0; i < chain->setup.milter_count; i++) {
        const struct milter_setup setup = {
            .loop = chain->setup.loop,
            .conf = &chain->setup.milters[i],
            .limits = chain->setup.limits,
            .log = chain->setup.log,
            .wake = on_milter_woke,
            .ctx = chain,
        };

        chain->links[i].milter = milter_create(&setup);
        if (chain->links[i].milter == NULL)
            return false;
    }
    return true;
}

struct chain *chain_create(const struct chain_setup *setup)
{
    struct chain *chain = calloc(1, sizeof(*chain));

    if (chain == NULL)
        return NULL;
    chain->setup = *setup;
    chain->verdict = CONTINUES;
    chain_replay_init(&chain->replay, CHAIN_SESSION_BYTES_MAX, CHAIN_MESSAGE_BYTES_MAX);
    chain->links = calloc(setup->milter_count + 1, sizeof(*chain->links));
    if (chain->links != NULL && make_links(chain))
        return chain;
    chain_destroy(chain);
    return NULL;
}

void chain_destroy(struct chain *chain)
{
    if (chain == NULL)
        return;
    for (size_t i = 0; chain->links != NULL && i < chain->setup.milter_count; i++)
        milter_destroy(chain->links[i].milter);
    free(chain->links);
    chain_replay_fini(&chain->replay);
    free(chain);
}

/* --- verdicts --- */

static void finish_job(struct chain *chain, struct verdict verdict)
{
    chain->job = CHAIN_IDLE;
    chain->listening = false;
    chain->verdict = verdict;
}

static void fail_job(struct chain *chain)
{
    struct verdict verdict =
        verdict_refusal(VERDICT_TEMPFAIL, SCOPE_MESSAGE, (struct reply){0, SLICE_NONE});

    verdict.party = PARTY_GATEWAY;
    verdict.failure = FAILURE_MEMORY;
    finish_job(chain, verdict);
}

/* A recipient that was told as accepted is so no more when a milter refuses it now: then nothing
 * but the message can be refused. */
static void refused_recipient(struct chain *chain, struct verdict verdict)
{
    size_t last = chain_replay_count(&chain->replay) - 1;

    if (chain->job == CHAIN_EVENT && chain->links[chain->at].told == last + 1)
        chain_replay_get(&chain->replay, last)->refused = true;
    else
        verdict.scope = SCOPE_MESSAGE;
    finish_job(chain, verdict);
}

/* What the milter said ends the job, or it does not. */
static void judge(struct chain *chain, const struct link *link)
{
    struct verdict verdict = milter_verdict(link->milter);

    chain->listening = false;
    if (verdict.kind == VERDICT_CONTINUE && verdict.failure != FAILURE_NONE)
        chain->verdict = verdict; /* unchecked, unless another one refuses */
    if (verdict.kind == VERDICT_CONTINUE || verdict.kind == VERDICT_ACCEPT)
        return;
    if (verdict.scope == SCOPE_RECIPIENT)
        refused_recipient(chain, verdict);
    else
        finish_job(chain, verdict);
}

/* --- telling --- */

static enum chain_when when(const struct chain *chain, size_t index)
{
    enum chain_when decided = chain->setup.owner.when != NULL
                                  ? chain->setup.owner.when(chain->setup.owner.ctx, index)
                                  : CHAIN_YES;

    if (decided == CHAIN_UNDECIDED && chain->job == CHAIN_MESSAGE)
        return CHAIN_YES;
    return decided;
}

static uint64_t time_left(const struct chain *chain)
{
    uint64_t now = loop_now_ms(chain->setup.loop);

    return chain->deadline_ms > now ? chain->deadline_ms - now : 1;
}

static void tell_event(struct chain *chain, struct link *link)
{
    const struct chain_event *entry = chain_replay_get(&chain->replay, link->told++);

    if (entry->refused)
        return;
    chain->given = chain_replay_facts(entry, chain->facts);
    chain->listening = true;
    milter_feed(link->milter, &entry->event, &chain->given);
}

/* The message, or an unknown command, itself. */
static void conclude(struct chain *chain, struct link *link)
{
    chain->concluding = true;
    chain->listening = true;
    if (chain->job == CHAIN_MESSAGE)
        milter_message(link->milter, chain->content.header, chain->content.body, chain->facts,
                       time_left(chain));
    else
        chain->listening = milter_unknown(link->milter, chain->line);
}

static void apply(struct chain *chain, const struct link *link)
{
    const struct edit_list *edits = milter_edits(link->milter);
    const struct chain_owner *owner = &chain->setup.owner;

    if (chain->job == CHAIN_MESSAGE && edits->count > 0 &&
        owner->apply(owner->ctx, chain->at, edits, &chain->content) != 0)
        fail_job(chain);
}

static void next_link(struct chain *chain)
{
    chain->at++;
    chain->concluding = false;
}

/* One thing more for the link whose turn it is. */
static void tell(struct chain *chain)
{
    struct link *link = &chain->links[chain->at];

    if (when(chain, chain->at) != CHAIN_YES) {
        next_link(chain);
        return;
    }
    link->asked = true;
    if (chain->concluding) {
        apply(chain, link);
        next_link(chain);
        return;
    }
    if (chain->job != CHAIN_UNKNOWN && milter_needs_replay(link->milter))
        link->told = 0;
    if (chain->job != CHAIN_UNKNOWN && link->told < chain_replay_count(&chain->replay))
        tell_event(chain, link);
    else if (chain->job != CHAIN_EVENT)
        conclude(chain, link);
    else
        next_link(chain);
}

static void take_turn(struct chain *chain)
{
    while (chain->job != CHAIN_IDLE) {
        if (chain->at == chain->setup.milter_count) {
            finish_job(chain, chain->verdict);
            return;
        }
        if (milter_busy(chain->links[chain->at].milter))
            return;
        if (chain->listening)
            judge(chain, &chain->links[chain->at]);
        else
            tell(chain);
    }
}

static void on_milter_woke(void *ctx)
{
    struct chain *chain = ctx;

    take_turn(chain);
    if (!chain_busy(chain))
        chain->setup.owner.wake(chain->setup.owner.ctx);
}

static void begin_job(struct chain *chain, enum chain_job job)
{
    chain->job = job;
    chain->at = 0;
    chain->listening = false;
    chain->concluding = false;
    chain->verdict = CONTINUES;
    take_turn(chain);
}

/* --- what it is told --- */

/* What is gone from the replay is to be told again. */
static void forget_told(struct chain *chain, size_t kept)
{
    for (size_t i = 0; i < chain->setup.milter_count; i++)
        if (chain->links[i].told > kept)
            chain->links[i].told = kept;
}

void chain_feed(struct chain *chain, const struct event *event, const struct milter_facts *facts)
{
    assert(!chain_busy(chain));
    if (event->kind == EVENT_AUTH)
        return;
    if (event->kind == EVENT_CONNECT)
        forget_told(chain, 0);
    if (event->kind == EVENT_HELO)
        forget_told(chain, 1);
    chain->facts = facts;
    if (chain_replay_add(&chain->replay, event, facts) != 0)
        fail_job(chain);
    else
        begin_job(chain, CHAIN_EVENT);
}

void chain_unknown(struct chain *chain, struct slice line)
{
    assert(!chain_busy(chain));
    chain->line = line;
    begin_job(chain, CHAIN_UNKNOWN);
}

void chain_message(struct chain *chain, const struct chain_content *content,
                   const struct milter_facts *facts, uint64_t budget_ms)
{
    assert(!chain_busy(chain));
    chain->content = *content;
    chain->facts = facts;
    chain->deadline_ms = loop_now_ms(chain->setup.loop) + budget_ms;
    begin_job(chain, CHAIN_MESSAGE);
}

void chain_reset(struct chain *chain)
{
    finish_job(chain, CONTINUES);
    for (size_t i = 0; i < chain->setup.milter_count; i++) {
        milter_reset(chain->links[i].milter);
        chain->links[i].asked = false;
    }
    chain_replay_reset(&chain->replay);
    forget_told(chain, chain_replay_count(&chain->replay));
}

/* --- what it is asked --- */

bool chain_busy(const struct chain *chain)
{
    return chain->job != CHAIN_IDLE;
}

struct verdict chain_verdict(const struct chain *chain)
{
    return chain->verdict;
}

struct chain_content chain_content(const struct chain *chain)
{
    return chain->content;
}

/* One that was lost while nobody asked it anything has an answer, too, which nobody has heard. */
static bool has_a_say(const struct milter *milter)
{
    enum verdict_kind kind = milter_verdict(milter).kind;

    return !milter_settled(milter) || (kind != VERDICT_CONTINUE && kind != VERDICT_ACCEPT);
}

bool chain_interested(const struct chain *chain)
{
    for (size_t i = 0; i < chain->setup.milter_count; i++)
        if (when(chain, i) != CHAIN_NO && has_a_say(chain->links[i].milter))
            return true;
    return false;
}

size_t chain_reports(const struct chain *chain, struct chain_report *reports)
{
    size_t count = 0;

    for (size_t i = 0; i < chain->setup.milter_count; i++) {
        const struct link *link = &chain->links[i];

        if (!link->asked)
            continue;
        reports[count++] = (struct chain_report){
            .name = chain->setup.milters[i].name,
            .verdict = milter_verdict(link->milter),
            .failure = milter_failure(link->milter),
            .ms = milter_spent_ms(link->milter),
        };
    }
    return count;
}
