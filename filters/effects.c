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
    if (edit_list_add(x->list, &x->e->work, &edit) != 0)
        return EFFECTS_MEMORY;
    if (!edit_is_header(edit.kind))
        return EFFECTS_OK;
    return rewrite_apply(&x->header, &edit, &x->e->work) == 0 ? EFFECTS_OK : EFFECTS_MEMORY;
}

/* --- the envelope ----------------------------------------------------------------------------- */

/* The recipients as they are before any edit. Those that a discard or quarantine rule took off late
 * are still among them. */
static enum effects_result take_recipients(struct effects *x)
{
    size_t count = 0;

    if (x->recipients != NULL)
        return EFFECTS_OK;
    x->recipient_capacity = x->e->m->recipient_count + 1;
    x->recipients = arena_alloc(&x->e->work, x->recipient_capacity * sizeof(*x->recipients));
    if (x->recipients == NULL)
        return EFFECTS_MEMORY;
    for (const struct recipient *r = x->e->m->recipients; r != NULL; r = r->next)
        x->recipients[count++] = r->address;
    x->recipient_count = count;
    return EFFECTS_OK;
}

/* ${reason}: a copy for it goes to the quarantine; ptr NULL: none does. */
static enum effects_result drop_recipient(struct effects *x, struct slice address,
                                          struct slice reason)
{
    size_t kept = 0;

    for (size_t i = 0; i < x->recipient_count; i++)
        if (!slice_equal(x->recipients[i], address))
            x->recipients[kept++] = x->recipients[i];
    x->recipient_count = kept;
    return effects_add(
        x, (struct edit){.kind = EDIT_REMOVE_RECIPIENT, .value = address, .reason = reason});
}

static enum effects_result remove_recipients(struct effects *x, struct slice pattern)
{
    enum effects_result result = take_recipients(x);
    size_t at = 0;

    while (result == EFFECTS_OK && at < x->recipient_count) {
        if (wildcard_match(pattern, x->recipients[at]))
            result = drop_recipient(x, x->recipients[at], SLICE_NONE);
        else
            at++;
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

static enum effects_result add_recipient(struct effects *x, struct slice address)
{
    if (!mailbox_valid(address, true))
        return EFFECTS_ADDRESS;
    if (take_recipients(x) != EFFECTS_OK)
        return EFFECTS_MEMORY;
    for (size_t i = 0; i < x->recipient_count; i++)
        if (slice_equal(x->recipients[i], address))
            return EFFECTS_OK;
    if (x->recipient_count == x->recipient_capacity && grow_recipients(x) != 0)
        return EFFECTS_MEMORY;
    x->recipients[x->recipient_count++] = address;
    return effects_add(x, (struct edit){.kind = EDIT_ADD_RECIPIENT, .value = address});
}

static enum effects_result redirect(struct effects *x, struct slice address)
{
    enum effects_result result;

    if (!mailbox_valid(address, true))
        return EFFECTS_ADDRESS;
    result = remove_recipients(x, SLICE("*"));
    return result == EFFECTS_OK ? add_recipient(x, address) : result;
}

static enum effects_result set_sender(struct effects *x, struct slice address)
{
    if (address.len > 0 && !mailbox_valid(address, true))
        return EFFECTS_ADDRESS;
    return effects_add(x, (struct edit){.kind = EDIT_SET_SENDER, .value = address});
}

/* Those that this rule, a discard or quarantine held back at RCPT, takes off. */
static enum effects_result take_off(struct effects *x)
{
    enum effects_result result = take_recipients(x);

    for (const struct recipient *r = x->e->m->recipients; r != NULL; r = r->next)
        if (r->removed_by == x->rule && result == EFFECTS_OK)
            result = drop_recipient(x, r->address, r->reason);
    return result;
}

static enum effects_result envelope_act(struct effects *x, const struct act *act)
{
    struct slice address = effects_text(x, &act->text);

    if (address.ptr == NULL)
        return EFFECTS_MEMORY;
    if (act->kind == ACTION_SET_SENDER)
        return set_sender(x, address);
    if (act->kind == ACTION_ADD_RECIPIENT)
        return add_recipient(x, address);
    if (act->kind == ACTION_REMOVE_RECIPIENT)
        return remove_recipients(x, address);
    return redirect(x, address);
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
    case ACTION_REMOVE_RECIPIENT:
    case ACTION_REDIRECT: return envelope_act(x, act);
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

static enum effects_result one_rule(struct effects *x)
{
    const struct entry *entry = x->entry;
    enum effects_result result = EFFECTS_OK;

    begin_rule(x, entry->saved != SLICE_NOT_FOUND ? x->e->m->saved[entry->saved] : NULL);
    for (size_t i = 0; i < entry->act_count && result == EFFECTS_OK; i++)
        result = one_act(x, &entry->acts[i]);
    return result;
}

/* With on_failure.regex = continue a `replace` that cannot be done is left out, and said so. */
static enum effects_result overlook(struct effects *x, enum effects_result result)
{
    if (result != EFFECTS_REGEX || x->e->options.on_regex != VERDICT_CONTINUE)
        return result;
    if (!x->shadow)
        x->e->m->marks[x->rule] =
            (uint8_t)((x->e->m->marks[x->rule] & ~MARK_LOOKUP) | MARK_FAILED | MARK_UNCHECKED);
    return EFFECTS_OK;
}

static enum effects_result all_rules(struct effects *x, struct edit_list *list)
{
    const struct ruleset *rules = x->e->rules;
    struct edit_list unseen = {.count = 0};
    enum effects_result result = EFFECTS_OK;

    for (x->rule = 0; x->rule < rules->count && result == EFFECTS_OK; x->rule++) {
        bool shadow;

        x->entry = &rules->entries[x->rule];
        shadow = entry_shadow(x->entry);
        if ((x->e->m->marks[x->rule] & MARK_FIRED) == 0 || (shadow && !x->shadow))
            continue;
        x->list = shadow == x->shadow ? list : &unseen;
        result = overlook(x, one_rule(x));
        x->source.score += x->entry->score;
    }
    return result;
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

enum effects_result effects_make(struct eval *e, bool shadow, struct edit_list *list, size_t *rule)
{
    struct effects x = {.e = e, .shadow = shadow, .source = {.e = e}};
    const struct eval *before = e->options.before;
    enum effects_result result;

    *list = (struct edit_list){.count = 0};
    *rule = 0;
    x.source.score = before != NULL ? report_score(before, false) : 0;
    x.has_header = e->m->header != NULL;
    if (x.has_header && header_clone(&x.header, e->m->header, &e->work) != 0)
        return EFFECTS_MEMORY;
    budget_begin(e);
    result = all_rules(&x, list);
    budget_end(e);
    if (result != EFFECTS_OK) {
        *rule = x.rule - 1;
        return result;
    }
    x.list = list;
    return shadow ? EFFECTS_OK : say_unchecked(&x);
}
