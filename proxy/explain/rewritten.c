/* rewritten: see rewritten.h. Edits mean what they mean in proxy/session/delivery.c. */
#include "proxy/explain/rewritten.h"

#include "filters/rewrite.h"

/* --- the envelope --- */

struct envelope {
    struct slice sender;
    struct slice *recipients;
    size_t count;
};

static bool has_recipient(const struct envelope *envelope, struct slice address)
{
    for (size_t i = 0; i < envelope->count; i++)
        if (slice_equal(envelope->recipients[i], address))
            return true;
    return false;
}

static void remove_recipient(struct envelope *envelope, struct slice address)
{
    size_t kept = 0;

    for (size_t i = 0; i < envelope->count; i++)
        if (!slice_equal(envelope->recipients[i], address))
            envelope->recipients[kept++] = envelope->recipients[i];
    envelope->count = kept;
}

static void apply(struct envelope *envelope, const struct edit *edit)
{
    switch (edit->kind) {
    case EDIT_SET_SENDER: envelope->sender = edit->value; break;
    case EDIT_ADD_RECIPIENT:
        if (!has_recipient(envelope, edit->value))
            envelope->recipients[envelope->count++] = edit->value;
        break;
    case EDIT_REMOVE_RECIPIENT: remove_recipient(envelope, edit->value); break;
    case EDIT_ADD_HEADER:
    case EDIT_INSERT_HEADER:
    case EDIT_CHANGE_HEADER:
    case EDIT_DELETE_HEADER:
    case EDIT_REPLACE_BODY:
    case EDIT_QUARANTINE: break;
    }
}

static size_t accepted(const struct trial *trial, struct slice *out)
{
    size_t count = 0;

    for (size_t i = 0; i < trial->recipient_count; i++) {
        const struct trial_recipient *recipient = &trial->recipients[i];

        bool whole = recipient->verdict.kind == VERDICT_QUARANTINE &&
                     recipient->verdict.scope != SCOPE_RECIPIENT;

        if (recipient->verdict.kind == VERDICT_CONTINUE ||
            recipient->verdict.kind == VERDICT_ACCEPT || whole)
            out[count++] = recipient->address;
    }
    return count;
}

/* Its commands as lines. Lines that stand in ${from} too, which has ${from_count}, are the same
 * bytes. */
static int commands(const struct envelope *envelope, const struct diff_side *from,
                    struct diff_side *out, struct arena *arena)
{
    struct slice *lines = arena_alloc(arena, (envelope->count + 1) * sizeof(*lines));

    if (lines == NULL)
        return -1;
    *out = (struct diff_side){lines, envelope->count + 1};
    for (size_t i = 0; i < out->count; i++) {
        lines[i] =
            i == 0 ? arena_format(arena, "MAIL FROM:<%.*s>", SLICE_ARG(envelope->sender))
                   : arena_format(arena, "RCPT TO:<%.*s>", SLICE_ARG(envelope->recipients[i - 1]));
        if (lines[i].ptr == NULL)
            return -1;
        for (size_t j = 0; j < from->count; j++)
            if (slice_equal(from->lines[j], lines[i]))
                lines[i] = from->lines[j];
    }
    return 0;
}

static enum rewritten_result compare_envelope(struct explanation *x, const struct edit_list *edits)
{
    const struct diff_side none = {.count = 0};
    struct trial *trial = &x->trial;
    struct envelope envelope = {.sender = x->request->input.sender};
    struct diff_side before, after;

    envelope.recipients = arena_alloc(&x->arena, (trial->recipient_count + edits->count + 1) *
                                                     sizeof(*envelope.recipients));
    if (envelope.recipients == NULL)
        return REWRITTEN_MEMORY;
    envelope.count = accepted(trial, envelope.recipients);
    if (commands(&envelope, &none, &before, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    for (size_t i = 0; i < edits->count; i++)
        apply(&envelope, &edits->items[i]);
    if (commands(&envelope, &before, &after, &x->arena) < 0 ||
        diff_make(&x->envelope, &before, &after, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    return envelope.count > 0 ? REWRITTEN_OK : REWRITTEN_NOBODY;
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

static enum rewritten_result compare_header(struct explanation *x, const struct edit_list *edits)
{
    struct diff_side before, after;
    struct header copy;

    if (header_clone(&copy, &x->trial.header, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    for (size_t i = 0; i < edits->count; i++)
        if (edit_is_header(edits->items[i].kind) &&
            rewrite_apply(&copy, &edits->items[i], &x->arena) < 0)
            return REWRITTEN_FAILED;
    if (lines_of(&x->trial.header, &before, &x->arena) < 0 ||
        lines_of(&copy, &after, &x->arena) < 0 ||
        diff_make(&x->header, &before, &after, &x->arena) < 0)
        return REWRITTEN_MEMORY;
    return REWRITTEN_OK;
}

enum rewritten_result rewritten_compare(struct explanation *x)
{
    const struct edit_list *edits = eval_edits(x->trial.eval);
    enum rewritten_result result = compare_envelope(x, edits);

    if (result != REWRITTEN_OK || !x->trial.header_known)
        return result;
    return compare_header(x, edits);
}
