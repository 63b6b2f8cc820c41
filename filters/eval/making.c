/* making: see making.h. */
#include "filters/eval/making.h"

#include "filters/eval/budget.h"
#include "filters/message/rewrite.h"

#define CHECK_BLOCK_BYTES 4096 /* the fields of most headers */

struct slice making_text(struct making *x, const struct text *text)
{
    struct slice expanded = text_expand(text, &x->values, &x->e->work);

    return x->source.failed ? SLICE_NONE : expanded;
}

/* Finds out whether ${edit} breaks a signature. */
static enum making_result look_at_signatures(struct making *x, struct edit *edit)
{
    struct arena scratch;
    int broken;

    if (!x->has_header)
        return MAKING_OK;
    if (!x->dkim_known && dkim_read(&x->dkim, x->e->m->header, &x->e->work) != 0)
        return MAKING_MEMORY;
    x->dkim_known = true;
    arena_init(&scratch, CHECK_BLOCK_BYTES, x->e->options.memory_limit_bytes);
    broken = dkim_broken(&x->dkim, &x->header, x->e->m->body, edit, &scratch, &edit->breaks);
    arena_fini(&scratch);
    return broken < 0 ? MAKING_MEMORY : MAKING_OK;
}

static enum making_result skip(struct making *x, const struct edit *edit)
{
    if (x->list != &x->made || x->shadow)
        return MAKING_OK;
    return edit_list_add(&x->skipped, &x->e->work, edit) == 0 ? MAKING_OK : MAKING_MEMORY;
}

enum making_result making_add(struct making *x, struct edit edit)
{
    enum breaking breaking = x->entry->rule->breaking;
    enum making_result result;

    edit.by = x->entry->rule->name;
    if (edit_is_header(edit.kind) && !rewrite_changes(&x->header, &edit))
        return MAKING_OK;
    result = look_at_signatures(x, &edit);
    if (result != MAKING_OK)
        return result;
    if (edit.breaks.ptr != NULL && breaking == BREAKING_TEMPFAIL)
        return MAKING_DKIM;
    if (edit.breaks.ptr != NULL && breaking == BREAKING_SKIP)
        return skip(x, &edit);
    if (edit_list_add(x->list, &x->e->work, &edit) != 0)
        return MAKING_MEMORY;
    if (!edit_is_header(edit.kind))
        return MAKING_OK;
    return rewrite_apply(&x->header, &edit, &x->e->work) == 0 ? MAKING_OK : MAKING_MEMORY;
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
