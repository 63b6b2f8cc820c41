/* effects: see effects.h. */
#include "filters/eval/effects.h"

#include "filters/eval/budget.h"
#include "filters/eval/effects_body.h"
#include "filters/eval/effects_envelope.h"
#include "filters/eval/effects_header.h"
#include "filters/eval/facts_header.h"

#define SCRATCH_BLOCK_BYTES 4096

#define UNCHECKED_NAME "X-Postern-Unchecked"

/* --- rules ------------------------------------------------------------------------------------ */

/* One copy, however many rules want one. */
static enum making_result keep_copy(struct making *x)
{
    if (x->archived)
        return MAKING_OK;
    x->archived = true;
    return making_add(x, (struct edit){.kind = EDIT_ARCHIVE});
}

static enum making_result one_act(struct making *x, const struct act *act)
{
    switch (act->kind) {
    case ACTION_ADD_HEADER:
    case ACTION_INSERT_HEADER:
    case ACTION_SET_HEADER:
    case ACTION_PREPEND:
    case ACTION_APPEND:
    case ACTION_REMOVE_HEADER:
    case ACTION_REPLACE: return x->has_header ? effects_header_act(x, act) : MAKING_OK;
    case ACTION_REPLACE_BODY:
    case ACTION_APPEND_TEXT:
    case ACTION_APPEND_HTML:
    case ACTION_REMOVE_ATTACHMENT:
        return x->e->m->stage == STAGE_MESSAGE ? effects_body_act(x, act) : MAKING_OK;
    case ACTION_SET_SENDER:
    case ACTION_ADD_RECIPIENT:
    case ACTION_REMOVE_RECIPIENT: return effects_envelope_act(x, act);
    case ACTION_REDIRECT: return effects_envelope_redirect(x, act);
    case ACTION_DISCARD:
    case ACTION_QUARANTINE:
        return x->entry->of_recipient ? effects_envelope_take_off(x) : MAKING_OK;
    case ACTION_ARCHIVE: return keep_copy(x);
    case ACTION_ACCEPT:
    case ACTION_ACCEPT_ALL:
    case ACTION_REJECT:
    case ACTION_TEMPFAIL:
    case ACTION_DISCONNECT:
    case ACTION_UPSTREAM:
    case ACTION_SCORE:
    case ACTION_TAG:
    case ACTION_LOG:
    case ACTION_DELAY: break;
    }
    return MAKING_OK;
}

static void begin_rule(struct making *x, const struct saved *saved)
{
    x->values =
        (struct text_values){.field = facts_text, .header = facts_header_text, .ctx = &x->source};
    x->source.recipient = SLICE_NONE;
    if (saved == NULL)
        return;
    x->values.match = &saved->match;
    x->values.listtext = saved->listtext;
    x->values.matched = saved->matched;
    x->source.recipient = saved->recipient;
}

static void forget_place(struct making *x)
{
    pattern_replace_end(&x->place.replacing);
    bytes_fini(&x->place.text);
    x->place = (struct making_place){.field = 0};
    arena_reset(&x->scratch);
}

/* The actions of the rule, from x->act on. */
static enum making_result one_rule(struct making *x)
{
    const struct entry *entry = x->entry;
    enum making_result result = MAKING_OK;

    begin_rule(x, entry->saved != SLICE_NOT_FOUND ? x->e->m->saved[entry->saved] : NULL);
    while (x->act < entry->act_count && result == MAKING_OK) {
        result = one_act(x, &entry->acts[x->act]);
        if (result == MAKING_MORE)
            return result;
        forget_place(x);
        x->act++;
    }
    x->act = 0;
    return result;
}

/* With continue for such a failure a rule that cannot be done is left out, and said so; but not
 * half of it. */
static enum making_result overlook(struct making *x, enum making_result result)
{
    enum failure failure = making_failure(result);

