/* walk: see walk.h. */
#include "filters/eval/walk.h"

#include "filters/eval/budget.h"
#include "filters/eval/condition.h"
#include "filters/eval/fire.h"
#include "filters/eval/walk_recipient.h"

/* For a rule of the message: open for recipients' rules below as well. */
static enum step leave_open(struct eval *e, const struct entry *entry)
{
    step_leave_open(&e->m->walk.message, entry, false);
    step_leave_open(&e->m->walk.recipient, entry, false);
    return STEP_ON;
}

/* --- a rule of the message -------------------------------------------------------------------- */

/* Judges a rule; a refusal by what SIZE= declares counts only when it can act at once, because the
 * size itself may turn out to be another. */
static enum truth judge(struct eval *e, const struct entry *entry, struct standpoint *at)
{
    const struct message *m = e->m;
    enum truth truth = condition_judge(e, &entry->when, at);
    enum truth claimed;

    if (truth != TRUTH_OPEN || !entry->refuses || !entry->names_size || m->declared_size < 0 ||
        m->stage < STAGE_MAIL || m->stage >= STAGE_MESSAGE || m->walk.message.refusal)
        return truth;
    at->declared = true;
    claimed = condition_judge(e, &entry->when, at);
    return claimed == TRUTH_TRUE || claimed == TRUTH_STOP ? claimed : TRUTH_OPEN;
}

static enum step holds_true(struct eval *e, const struct entry *entry, const struct standpoint *at)
{
    uint8_t *state = &e->m->states[at->rule];

    if (!step_may_act(&e->m->walk.message, entry)) {
        *state = STATE_PENDING;
        return leave_open(e, entry);
    }
    *state = STATE_CLOSED;
    if (fire_rule(e, at) != 0)
        return STEP_STOP;
    step_route(e, NULL, at);
    return entry->terminal != NULL ? step_conclude(e, at) : STEP_ON;
}

static enum step failed(struct eval *e, const struct entry *entry)
{
    struct walk *w = &e->m->walk;
    bool open;
    enum step step = step_failed(e, w->message.refusal, &open);

    e->m->states[w->index] = open ? STATE_PENDING_FAILED : STATE_CLOSED;
    if (open) {
        leave_open(e, entry);
        w->message.all = w->recipient.all = true; /* it will be a refusal */
    }
    return step;
}

/* A rule that was true before, or that some of its facts may have decided now. */
static enum step judge_rule(struct eval *e, const struct entry *entry)
{
    struct message *m = e->m;
    size_t index = m->walk.index;
    struct standpoint at = step_standpoint(e, &m->walk.message, NULL);

    if (m->states[index] == STATE_PENDING)
        return holds_true(e, entry, &at);
    switch (judge(e, entry, &at)) {
    case TRUTH_ASKED:
    case TRUTH_STOP: return STEP_STOP;
    case TRUTH_TRUE: return holds_true(e, entry, &at);
    case TRUTH_FAILED: return failed(e, entry);
    case TRUTH_FALSE: m->states[index] = STATE_CLOSED; return STEP_ON;
    case TRUTH_OPEN: break;
    }
    m->states[index] = STATE_OPEN;
    return leave_open(e, entry);
}

static enum step rule_of_message(struct eval *e, const struct entry *entry)
{
    enum step step = STEP_ON;

    switch ((enum rule_state)e->m->states[e->m->walk.index]) {
    case STATE_CLOSED: return STEP_ON;
    case STATE_PENDING_FAILED: return failed(e, entry);
    case STATE_OPEN:
        if (!entry->by_claim && !step_has_news(e, entry))
            return leave_open(e, entry);
        break;
    case STATE_PENDING:
    case STATE_UNSEEN: break;
    }
    if (entry->by_claim && e->m->current != NULL)
        step = walk_refuse_by_claim(e, entry);
    return step == STEP_ON ? judge_rule(e, entry) : step;
}

