/* effects_envelope: see effects_envelope.h. */
#include "filters/eval/effects_envelope.h"

#include "filters/base/mailbox.h"
#include "filters/eval/facts_take.h"
#include "filters/match/wildcard.h"

/* Whether the message may have ${address} in its envelope. */
static enum making_result judge_address(const struct making *x, struct slice address)
{
    if (mailbox_valid(address, x->e->m->utf8))
        return MAKING_OK;
    return mailbox_valid(address, true) ? MAKING_UTF8 : MAKING_ADDRESS;
}

static bool is_there(const struct making *x, struct slice address)
{
    for (size_t i = 0; i < x->recipient_count; i++)
        if (mailbox_same(x->recipients[i], address))
            return true;
    return false;
}

/* Whether it was redirected at RCPT. */
static bool was_moved(const struct recipient *r)
{
    return r->target.ptr != NULL && r->redirected_by == NO_RULE;
}

static struct slice recipient_now(const struct recipient *r)
{
    return was_moved(r) ? r->target : r->address;
}

/* The recipients as they are before any edit: those that were redirected at RCPT are so already,
 * and stand here once. Those that a rule took off or redirected late are still among them. */
static enum making_result take_recipients(struct making *x)
{
    if (x->recipients != NULL)
        return MAKING_OK;
    x->recipient_capacity = x->e->m->recipient_count + 1;
    x->recipients = arena_alloc(&x->e->work, x->recipient_capacity * sizeof(*x->recipients));
    if (x->recipients == NULL)
        return MAKING_MEMORY;
    for (const struct recipient *r = x->e->m->recipients; r != NULL; r = r->next)
        if (!was_moved(r) || !is_there(x, r->target))
            x->recipients[x->recipient_count++] = recipient_now(r);
    return MAKING_OK;
}

/* Why a recipient goes. */
struct going {
    struct slice reason;  /* a copy for it goes to the quarantine; ptr NULL: none does */
    struct slice instead; /* who takes its place; empty: nobody */
};

static enum making_result drop_recipient(struct making *x, struct slice address, struct going going)
{
    size_t kept = 0;

    for (size_t i = 0; i < x->recipient_count; i++)
        if (!slice_equal(x->recipients[i], address))
            x->recipients[kept++] = x->recipients[i];
    x->recipient_count = kept;
    return making_add(x, (struct edit){.kind = EDIT_REMOVE_RECIPIENT,
                                       .value = address,
                                       .reason = going.reason,
                                       .instead = going.instead});
}

/* Whether ${address} is meant, however it and ${pattern} are quoted and spelled: 1 or 0, or -1 when
 * memory is out. */
static int matches(struct making *x, const struct comparable *pattern, struct slice address)
{
    struct comparable forms;

    if (facts_take_address(x->e, address, &forms) != 0)
        return -1;
    return wildcard_match(pattern->ascii, forms.ascii) ||
           wildcard_match(pattern->unicode, forms.unicode);
}

/* Removes ${address}, the recipient under way, if it is meant; else the next one is under way. */
static enum making_result remove_if(struct making *x, const struct comparable *pattern,
                                    struct slice address)
{
    int matched = matches(x, pattern, address);
    enum making_result result = MAKING_OK;

    if (matched < 0)
        return MAKING_MEMORY;
    if (matched > 0)
        result = drop_recipient(x, address, (struct going){SLICE_NONE, SLICE_NONE});
    else
        x->place.recipient++;
    if (result != MAKING_OK)
        return result;
    return making_charge(x, address.len + (matched > 0 ? x->recipient_count : 0));
}

static enum making_result remove_recipients(struct making *x, struct slice pattern)
{
    enum making_result result = take_recipients(x);
    struct comparable forms;

    if (facts_take_address(x->e, pattern, &forms) != 0)
        return MAKING_MEMORY;
    while (result == MAKING_OK && x->place.recipient < x->recipient_count) {
        result = making_ready(x);
        if (result == MAKING_OK)
            result = remove_if(x, &forms, x->recipients[x->place.recipient]);
    }
    return result;
}

static int grow_recipients(struct making *x)
{
    size_t capacity = 2 * x->recipient_capacity;
    struct slice *items = arena_alloc(&x->e->work, capacity * sizeof(*items));

    if (items == NULL)
        return -1;
    memcpy(items, x->recipients, x->recipient_count * sizeof(*items));
    x->recipients = items;
    x->recipient_capacity = capacity;
    return 0;
}

/* ${instead}: whose place it takes; empty: nobody's. */
static enum making_result add_recipient(struct making *x, struct slice address,
                                        struct slice instead)
{
    if (judge_address(x, address) != MAKING_OK)
        return judge_address(x, address);
    if (take_recipients(x) != MAKING_OK)
        return MAKING_MEMORY;
    if (is_there(x, address))
        return MAKING_OK;
    if (x->recipient_count == x->recipient_capacity && grow_recipients(x) != 0)
        return MAKING_MEMORY;
    x->recipients[x->recipient_count++] = address;
    return making_add(
        x, (struct edit){.kind = EDIT_ADD_RECIPIENT, .value = address, .instead = instead});
}

