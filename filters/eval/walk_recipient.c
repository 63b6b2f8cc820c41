/* walk_recipient: see walk_recipient.h. */
#include "filters/eval/walk_recipient.h"

#include "filters/base/mailbox.h"
#include "filters/eval/condition.h"
#include "filters/eval/fire.h"

static bool fired(const struct eval *e)
{
    return (e->m->marks[e->m->walk.index] & MARK_FIRED) != 0;
}

/* --- at RCPT ---------------------------------------------------------------------------------- */

static enum step stays_open(struct eval *e, const struct entry *entry)
{
    e->m->current->unsettled = true;
    step_leave_open(&e->m->walk.recipient, entry, fired(e));
    return STEP_ON;
}

/* The recipient is taken off by what was said of it, if that is no refusal. A message of which
 * nobody is left is quarantined rather than discarded. */
static void note_taken(struct message *m, size_t rule)
{
    bool kept = m->said.kind == VERDICT_QUARANTINE;

    if (!kept && m->said.kind != VERDICT_DISCARD)
        return;
    if (!m->taken_off || kept || m->last_taken.kind == VERDICT_DISCARD) {
        m->last_taken = m->said;
        m->last_taken.scope = SCOPE_MESSAGE;
        m->last_taker = rule;
    }
    m->taken_off = true;
    m->kept = m->kept || kept;
}

/* Whether the rule, which holds, may act now: nothing above holds it back, and a redirect knows
 * where to. */
static bool may_act(const struct eval *e, const struct view *view, const struct entry *entry)
{
    return step_may_act(view, entry) &&
           (!entry_redirects(entry) || entry->text_stage <= e->m->stage);
}

/* The recipient is in, and no rule below judges it at RCPT. */
static enum step let_through(struct eval *e, const struct entry *entry, const struct standpoint *at)
{
    struct message *m = e->m;

    m->said = (struct verdict){.kind = VERDICT_CONTINUE};
    m->current->flagged_by = (uint32_t)at->rule;
    if (!entry_redirects(entry))
        return STEP_ON;
    if (fire_target(e, at, &m->current->target) != 0)
        return STEP_STOP;
    if (!mailbox_valid(m->current->target, m->utf8)) {
        m->marks[at->rule] |= MARK_FAILED;
        m->said =
            fire_bad_address(e, at->rule, SCOPE_RECIPIENT, mailbox_valid(m->current->target, true));
        return STEP_END;
    }
    m->said = (struct verdict){.kind = VERDICT_CONTINUE,
                               .scope = SCOPE_RECIPIENT,
                               .party = PARTY_RULE,
                               .by = entry->rule->name,
                               .redirect = m->current->target};
    return STEP_ON;
}

static enum step act_for_recipient(struct eval *e, const struct entry *entry,
                                   const struct standpoint *at)
{
    struct message *m = e->m;

    if (fire_rule(e, at) != 0)
        return STEP_STOP;
    step_route(e, m->current, at);
    if (entry->terminal == NULL)
        return STEP_ON;
    if (entry->terminal->kind == ACTION_DISCONNECT)
        return step_conclude(e, at);
    if (fire_verdict(e, at, SCOPE_RECIPIENT, &m->said) != 0)
        return STEP_STOP;
    if (m->said.kind == VERDICT_ACCEPT)
        return let_through(e, entry, at);
    note_taken(m, at->rule);
    return STEP_END;
}

static enum step failed_for_recipient(struct eval *e, const struct entry *entry)
{
    struct message *m = e->m;
    size_t index = m->walk.index;

    if (eval_on_failure(e, index) == VERDICT_CONTINUE) {
        m->marks[index] |= MARK_FAILED | MARK_UNCHECKED;
        m->edits_stale = true;
        return STEP_ON;
    }
    if (m->walk.recipient.refusal) {
        m->walk.recipient.all = true; /* it will be a refusal */
        return stays_open(e, entry);
    }
    m->marks[index] |= MARK_FAILED;
    m->said = fire_failure(e, index, SCOPE_RECIPIENT);
    return STEP_END;
}

static enum step at_rcpt(struct eval *e, const struct entry *entry)
{
    const struct view *view = &e->m->walk.recipient;
    struct standpoint at = step_standpoint(e, view, e->m->current);