    if (failure == FAILURE_NONE || eval_on(x->e, failure) != VERDICT_CONTINUE ||
        x->list->count > x->made_before)
        return result;
    revision_undo(&x->revision);
    if (x->shadow)
        return MAKING_OK;
    eval_set_failure(x->e, x->rule, failure);
    x->e->m->marks[x->rule] |= MARK_FAILED | MARK_UNCHECKED;
    return MAKING_OK;
}

/* The rules from x->rule on. */
static enum making_result all_rules(struct making *x)
{
    const struct ruleset *rules = x->e->rules;

    for (; x->rule < rules->count; x->rule++) {
        enum making_result result;
        bool shadow;

        x->entry = &rules->entries[x->rule];
        shadow = entry_shadow(x->entry);
        if ((x->e->m->marks[x->rule] & MARK_FIRED) == 0 || (shadow && !x->shadow))
            continue;
        x->list = shadow == x->shadow ? &x->made : &x->unseen;
        if (!x->begun)
            x->made_before = x->list->count;
        result = overlook(x, one_rule(x));
        x->begun = result == MAKING_MORE;
        if (result != MAKING_OK)
            return result;
        x->source.score += x->entry->score;
    }
    return MAKING_OK;
}

/* One field for all rules that could not be judged and count as false. */
static enum making_result say_unchecked(struct making *x)
{
    const struct message *m = x->e->m;
    struct bytes names;
    struct slice all;
    enum making_result result = MAKING_OK;

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
        result = MAKING_MEMORY;
    else if (all.len > 0 && x->has_header)
        result = effects_header_add(x, SLICE(UNCHECKED_NAME), all);
    bytes_fini(&names);
    return result;
}

static enum making_result begin(struct eval *e, bool shadow)
{
    const struct eval *before = e->before;
    struct making *x = arena_alloc(&e->work, sizeof(*x));

    if (x == NULL)
        return MAKING_MEMORY;
    *x = (struct making){.e = e, .shadow = shadow, .source = {.e = e}};
    arena_init(&x->scratch, SCRATCH_BLOCK_BYTES, e->options.memory_limit_bytes);
    x->sender = e->m->sender;
    x->source.score = before != NULL ? facts_score(before, false) : 0;
    x->has_header = e->m->header != NULL;
    if (x->has_header && header_clone(&x->header, e->m->header, &e->work) != 0)
        return MAKING_MEMORY;
    e->m->making = x;
    return MAKING_OK;
}

bool effects_shadowed(const struct eval *e)
{
    for (size_t i = 0; i < e->rules->count; i++) {
        const struct entry *entry = eval_entry(e, i);

        if (entry_shadow(entry) && (e->m->marks[i] & MARK_FIRED) != 0 && entry_edits(entry))
            return true;
    }
    return false;
}

void effects_drop(struct eval *e)
{
    if (e->m != NULL && e->m->making != NULL) {
        forget_place(e->m->making);
        revision_fini(&e->m->making->revision);
        arena_fini(&e->m->making->scratch);
    }
    if (e->m != NULL)
        e->m->making = NULL;
}

static enum making_result go_on(struct making *x)
{
    enum making_result result = all_rules(x);

    if (result == MAKING_OK)
        result = effects_body_finish(x);
    if (result != MAKING_OK || x->shadow)
        return result;
    x->list = &x->made;
    return say_unchecked(x);
}

enum making_result effects_make(struct eval *e, bool shadow, bool pausable, struct edit_list *list,
                                size_t *rule)
{
    enum making_result result = MAKING_OK;

    *list = (struct edit_list){.count = 0};
    *rule = 0;
    if (e->m->making != NULL && e->m->making->shadow != shadow)
        effects_drop(e);
    if (e->m->making == NULL)
        result = begin(e, shadow);
    if (result != MAKING_OK)
        return result;
    e->m->making->pausable = pausable;
    result = go_on(e->m->making);
    if (result == MAKING_MORE)
        return result;
    *list = e->m->making->made;
    if (!shadow)
        e->m->skipped = e->m->making->skipped;
    if (e->m->making->rule < e->rules->count)
        *rule = e->m->making->rule;
    effects_drop(e);
    return result;
}
