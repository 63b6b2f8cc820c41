/* budget: see budget.h. */
#include "filters/eval/budget.h"

#define NOBODY SIZE_MAX /* in place of a rule */

static uint64_t look(const struct eval *e)
{
    return e->options.clock_ns(e->options.clock_ctx);
}

/* It is ${now}. The first look is where the turn begins. */
static void note_time(struct eval *e, uint64_t now)
{
    struct budget *b = &e->budget;

    if (b->turn_began_ns == 0)
        b->turn_began_ns = now;
    b->late = e->options.turn_ns > 0 && now - b->turn_began_ns > e->options.turn_ns;
}

void budget_begin(struct eval *e)
{
    struct budget *b = &e->budget;

    b->running = b->slow = b->late = b->turn_over = false;
    b->turn_began_ns = 0;
    b->searches = b->bytes = b->judged = 0;
}

/* Charges ${elapsed} to the rule that asked last, and to the message. */
static int charge(struct eval *e, uint64_t elapsed)
{
    struct budget *b = &e->budget;
    struct message *m = e->m;
    uint64_t units = (elapsed + SPENT_UNIT_NS - 1) / SPENT_UNIT_NS;

    if (b->asker_shadow)
        b->shadow_ns += elapsed;
    else
        b->message_ns += elapsed;
    if (e->options.rule_budget_ns == 0 || b->asker == NOBODY)
        return 0;
    if (m->spent == NULL)
        m->spent = arena_alloc(&e->work, e->rules->count * sizeof(*m->spent));
    if (m->spent == NULL) {
        e->stop = STOP_MEMORY;
        return -1;
    }
    units += m->spent[b->asker];
    m->spent[b->asker] = units < UINT32_MAX ? (uint32_t)units : UINT32_MAX;
    return 0;
}

void budget_end(struct eval *e)
{
    struct budget *b = &e->budget;

    if (b->running && b->searches > 0 && e->m != NULL)
        (void)charge(e, look(e) - b->looked_ns); /* no room for the account: the next one says so */
    b->running = false;
}

bool budget_over(const struct eval *e, const struct standpoint *at)
{
    const struct eval_options *options = &e->options;
    uint64_t message = at->shadow ? e->budget.shadow_ns : e->budget.message_ns;

    if (options->clock_ns == NULL)
        return false;
    if (options->message_budget_ns > 0 && message > options->message_budget_ns)
        return true;
    return options->rule_budget_ns > 0 && e->m->spent != NULL &&
           (uint64_t)e->m->spent[at->rule] * SPENT_UNIT_NS > options->rule_budget_ns;
}

void budget_start(struct eval *e, const struct standpoint *at)
{
    struct budget *b = &e->budget;

    b->asker = at->rule;
    b->asker_shadow = at->shadow;
    if (e->options.clock_ns == NULL || b->running)
        return;
    b->running = true;
    b->looked_ns = look(e);
    note_time(e, b->looked_ns);
}

enum truth budget_allows(struct eval *e, const struct standpoint *at, bool pausable)
{
    budget_start(e, at);
    if (budget_over(e, at))
        return TRUTH_FAILED;
    if (!pausable || !e->budget.turn_over)
        return TRUTH_OPEN;
    e->stop = STOP_MORE;
    return TRUTH_STOP;
}

void budget_share(struct eval *e)
{
    e->budget.asker = NOBODY;
}

int budget_charge(struct eval *e, size_t bytes, bool pausable)
{
    struct budget *b = &e->budget;
    uint64_t now, elapsed;

    if (!b->running)
        return 0;
    b->searches++;
    b->bytes += bytes;
    if (!b->slow && b->searches < BUDGET_LOOK_SEARCHES && b->bytes < BUDGET_LOOK_BYTES)
        return 0;
    now = look(e);
    elapsed = now - b->looked_ns;
    b->looked_ns = now;
    b->searches = b->bytes = 0;
    b->slow = b->slow || elapsed > BUDGET_SLOW_NS;
    note_time(e, now);
    b->turn_over = b->turn_over || (pausable && b->late);
    return charge(e, elapsed);
}

void budget_look(struct eval *e)
{
    e->budget.judged = 0;
    if (e->options.clock_ns != NULL)
        note_time(e, look(e));
}
