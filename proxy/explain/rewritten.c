/* rewritten: see rewritten.h. */
#include "proxy/explain/rewritten.h"

/* --- the envelope --- */

static int commands(struct slice sender, const struct draft_recipient *recipients, size_t count,
                    struct diff_side *out, struct arena *arena)
{
    struct slice *lines = arena_alloc(arena, (count + 1) * sizeof(*lines));

    if (lines == NULL)
        return -1;
    *out = (struct diff_side){lines, count + 1};
    lines[0] = arena_format(arena, "MAIL FROM:<%.*s>", SLICE_ARG(sender));
    for (size_t i = 0; i < count; i++)
        lines[i + 1] = arena_format(arena, "RCPT TO:<%.*s>", SLICE_ARG(recipients[i].address));
    for (size_t i = 0; i <= count; i++)
        if (lines[i].ptr == NULL)
            return -1;
    return 0;
}

/* To a diff lines are the same when they are the same bytes: those of ${after} that stand in
 * ${before} too become so. */
static int share(const struct diff_side *before, struct diff_side *after, struct arena *arena)
{
    struct slice *lines = arena_alloc(arena, after->count * sizeof(*lines));

    if (lines == NULL)
        return -1;
    for (size_t i = 0; i < after->count; i++) {
        lines[i] = after->lines[i];
        for (size_t j = 0; j < before->count; j++)
            if (slice_equal(before->lines[j], lines[i]))
                lines[i] = before->lines[j];
    }
    after->lines = lines;
    return 0;
}

int rewritten_envelope(const struct draft *draft, struct diff *diff, struct arena *arena)
{
    struct diff_side before, after;

    if (commands(draft->named_sender, draft->named, draft->named_count, &before, arena) < 0 ||
        commands(draft->sender, draft->recipients, draft->recipient_count, &after, arena) < 0 ||
        share(&before, &after, arena) < 0)
        return -1;
    return diff_make(diff, &before, &after, arena);
}

/* --- the header --- */

static size_t count_lines(const struct header *header)
{
    size_t count = 0;

    for (size_t i = 0; i < header->count; i++)
        for (size_t j = 0; j < header->fields[i].raw.len; j++)
            count += header->fields[i].raw.ptr[j] == '\n';
    return count;
}

static int lines_of(const struct header *header, struct diff_side *out, struct arena *arena)
{
    struct slice *lines = arena_alloc(arena, count_lines(header) * sizeof(*lines));

    if (lines == NULL)
        return -1;
    *out = (struct diff_side){.lines = lines};
    for (size_t i = 0; i < header->count; i++) {
        struct slice rest = header->fields[i].raw;

        for (size_t end; (end = slice_find(rest, '\n')) != SLICE_NOT_FOUND;) {
            lines[out->count++] = slice_first(rest, end - (end > 0 && rest.ptr[end - 1] == '\r'));
            rest = slice_from(rest, end + 1);
        }
    }
    return 0;
}

int rewritten_header(const struct header *received, const struct draft *draft, struct diff *diff,
                     struct arena *arena)
{
    struct diff_side before, after;

    if (lines_of(received, &before, arena) < 0 || lines_of(draft_header(draft), &after, arena) < 0)
        return -1;
    return diff_make(diff, &before, &after, arena);
}

/* --- the body --- */

/* The message as it goes on is read again: what it says is what its readers will see. */
static int rewritten_body(struct explanation *x)
{
    const struct content *received = x->trial.readings.received.content;
    struct reading *after = &x->rewritten.edited;
    const struct reading_order order = {
        .limits = x->trial.limits,
        .header = draft_header(&x->trial.draft),
        .body = x->trial.draft.body,
        .clock_ns = trial_clock_ns,
    };

    if (!x->trial.draft.body_touched || received == NULL)
        return 0;
    if (!after->made)
        reading_make(after, &order);
    if (after->content == NULL)
        return after->result == CONTENT_MEMORY ? -1 : 0;
    return revised_compare(received, after->content, &x->parts, &x->arena);
}

/* --- all of it --- */

enum rewritten_result rewritten_compare(struct explanation *x)
{
    const struct draft *draft = &x->trial.draft;

    if (x->trial.edits_failed)
        return REWRITTEN_FAILED;
    if (rewritten_envelope(draft, &x->envelope, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    if (draft->recipient_count == 0)
        return REWRITTEN_NOBODY;
    if (x->trial.header_known &&
        rewritten_header(&x->trial.header, draft, &x->header, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    if (draft->body_touched && body_diff_make(&x->body, x->trial.body, draft->body, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    if (rewritten_body(x) != 0) {
        arena_fail(&x->arena);
        return REWRITTEN_MEMORY;
    }
    return REWRITTEN_OK;
}
