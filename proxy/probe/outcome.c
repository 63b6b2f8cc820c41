/* outcome: see outcome.h. */
#include "proxy/probe/outcome.h"

#include "proxy/explain/body_diff.h"
#include "proxy/explain/rewritten.h"

static int copy_edits(struct edit_list *copy, const struct edit_list *edits, struct arena *arena)
{
    for (size_t i = 0; i < edits->count; i++) {
        struct edit edit = edits->items[i];

        edit.name = arena_copy(arena, edit.name);
        edit.value = arena_copy(arena, edit.value);
        if (edit.name.ptr == NULL || edit.value.ptr == NULL ||
            edit_list_add(copy, arena, &edit) < 0)
            return -1;
    }
    return 0;
}

int outcome_look(struct probe_message *message, const struct edit_list *edits, struct draft *draft,
                 struct arena *arena)
{
    const struct header *received = draft_header(draft);
    struct slice body = draft->body;

    if (copy_edits(&message->edits, edits, arena) < 0)
        return -1;
    if (draft_apply(draft, &message->edits) < 0) {
        message->unfit = true;
        return 0;
    }
    if (rewritten_envelope(draft, &message->envelope, arena) < 0 ||
        rewritten_header(received, draft, &message->header, arena) < 0)
        return -1;
    return draft->body_touched ? body_diff_make(&message->body, body, draft->body, arena) : 0;
}
