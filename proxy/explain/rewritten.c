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

static enum rewritten_result compare_envelope(struct explanation *x)
{
    const struct draft *draft = &x->trial.draft;
    struct diff_side before, after;

    if (commands(draft->named_sender, draft->named, draft->named_count, &before, &x->arena) < 0 ||
        commands(draft->sender, draft->recipients, draft->recipient_count, &after, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    if (share(&before, &after, &x->arena) < 0 ||
        diff_make(&x->envelope, &before, &after, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    return draft->recipient_count > 0 ? REWRITTEN_OK : REWRITTEN_NOBODY;
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
    struct slice *lines = arena_alloc(arena, (count_lines(header) + 1) * sizeof(*lines));

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

static enum rewritten_result compare_header(struct explanation *x)
{
    struct diff_side before, after;

    if (lines_of(&x->trial.header, &before, &x->arena) < 0 ||
        lines_of(draft_header(&x->trial.draft), &after, &x->arena) < 0 ||
        diff_make(&x->header, &before, &after, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    return REWRITTEN_OK;
}

enum rewritten_result rewritten_compare(struct explanation *x)
{
    enum rewritten_result result;

    if (x->trial.edits_failed)
        return REWRITTEN_FAILED;
    result = compare_envelope(x);
    if (result != REWRITTEN_OK || !x->trial.header_known)
        return result;
    return compare_header(x);
}