    if (e->m->current->flagged_by != NO_RULE)
        return STEP_ON;
    switch (condition_judge(e, &entry->when, &at)) {
    case TRUTH_ASKED:
    case TRUTH_STOP: return STEP_STOP;
    case TRUTH_FALSE: return STEP_ON;
    case TRUTH_FAILED: return failed_for_recipient(e, entry);
    case TRUTH_OPEN: return stays_open(e, entry);
    case TRUTH_TRUE: break;
    }
    return may_act(e, view, entry) ? act_for_recipient(e, entry, &at) : stays_open(e, entry);
}

/* A claim only ever refuses, and only at once: the size itself may be another. */
enum step walk_refuse_by_claim(struct eval *e, const struct entry *entry)
{
    const struct message *m = e->m;
    const struct view *view = &m->walk.recipient;
    struct standpoint at = step_standpoint(e, view, m->current);
    enum truth truth;

    if (m->declared_size < 0 || m->current->flagged_by != NO_RULE || !step_may_act(view, entry))
        return STEP_ON;
    at.declared = true;
    truth = condition_judge(e, &entry->when, &at);
    if (truth == TRUTH_STOP)
        return STEP_STOP;
    return truth == TRUTH_TRUE ? act_for_recipient(e, entry, &at) : STEP_ON;
}

/* --- before DATA ------------------------------------------------------------------------------ */

/* Whether other facts already say that the rule holds for no recipient at all. */
static enum truth holds_for_some(struct eval *e, const struct entry *entry)
{
    struct message *m = e->m;
    struct standpoint at = step_standpoint(e, &m->walk.message, NULL);
    uint8_t *state = &m->states[m->walk.index];
    enum truth truth;

    if (*state == STATE_OPEN && !step_has_news(e, entry))
        return TRUTH_OPEN;
    truth = condition_judge(e, &entry->when, &at);
    if (truth == TRUTH_STOP)
        return truth;
    *state = truth == TRUTH_FALSE ? STATE_CLOSED : STATE_OPEN;
    return truth == TRUTH_FALSE ? truth : TRUTH_OPEN;
}

static enum step before_data(struct eval *e, const struct entry *entry)
{
    enum step step = STEP_ON;

    switch (holds_for_some(e, entry)) {
    case TRUTH_ASKED:
    case TRUTH_STOP: return STEP_STOP;
    case TRUTH_FALSE: return STEP_ON;
    case TRUTH_OPEN:
    case TRUTH_TRUE:
    case TRUTH_FAILED: break;
    }
    if (e->m->current != NULL)
        step = at_rcpt(e, entry);
    /* Another recipient may still come. */
    step_leave_open(&e->m->walk.message, entry, fired(e));
    return step;
}

/* --- from DATA on ----------------------------------------------------------------------------- */

bool walk_judged_late(const struct recipient *r, size_t index)
{
    return r->unsettled && r->flagged_by > index && r->removed_by > index;
}

static bool takes_off(const struct entry *entry)
{
    return entry->terminal->kind == ACTION_DISCARD || entry->terminal->kind == ACTION_QUARANTINE;
}

static enum step act_late(struct eval *e, const struct entry *entry, struct recipient *r,
                          const struct standpoint *at)
{
    if (!fired(e) && fire_rule(e, at) != 0)
        return STEP_STOP;
    step_route(e, r, at);
    if (entry->refuses)
        return step_conclude(e, at);
    if (entry->terminal == NULL)
        return STEP_ON;
    if (entry->terminal->kind == ACTION_QUARANTINE) {
        if (fire_reason(e, at, &r->reason) != 0)
            return STEP_STOP;
        e->m->kept = true;
    }
    if (entry_redirects(entry)) {
        if (fire_target(e, at, &r->target) != 0)
            return STEP_STOP;
        r->redirected_by = (uint32_t)at->rule;
    }
    if (takes_off(entry))
        r->removed_by = (uint32_t)at->rule;
    else
        r->flagged_by = (uint32_t)at->rule;
    e->m->edits_stale = true;
    return STEP_ON;
}