/* --- a shadow rule ---------------------------------------------------------------------------- */

/* It sees what it would if it alone were enforced, but for what shadow rules above it have added to
 * score, tags and message; nobody but shadow rules below sees it. */
static struct view shadow_view(const struct walk *w, const struct view *enforced)
{
    struct view view = *enforced;

    view.score_open = view.score_open || w->shadow.score_open;
    view.tag_open = view.tag_open || w->shadow.tag_open;
    return view;
}

static enum step shadow_leave_open(struct eval *e, const struct entry *entry, enum rule_state state)
{
    e->m->states[e->m->walk.index] = (uint8_t)state;
    step_leave_open(&e->m->walk.shadow, entry, false);
    return STEP_ON;
}

/* For a redirect of single recipients, once they are known: whether its condition holds for some.
 */
static enum truth judge_each(struct eval *e, const struct entry *entry, const struct standpoint *at)
{
    struct standpoint one = *at;
    enum truth all = TRUTH_FALSE;

    for (one.recipient = e->m->recipients; one.recipient != NULL;
         one.recipient = one.recipient->next) {
        enum truth truth = condition_judge(e, &entry->when, &one);

        if (truth == TRUTH_STOP || truth == TRUTH_OPEN)
            return truth;
        if (truth == TRUTH_TRUE || all == TRUTH_FALSE)
            all = truth;
    }
    return all;
}

static enum truth judge_shadow(struct eval *e, const struct entry *entry, struct standpoint *at)
{
    if (entry_redirects_some(entry) && e->m->stage >= STAGE_DATA)
        return judge_each(e, entry, at);
    return judge(e, entry, at);
}

/* Its condition holds and nothing holds it back. */
static enum step shadow_acts(struct eval *e, const struct standpoint *at)
{
    if (fire_shadow(e, at) != 0)
        return STEP_STOP;
    e->m->states[at->rule] = STATE_CLOSED;
    return STEP_ON;
}

/* Judges what would speak for ${recipient}; sets *${open} when that is not the last word. */
static enum step shadow_one(struct eval *e, const struct entry *entry, const struct view *view,
                            const struct recipient *recipient, bool *open)
{
    struct walk *w = &e->m->walk;
    struct standpoint at = step_standpoint(e, view, recipient);
    enum truth truth;

    at.shadow = true;
    at.score += w->shadow_score;
    truth = condition_judge(e, &entry->when, &at);
    if (truth == TRUTH_STOP || truth == TRUTH_ASKED)
        return STEP_STOP;
    if (truth == TRUTH_FAILED)
        e->m->marks[w->index] |= MARK_FAILED;
    if (truth == TRUTH_OPEN || (truth == TRUTH_TRUE && !step_may_act(view, entry)))
        *open = true;
    else if (truth == TRUTH_TRUE && fire_shadow(e, &at) != 0)
        return STEP_STOP;
    return STEP_ON;
}

/* A shadow that would speak for a recipient is asked with its RCPT: nobody knows whether a DATA
 * comes. */
static enum step shadow_at_rcpt(struct eval *e, const struct entry *entry)
{
    struct message *m = e->m;
    struct walk *w = &m->walk;
    struct view view = shadow_view(w, &w->recipient);
    bool open = false;
    enum step step = STEP_ON;

    if (m->current != NULL && m->current->flagged_by == NO_RULE)
        step = shadow_one(e, entry, &view, m->current, &open);
    if (open)
        m->current->unsettled = true;
    step_leave_open(&w->shadow, entry, (m->marks[w->index] & MARK_FIRED) != 0);
    return step;
}

static enum step shadow_late(struct eval *e, const struct entry *entry)
{
    struct walk *w = &e->m->walk;
    struct view view = shadow_view(w, &w->message);
    bool open = false;

