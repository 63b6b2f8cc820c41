/* making: see making.h. */
#include "filters/eval/making.h"

#include "filters/eval/budget.h"
#include "filters/message/rewrite.h"

struct slice making_text(struct making *x, const struct text *text)
{
    struct slice expanded = text_expand(text, &x->values, &x->e->work);

    return x->source.failed ? SLICE_NONE : expanded;
}

enum making_result making_add(struct making *x, struct edit edit)
{
    edit.by = x->entry->rule->name;
    if (edit_is_header(edit.kind) && !rewrite_changes(&x->header, &edit))
        return MAKING_OK;
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
