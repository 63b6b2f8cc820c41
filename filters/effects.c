/* effects: see effects.h. */
#include "filters/effects.h"

#include "filters/base/mailbox.h"
#include "filters/budget.h"
#include "filters/effects_header.h"
#include "filters/report.h"
#include "filters/rewrite.h"
#include "filters/wildcard.h"

#define UNCHECKED_NAME "X-Postern-Unchecked"

/* --- single edits ----------------------------------------------------------------------------- */

struct slice effects_text(struct effects *x, const struct text *text)
{
    struct slice expanded = text_expand(text, &x->values, &x->e->work);

    return x->source.failed ? SLICE_NONE : expanded;
}

enum effects_result effects_add(struct effects *x, struct edit edit)
{
    edit.by = x->entry->rule->name;
    if (edit_is_header(edit.kind) && !rewrite_changes(&x->header, &edit))
        return EFFECTS_OK;
    if (edit_list_add(x->list, &x->e->work, &edit) != 0)
        return EFFECTS_MEMORY;
    if (!edit_is_header(edit.kind))
        return EFFECTS_OK;
    return rewrite_apply(&x->header, &edit, &x->e->work) == 0 ? EFFECTS_OK : EFFECTS_MEMORY;
}

/* --- time ------------------------------------------------------------------------------------- */

enum effects_result effects_ready(struct effects *x)
{
    const struct standpoint at = {.rule = x->rule, .shadow = x->shadow};

    budget_start(x->e, &at);
    if (budget_over(x->e, &at))
        return EFFECTS_REGEX;
    return x->pausable && x->e->budget.turn_over ? EFFECTS_MORE : EFFECTS_OK;
}

enum effects_result effects_charge(struct effects *x, size_t bytes)
{
    return budget_charge(x->e, bytes, x->pausable) == 0 ? EFFECTS_OK : EFFECTS_MEMORY;
}

/* --- the envelope ----------------------------------------------------------------------------- */

static bool is_there(const struct effects *x, struct slice address)
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
static enum effects_result take_recipients(struct effects *x)
{
    if (x->recipients != NULL)
        return EFFECTS_OK;
    x->recipient_capacity = x->e->m->recipient_count + 1;
    x->recipients = arena_alloc(&x->e->work, x->recipient_capacity * sizeof(*x->recipients));
    if (x->recipients == NULL)
        return EFFECTS_MEMORY;
    for (const struct recipient *r = x->e->m->recipients; r != NULL; r = r->next)
        if (!was_moved(r) || !is_there(x, r->target))
            x->recipients[x->recipient_count++] = recipient_now(r);
    return EFFECTS_OK;
}

/* Why a recipient goes. */
struct going {
    struct slice reason;  /* a copy for it goes to the quarantine; ptr NULL: none does */
    struct slice instead; /* who takes its place; empty: nobody */
};

static enum effects_result drop_recipient(struct effects *x, struct slice address,
                                          struct going going)
{
    size_t kept = 0;

    for (size_t i = 0; i < x->recipient_count; i++)
        if (!slice_equal(x->recipients[i], address))
            x->recipients[kept++] = x->recipients[i];
    x->recipient_count = kept;
    return effects_add(x, (struct edit){.kind = EDIT_REMOVE_RECIPIENT,
                                        .value = address,
                                        .reason = going.reason,
                                        .instead = going.instead});
}

/* Whether ${address} is meant, however it and ${pattern} are quoted and spelled: 1 or 0, or -1 when
 * memory is out. */
static int matches(struct effects *x, const struct comparable *pattern, struct slice address)
{
    struct comparable forms;

    if (facts_forms(x->e, address, &forms) != 0)
        return -1;
    return wildcard_match(pattern->ascii, forms.ascii) ||
           wildcard_match(pattern->unicode, forms.unicode);
}

/* Removes ${address}, the recipient under way, if it is meant; else the next one is under way. */
static enum effects_result remove_if(struct effects *x, const struct comparable *pattern,
                                     struct slice address)
{
    int matched = matches(x, pattern, address);
    enum effects_result result = EFFECTS_OK;

    if (matched < 0)
        return EFFECTS_MEMORY;
    if (matched > 0)
        result = drop_recipient(x, address, (struct going){SLICE_NONE, SLICE_NONE});
    else
        x->place.recipient++;
    if (result != EFFECTS_OK)
        return result;
    return effects_charge(x, address.len + (matched > 0 ? x->recipient_count : 0));
}