    for (const struct recipient *r = e->m->recipients; r != NULL; r = r->next) {
        enum step step =
            walk_judged_late(r, w->index) ? shadow_one(e, entry, &view, r, &open) : STEP_ON;

        if (step != STEP_ON)
            return step;
    }
    if (open)
        return shadow_leave_open(e, entry, STATE_OPEN);
    e->m->states[w->index] = STATE_CLOSED;
    return STEP_ON;
}

/* Of several recipients the first for whom it holds tells the story. */
static enum step shadow_of_recipient(struct eval *e, const struct entry *entry)
{
    struct message *m = e->m;
    size_t index = m->walk.index;

    if (m->states[index] == STATE_CLOSED || (m->marks[index] & MARK_FIRED) != 0)
        return STEP_ON;
    return m->stage < STAGE_DATA ? shadow_at_rcpt(e, entry) : shadow_late(e, entry);
}

static enum step shadow_rule(struct eval *e, const struct entry *entry)
{
    struct message *m = e->m;
    struct walk *w = &m->walk;
    struct view view = shadow_view(w, &w->message);
    struct standpoint at = step_standpoint(e, &view, NULL);
    enum truth truth;

    if (m->states[w->index] == STATE_CLOSED)
        return STEP_ON;
    if (m->states[w->index] == STATE_OPEN && !step_has_news(e, entry))
        return shadow_leave_open(e, entry, STATE_OPEN);
    at.shadow = true;
    at.score += w->shadow_score;
    truth = judge_shadow(e, entry, &at);
    if (truth == TRUTH_STOP)
        return STEP_STOP;
    if (truth == TRUTH_OPEN)
        return shadow_leave_open(e, entry, STATE_OPEN);
    if (truth == TRUTH_TRUE && !step_may_act(&view, entry))
        return shadow_leave_open(e, entry, STATE_PENDING);
    if (truth == TRUTH_TRUE)
        return shadow_acts(e, &at);
    m->states[w->index] = STATE_CLOSED;
    if (truth == TRUTH_FAILED)
        m->marks[w->index] |= MARK_FAILED;
    return STEP_ON;
}

/* --- the list --------------------------------------------------------------------------------- */

static enum step one_rule(struct eval *e, const struct entry *entry)
{
    if (entry->shadows_recipient)
        return shadow_of_recipient(e, entry);
    if (entry_shadow(entry))
        return shadow_rule(e, entry);
    return entry->of_recipient ? walk_recipient_rule(e, entry) : rule_of_message(e, entry);
}

static void add_score(struct eval *e, const struct entry *entry)
{
    struct walk *w = &e->m->walk;

    if ((e->m->marks[w->index] & MARK_FIRED) == 0)
        return;
    if (entry_shadow(entry))
        w->shadow_score += entry->score;
    else
        w->score += entry->score;
}

/* Whether nothing more can come of the rule: it did not hold, nor will it. One that lets recipients
 * pass may still be where the last of them has passed. */
static bool is_past(const struct message *m, size_t index, const struct entry *entry)
{
    return m->states[index] == STATE_CLOSED && m->marks[index] == 0 && !entry->passes;
}

/* Whether the turn ends behind a rule, which may have been judged for each recipient. */
static bool pauses(struct eval *e, const struct entry *entry)
{
    if (!budget_passed(e, entry->names_recipient ? e->m->recipient_count + 1 : 1))
        return false;
    e->stop = STOP_MORE;
    return true;
}

enum step walk_run(struct eval *e)
{
    struct walk *w = &e->m->walk;

    while (w->index < e->m->end_rule) {
        const struct entry *entry = eval_entry(e, w->index);
        enum step step;

        if (is_past(e->m, w->index, entry) || !entry_live(entry)) {
            w->index++;
            continue;
        }
        step = one_rule(e, entry);
        if (step != STEP_ON)
            return step;
        add_score(e, entry);
        w->index++;
        if (pauses(e, entry))
            return STEP_STOP;
    }
    return STEP_END;
}