/* Replaces the recipient under way by ${address}, unless it is that one. */
static enum making_result replace_by(struct making *x, struct slice address)
{
    struct slice replaced = x->recipients[x->place.recipient];
    enum making_result result = making_ready(x);

    if (result != MAKING_OK)
        return result;
    if (mailbox_same(replaced, address))
        x->place.recipient++;
    else
        result = drop_recipient(x, replaced, (struct going){.instead = address});
    return result == MAKING_OK ? making_charge(x, x->recipient_count) : result;
}

/* All recipients are replaced by ${address}, which takes the place of the first that was named. */
static enum making_result redirect_all(struct making *x, struct slice address)
{
    const struct recipient *named = x->e->m->recipients;
    enum making_result result = judge_address(x, address);

    if (result == MAKING_OK)
        result = take_recipients(x);
    while (result == MAKING_OK && x->place.recipient < x->recipient_count)
        result = replace_by(x, address);
    if (result != MAKING_OK)
        return result;
    return add_recipient(x, address, named != NULL ? recipient_now(named) : SLICE_NONE);
}

static bool holds(const struct making *x, struct slice address)
{
    for (size_t i = 0; i < x->recipient_count; i++)
        if (slice_equal(x->recipients[i], address))
            return true;
    return false;
}

/* One recipient is replaced, if no edit before has taken it out; then the next is under way. */
static enum making_result redirect_one(struct making *x, struct slice address, struct slice target)
{
    enum making_result result = making_ready(x);

    if (result != MAKING_OK || making_charge(x, x->recipient_count) != MAKING_OK)
        return result != MAKING_OK ? result : MAKING_MEMORY;
    x->place.recipient++;
    if (judge_address(x, target) != MAKING_OK)
        return judge_address(x, target);
    if (!holds(x, address) || mailbox_same(address, target))
        return MAKING_OK;
    result = drop_recipient(x, address, (struct going){.instead = target});
    return result == MAKING_OK ? add_recipient(x, target, address) : result;
}

/* Those that this shadow rule would replace. */
static enum making_result redirect_shadowed(struct making *x)
{
    enum making_result result = take_recipients(x);
    size_t done = 0;

    for (const struct shadow_redirect *s = x->e->m->redirects; s != NULL; s = s->next)
        if (s->rule == x->rule && result == MAKING_OK && done++ == x->place.recipient)
            result = redirect_one(x, s->recipient->address, s->target);
    return result;
}

/* Those that this rule, a redirect decided after RCPT, replaces. */
static enum making_result redirect_some(struct making *x)
{
    enum making_result result = take_recipients(x);
    size_t done = 0;

    if (entry_shadow(x->entry))
        return redirect_shadowed(x);
    for (const struct recipient *r = x->e->m->recipients; r != NULL; r = r->next)
        if (r->redirected_by == x->rule && result == MAKING_OK && done++ == x->place.recipient)
            result = redirect_one(x, r->address, r->target);
    return result;
}

static enum making_result set_sender(struct making *x, struct slice address)
{
    if (address.len > 0 && judge_address(x, address) != MAKING_OK)
        return judge_address(x, address);
    if (slice_equal(x->sender, address))
        return MAKING_OK;
    x->sender = address;
    return making_add(x, (struct edit){.kind = EDIT_SET_SENDER, .value = address});
}

/* Those that this rule, a discard or quarantine held back at RCPT, takes off. */
enum making_result effects_envelope_take_off(struct making *x)
{
    enum making_result result = take_recipients(x);

    for (const struct recipient *r = x->e->m->recipients; r != NULL; r = r->next)
        if (r->removed_by == x->rule && result == MAKING_OK)
            result = drop_recipient(x, r->address, (struct going){.reason = r->reason});
    return result;
}

static enum making_result change_envelope(struct making *x, const struct act *act)
{
    struct slice address = making_text(x, &act->text);

    if (address.ptr == NULL)
        return MAKING_MEMORY;
    if (act->kind == ACTION_SET_SENDER)
        return set_sender(x, address);
    if (act->kind == ACTION_ADD_RECIPIENT)
        return add_recipient(x, address, SLICE_NONE);
    if (act->kind == ACTION_REMOVE_RECIPIENT)
        return remove_recipients(x, address);
    return redirect_all(x, address);
}

static bool redirects_some(const struct making *x)
{
    return x->entry->of_recipient || (entry_shadow(x->entry) && entry_redirects_some(x->entry));
}

enum making_result effects_envelope_act(struct making *x, const struct act *act)
{
    enum making_result result = making_ready(x);

    if (result == MAKING_OK)
        result = change_envelope(x, act);
    return result == MAKING_OK ? making_charge(x, x->recipient_count) : result;
}

enum making_result effects_envelope_redirect(struct making *x, const struct act *act)
{
    return redirects_some(x) ? redirect_some(x) : effects_envelope_act(x, act);
}