static enum effects_result remove_recipients(struct effects *x, struct slice pattern)
{
    enum effects_result result = take_recipients(x);
    struct comparable forms;

    if (facts_forms(x->e, pattern, &forms) != 0)
        return EFFECTS_MEMORY;
    while (result == EFFECTS_OK && x->place.recipient < x->recipient_count) {
        result = effects_ready(x);
        if (result == EFFECTS_OK)
            result = remove_if(x, &forms, x->recipients[x->place.recipient]);
    }
    return result;
}

static int grow_recipients(struct effects *x)
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
static enum effects_result add_recipient(struct effects *x, struct slice address,
                                         struct slice instead)
{
    if (!mailbox_valid(address, true))
        return EFFECTS_ADDRESS;
    if (take_recipients(x) != EFFECTS_OK)
        return EFFECTS_MEMORY;
    if (is_there(x, address))
        return EFFECTS_OK;
    if (x->recipient_count == x->recipient_capacity && grow_recipients(x) != 0)
        return EFFECTS_MEMORY;
    x->recipients[x->recipient_count++] = address;
    return effects_add(
        x, (struct edit){.kind = EDIT_ADD_RECIPIENT, .value = address, .instead = instead});
}

/* Replaces the recipient under way by ${address}, unless it is that one. */
static enum effects_result replace_by(struct effects *x, struct slice address)
{
    struct slice replaced = x->recipients[x->place.recipient];
    enum effects_result result = effects_ready(x);

    if (result != EFFECTS_OK)
        return result;
    if (mailbox_same(replaced, address))
        x->place.recipient++;
    else
        result = drop_recipient(x, replaced, (struct going){.instead = address});
    return result == EFFECTS_OK ? effects_charge(x, x->recipient_count) : result;
}

/* All recipients are replaced by ${address}, which takes the place of the first that was named. */
static enum effects_result redirect_all(struct effects *x, struct slice address)
{
    const struct recipient *named = x->e->m->recipients;
    enum effects_result result = take_recipients(x);

    if (!mailbox_valid(address, true))
        return EFFECTS_ADDRESS;
    while (result == EFFECTS_OK && x->place.recipient < x->recipient_count)
        result = replace_by(x, address);
    if (result != EFFECTS_OK)
        return result;
    return add_recipient(x, address, named != NULL ? recipient_now(named) : SLICE_NONE);
}

static bool holds(const struct effects *x, struct slice address)
{
    for (size_t i = 0; i < x->recipient_count; i++)
        if (slice_equal(x->recipients[i], address))
            return true;
    return false;
}

/* One recipient is replaced, if no edit before has taken it out; then the next is under way. */
static enum effects_result redirect_one(struct effects *x, struct slice address,
                                        struct slice target)
{
    enum effects_result result = effects_ready(x);

    if (result != EFFECTS_OK || effects_charge(x, x->recipient_count) != EFFECTS_OK)
        return result != EFFECTS_OK ? result : EFFECTS_MEMORY;
    x->place.recipient++;
    if (!mailbox_valid(target, true))
        return EFFECTS_ADDRESS;
    if (!holds(x, address) || mailbox_same(address, target))
        return EFFECTS_OK;
    result = drop_recipient(x, address, (struct going){.instead = target});
    return result == EFFECTS_OK ? add_recipient(x, target, address) : result;
}

/* Those that this shadow rule would replace. */
static enum effects_result redirect_shadowed(struct effects *x)
{
    enum effects_result result = take_recipients(x);
    size_t done = 0;

    for (const struct shadow_redirect *s = x->e->m->redirects; s != NULL; s = s->next)
        if (s->rule == x->rule && result == EFFECTS_OK && done++ == x->place.recipient)
            result = redirect_one(x, s->recipient->address, s->target);
    return result;
}

/* Those that this rule, a redirect held back at RCPT, replaces. */
static enum effects_result redirect_some(struct effects *x)
{
    enum effects_result result = take_recipients(x);
    size_t done = 0;

    if (entry_shadow(x->entry))
        return redirect_shadowed(x);
    for (const struct recipient *r = x->e->m->recipients; r != NULL; r = r->next)
        if (r->redirected_by == x->rule && result == EFFECTS_OK && done++ == x->place.recipient)
            result = redirect_one(x, r->address, r->target);
    return result;
}