/* Judges one recipient late; sets *${open} when that is not the last word. */
static enum step judge_late(struct eval *e, const struct entry *entry, struct recipient *r,
                            bool *open)
{
    const struct view *view = &e->m->walk.message;
    struct standpoint at = step_standpoint(e, view, r);
    bool failure_open = false;
    enum step step = STEP_ON;

    switch (condition_judge(e, &entry->when, &at)) {
    case TRUTH_ASKED:
    case TRUTH_STOP: return STEP_STOP;
    case TRUTH_FALSE: return STEP_ON;
    case TRUTH_OPEN: *open = true; return STEP_ON;
    case TRUTH_FAILED: step = step_failed(e, view->refusal, &failure_open); break;
    case TRUTH_TRUE:
        if (may_act(e, view, entry))
            return act_late(e, entry, r, &at);
        *open = true;
        break;
    }
    if (failure_open) {
        *open = true;
        e->m->walk.message.all = true;
    }
    return step;
}

static enum step judge_all_late(struct eval *e, const struct entry *entry, bool *open)
{
    size_t index = e->m->walk.index;

    if (e->m->states[index] == STATE_CLOSED)
        return STEP_ON;
    for (struct recipient *r = e->m->recipients; r != NULL; r = r->next) {
        enum step step = walk_judged_late(r, index) ? judge_late(e, entry, r, open) : STEP_ON;

        if (step != STEP_ON)
            return step;
    }
    e->m->states[index] = *open ? STATE_OPEN : STATE_CLOSED;
    return STEP_ON;
}

/* Of two rules that took recipients off, NO_RULE for the first if there is none, the one that
 * speaks for the message: a quarantine, else the later one. */
static uint32_t last_removal(const struct eval *e, uint32_t one, uint32_t other)
{
    if (one == NO_RULE)
        return other;
    bool keeps = eval_entry(e, one)->terminal->kind == ACTION_QUARANTINE;
    bool other_keeps = eval_entry(e, other)->terminal->kind == ACTION_QUARANTINE;

    if (keeps != other_keeps)
        return keeps ? one : other;
    return one > other ? one : other;
}

/* The rule that let the last of the recipients through, or took it off; NO_RULE when some recipient
 * is still judged by the rules below ${index}. */
static uint32_t all_let_through(const struct eval *e, size_t index)
{
    uint32_t by = NO_RULE, removed = NO_RULE;

    for (const struct recipient *r = e->m->recipients; r != NULL; r = r->next) {
        if (r->removed_by <= index)
            removed = last_removal(e, removed, r->removed_by);
        else if (r->flagged_by <= index)
            by = by == NO_RULE || r->flagged_by > by ? r->flagged_by : by;
        else
            return NO_RULE;
    }
    return by != NO_RULE ? by : removed;
}

static bool some_redirected(const struct eval *e)
{
    for (const struct recipient *r = e->m->recipients; r != NULL; r = r->next)
        if (r->target.ptr != NULL)
            return true;
    return false;
}

static enum step conclude_for_all(struct eval *e, uint32_t by)
{
    struct standpoint at = step_standpoint(e, &e->m->walk.message, NULL);
    size_t index = e->m->walk.index;
    enum step step;

    at.rule = by;
    step = step_conclude(e, &at);
    if (step == STEP_END) {
        e->m->end_rule = index; /* what stands between the two rules counts */
        e->verdict.redirects = some_redirected(e);
    }
    return step;
}

static enum step from_data_on(struct eval *e, const struct entry *entry)
{
    struct message *m = e->m;
    bool open = false;
    enum step step = judge_all_late(e, entry, &open);
    uint32_t by;

    if (step != STEP_ON)
        return step;
    by = entry->passes ? all_let_through(e, m->walk.index) : NO_RULE;
    if (by != NO_RULE)
        return conclude_for_all(e, by);
    if (open)
        step_leave_open(&m->walk.message, entry, fired(e));
    return STEP_ON;
}

enum step walk_recipient_rule(struct eval *e, const struct entry *entry)
{
    if (e->m->stage >= STAGE_DATA)
        return from_data_on(e, entry);
    if (e->m->states[e->m->walk.index] == STATE_CLOSED)
        return STEP_ON;
    return before_data(e, entry);
}
