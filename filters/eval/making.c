/* making: see making.h. */
#include "filters/eval/making.h"

#include "filters/eval/budget.h"
#include "filters/message/rewrite.h"

#define CHECK_BLOCK_BYTES 4096 /* the fields of most headers */

enum failure making_failure(enum making_result result)
{
    if (result == MAKING_CONTENT)
        return FAILURE_CONTENT;
    return result == MAKING_REGEX ? FAILURE_REGEX : FAILURE_NONE;
}

struct slice making_text(struct making *x, const struct text *text)
{
    struct slice expanded = text_expand(text, &x->values, &x->e->work);

    return x->source.failed ? SLICE_NONE : expanded;
}

static enum making_result read_signatures(struct making *x)
{
    if (!x->dkim_known && dkim_read(&x->dkim, x->e->m->header, &x->e->work) != 0)
        return MAKING_MEMORY;
    x->dkim_known = true;
    return MAKING_OK;
}

/* Finds out whether ${edit} breaks a signature. */
static enum making_result look_at_signatures(struct making *x, struct edit *edit)
{
    struct arena scratch;
    int broken;

    if (!x->has_header)
        return MAKING_OK;
    if (read_signatures(x) != MAKING_OK)
        return MAKING_MEMORY;
    arena_init(&scratch, CHECK_BLOCK_BYTES, x->e->options.memory_limit_bytes);
    broken = dkim_broken(&x->dkim, &x->header, x->e->m->body, edit, &scratch, &edit->breaks);
    arena_fini(&scratch);
    return broken < 0 ? MAKING_MEMORY : MAKING_OK;
}

enum making_result making_skip(struct making *x, const struct edit *edit)
{
    if (x->list != &x->made || x->shadow)
        return MAKING_OK;
    return edit_list_add(&x->skipped, &x->e->work, edit) == 0 ? MAKING_OK : MAKING_MEMORY;
}

/* Adds ${edit}, unless a signature is in its way; *${added}. */
static enum making_result add(struct making *x, const struct edit *edit, bool *added)
{
    enum breaking breaking = x->entry->rule->breaking;

    *added = false;
    if (edit->breaks.ptr != NULL && breaking == BREAKING_TEMPFAIL)
        return MAKING_DKIM;
    if (edit->breaks.ptr != NULL && breaking == BREAKING_SKIP)
        return making_skip(x, edit);
    *added = true;
    return edit_list_add(x->list, &x->e->work, edit) == 0 ? MAKING_OK : MAKING_MEMORY;
}

enum making_result making_add(struct making *x, struct edit edit)
{
    enum making_result result;
    bool added;

    edit.by = x->entry->rule->name;
    if (edit_is_header(edit.kind) && !rewrite_changes(&x->header, &edit))
        return MAKING_OK;
    result = look_at_signatures(x, &edit);
    if (result == MAKING_OK)
        result = add(x, &edit, &added);
    if (result != MAKING_OK || !added || !edit_is_header(edit.kind))
        return result;
    return rewrite_apply(&x->header, &edit, &x->e->work) == 0 ? MAKING_OK : MAKING_MEMORY;
}

enum making_result making_add_body(struct making *x, struct edit edit, struct slice same)
{
    bool added;

    edit.by = x->entry->rule->name;
    if (read_signatures(x) != MAKING_OK)
        return MAKING_MEMORY;
    (void)dkim_broken_from(&x->dkim, same, &edit.breaks);
    return add(x, &edit, &added);
}

enum making_result making_ready(struct making *x)
{
    const struct standpoint at = {.rule = x->rule, .shadow = x->shadow};

    budget_start(x->e, &at);
    if (budget_over(x->e, &at))
        return MAKING_REGEX;
    return x->pausable && x->e->budget.turn_over ? MAKING_MORE : MAKING_OK;
}

enum making_result making_charge(struct making *x, size_t bytes)
{
    return budget_charge(x->e, bytes, x->pausable) == 0 ? MAKING_OK : MAKING_MEMORY;
}