static enum effects_result set_sender(struct effects *x, struct slice address)
{
    if (address.len > 0 && !mailbox_valid(address, true))
        return EFFECTS_ADDRESS;
    if (slice_equal(x->sender, address))
        return EFFECTS_OK;
    x->sender = address;
    return effects_add(x, (struct edit){.kind = EDIT_SET_SENDER, .value = address});
}

/* Those that this rule, a discard or quarantine held back at RCPT, takes off. */
static enum effects_result take_off(struct effects *x)
{
    enum effects_result result = take_recipients(x);

    for (const struct recipient *r = x->e->m->recipients; r != NULL; r = r->next)
        if (r->removed_by == x->rule && result == EFFECTS_OK)
            result = drop_recipient(x, r->address, (struct going){.reason = r->reason});
    return result;
}

static enum effects_result change_envelope(struct effects *x, const struct act *act)
{
    struct slice address = effects_text(x, &act->text);

    if (address.ptr == NULL)
        return EFFECTS_MEMORY;
    if (act->kind == ACTION_SET_SENDER)
        return set_sender(x, address);
    if (act->kind == ACTION_ADD_RECIPIENT)
        return add_recipient(x, address, SLICE_NONE);
    if (act->kind == ACTION_REMOVE_RECIPIENT)
        return remove_recipients(x, address);
    return redirect_all(x, address);
}

/* Final rules see the new address, and speak for the message. */
static bool redirects_some(const struct effects *x)
{
    return x->entry->of_recipient || (entry_shadow(x->entry) && entry_redirects_some(x->entry));
}

static enum effects_result envelope_act(struct effects *x, const struct act *act)
{
    enum effects_result result = effects_ready(x);

    if (result == EFFECTS_OK)
        result = change_envelope(x, act);
    return result == EFFECTS_OK ? effects_charge(x, x->recipient_count) : result;
}

/* --- rules ------------------------------------------------------------------------------------ */

static enum effects_result one_act(struct effects *x, const struct act *act)
{
    switch (act->kind) {
    case ACTION_ADD_HEADER:
    case ACTION_INSERT_HEADER:
    case ACTION_SET_HEADER:
    case ACTION_PREPEND:
    case ACTION_APPEND:
    case ACTION_REMOVE_HEADER:
    case ACTION_REPLACE: return x->has_header ? effects_header_act(x, act) : EFFECTS_OK;
    case ACTION_SET_SENDER:
    case ACTION_ADD_RECIPIENT:
    case ACTION_REMOVE_RECIPIENT: return envelope_act(x, act);
    case ACTION_REDIRECT: return redirects_some(x) ? redirect_some(x) : envelope_act(x, act);
    case ACTION_DISCARD:
    case ACTION_QUARANTINE: return x->entry->of_recipient ? take_off(x) : EFFECTS_OK;
    case ACTION_ACCEPT:
    case ACTION_ACCEPT_ALL:
    case ACTION_REJECT:
    case ACTION_TEMPFAIL:
    case ACTION_DISCONNECT:
    case ACTION_SCORE:
    case ACTION_TAG:
    case ACTION_LOG:
    case ACTION_DELAY: break;
    }
    return EFFECTS_OK;
}

static void begin_rule(struct effects *x, const struct saved *saved)
{
    x->values = (struct text_values){.field = facts_text, .ctx = &x->source};
    x->source.recipient = SLICE_NONE;
    if (saved == NULL)
        return;
    x->values.match = &saved->match;
    x->values.listtext = saved->listtext;
    x->source.recipient = saved->recipient;
}

static void forget_place(struct effects *x)
{
    pattern_replace_end(&x->place.replacing);
    x->place = (struct effects_place){.field = 0};
}

/* The actions of the rule, from x->act on. */
static enum effects_result one_rule(struct effects *x)
{
    const struct entry *entry = x->entry;
    enum effects_result result = EFFECTS_OK;

    begin_rule(x, entry->saved != SLICE_NOT_FOUND ? x->e->m->saved[entry->saved] : NULL);
    while (x->act < entry->act_count && result == EFFECTS_OK) {
        result = one_act(x, &entry->acts[x->act]);
        if (result == EFFECTS_MORE)
            return result;
        forget_place(x);
        x->act++;
    }
    x->act = 0;
    return result;
}

/* With on_failure.regex = continue a rule that cannot be done is left out, and said so; but not
 * half of it. */
static enum effects_result overlook(struct effects *x, enum effects_result result)
{
    if (result != EFFECTS_REGEX || x->e->options.on_regex != VERDICT_CONTINUE ||
        x->list->count > x->made_before)
        return result;
    if (!x->shadow)
        x->e->m->marks[x->rule] =
            (uint8_t)((x->e->m->marks[x->rule] & ~MARK_LOOKUP) | MARK_FAILED | MARK_UNCHECKED);
    return EFFECTS_OK;
}

/* The rules from x->rule on. */
static enum effects_result all_rules(struct effects *x)
{
    const struct ruleset *rules = x->e->rules;

    for (; x->rule < rules->count; x->rule++) {
        enum effects_result result;
        bool shadow;

        x->entry = &rules->entries[x->rule];
        shadow = entry_shadow(x->entry);
        if ((x->e->m->marks[x->rule] & MARK_FIRED) == 0 || (shadow && !x->shadow))
            continue;
        x->list = shadow == x->shadow ? &x->made : &x->unseen;
        if (!x->begun)
            x->made_before = x->list->count;
        result = overlook(x, one_rule(x));
        x->begun = result == EFFECTS_MORE;
        if (result != EFFECTS_OK)
            return result;
        x->source.score += x->entry->score;
    }
    return EFFECTS_OK;
}

/* One field for all rules that could not be judged and count as false. */
static enum effects_result say_unchecked(struct effects *x)
{
    const struct message *m = x->e->m;
    struct bytes names;
    struct slice all;
    enum effects_result result = EFFECTS_OK;

    bytes_init(&names, x->e->work.limit_bytes);
    for (size_t i = 0; i < x->e->rules->count && i <= m->end_rule; i++) {
        if ((m->marks[i] & MARK_UNCHECKED) == 0)
            continue;
        x->entry = &x->e->rules->entries[i];
        bytes_format(&names, "%s%.*s ", names.len > 0 ? ", " : "",
                     SLICE_ARG(failure_name(eval_failure(x->e, i))));
        bytes_append(&names, x->entry->rule->name);
    }
    if (bytes_take(&names, &all) != 0)
        result = EFFECTS_MEMORY;
    else if (all.len > 0 && x->has_header)
        result = effects_header_add(x, SLICE(UNCHECKED_NAME), all);
    bytes_fini(&names);
    return result;
}

static enum effects_result begin(struct eval *e, bool shadow)
{
    const struct eval *before = e->options.before;
    struct effects *x = arena_alloc(&e->work, sizeof(*x));

    if (x == NULL)
        return EFFECTS_MEMORY;
    *x = (struct effects){.e = e, .shadow = shadow, .source = {.e = e}};
    x->sender = e->m->sender;
    x->source.score = before != NULL ? report_score(before, false) : 0;
    x->has_header = e->m->header != NULL;
    if (x->has_header && header_clone(&x->header, e->m->header, &e->work) != 0)
        return EFFECTS_MEMORY;
    e->m->making = x;
    return EFFECTS_OK;
}

bool effects_shadowed(const struct eval *e)
{
    for (size_t i = 0; i < e->rules->count; i++) {
        const struct entry *entry = eval_entry(e, i);

        if (entry_shadow(entry) && (e->m->marks[i] & MARK_FIRED) != 0 &&
            (entry->edits_header || entry->edits_envelope))
            return true;
    }
    return false;
}

void effects_drop(struct eval *e)
{
    if (e->m != NULL && e->m->making != NULL)
        forget_place(e->m->making);
    if (e->m != NULL)
        e->m->making = NULL;
}

static enum effects_result go_on(struct effects *x)
{
    enum effects_result result = all_rules(x);

    if (result != EFFECTS_OK || x->shadow)
        return result;
    x->list = &x->made;
    return say_unchecked(x);
}

enum effects_result effects_make(struct eval *e, bool shadow, bool pausable, struct edit_list *list,
                                 size_t *rule)
{
    enum effects_result result = EFFECTS_OK;

    *list = (struct edit_list){.count = 0};
    *rule = 0;
    if (e->m->making != NULL && e->m->making->shadow != shadow)
        effects_drop(e);
    if (e->m->making == NULL)
        result = begin(e, shadow);
    if (result != EFFECTS_OK)
        return result;
    e->m->making->pausable = pausable;
    result = go_on(e->m->making);
    if (result == EFFECTS_MORE)
        return result;
    *list = e->m->making->made;
    if (e->m->making->rule < e->rules->count)
        *rule = e->m->making->rule;
    effects_drop(e);
    return result;
}
