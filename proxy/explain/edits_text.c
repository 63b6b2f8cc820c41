/* edits_text: see edits_text.h. */
#include "proxy/explain/edits_text.h"

#include "proxy/explain/label.h"
#include "proxy/explain/printable.h"

static void append(struct bytes *out, const char *text)
{
    bytes_append(out, slice_str(text));
}

static void write_lines(struct bytes *out, const struct diff *diff)
{
    for (size_t i = 0; i < diff->count; i++) {
        if (diff->lines[i].mark != '@')
            bytes_append_char(out, diff->lines[i].mark);
        printable_append(out, diff->lines[i].text);
        append(out, "\n");
    }
}

static void write_diff(struct bytes *out, const char *name, const struct diff *diff)
{
    if (diff->count == 0)
        return;
    bytes_format(out, "--- %s as received\n+++ %s as passed on\n", name, name);
    write_lines(out, diff);
}

/* The parts that are others now, by their decoded texts. */
static void write_revised(struct bytes *out, const struct revised *revised)
{
    for (size_t i = 0; i < revised->count; i++) {
        const struct revised_part *part = &revised->parts[i];

        bytes_format(out, "--- part %zu as received: ", part->part);
        bytes_append(out, part->before);
        bytes_format(out, "\n+++ part %zu as passed on: ", part->part);
        bytes_append(out, part->after);
        append(out, "\n");
        write_lines(out, &part->text.diff);
        if (part->text.diff.count == 0)
            bytes_format(out, "(%zu lines before, %zu now)\n", part->text.before, part->text.after);
    }
    if (revised->left_out > 0)
        bytes_format(out, "(%zu more changed parts left out)\n", revised->left_out);
}

static void write_title(struct bytes *out, const struct edit *edit)
{
    printable_append(out, edit_title(edit));
    if (!edit_is_header(edit->kind))
        return;
    append(out, " ");
    printable_append(out, edit->name);
}

/* What was left out for another reason than a signature. */
static void write_left_out(struct bytes *out, const struct edit_list *skipped)
{
    for (size_t i = 0; skipped != NULL && i < skipped->count; i++) {
        const struct edit *edit = &skipped->items[i];

        if (edit->kind != EDIT_REPLACE_BODY || edit->reason.ptr == NULL)
            continue;
        label_write(out, "skipped");
        write_title(out, edit);
        append(out, " by rule ");
        printable_append(out, edit->by);
        append(out, ": ");
        printable_append(out, edit->reason);
        append(out, "\n");
    }
}

/* What signatures an edit breaks, or would have broken. */
static void write_breaking(struct bytes *out, const char *what, const struct edit_list *edits)
{
    for (size_t i = 0; edits != NULL && i < edits->count; i++) {
        const struct edit *edit = &edits->items[i];

        if (edit->breaks.ptr == NULL)
            continue;
        label_write(out, what);
        write_title(out, edit);
        append(out, " by rule ");
        printable_append(out, edit->by);
        append(out, ": the DKIM signature of ");
        printable_append(out, edit->breaks);
        append(out, " covers it\n");
    }
}

/* What its parts say; where that is not known, its lines. */
static void write_body(struct bytes *out, const struct explanation *x)
{
    write_revised(out, &x->parts);
    if (x->parts.count > 0)
        return;
    write_diff(out, "body", &x->body.diff);
    if (x->body.after > 0 && x->body.diff.count == 0)
        bytes_format(out, "body: %zu lines before, %zu now\n", x->body.before, x->body.after);
}

void edits_text_write(const struct explanation *x, struct bytes *out)
{
    write_breaking(out, "breaks", &x->trial.edits);
    write_breaking(out, "skipped", x->report.skipped);
    write_left_out(out, x->report.skipped);
    if (x->envelope.count + x->header.count + x->body.after > 0)
        append(out, "\n");
    write_diff(out, "envelope", &x->envelope);
    write_diff(out, "header", &x->header);
    write_body(out, x);
    append(out, "\n");
}

static void write_story(const struct eval_would_rule *story, struct bytes *out)
{
    label_write(out, "would");
    bytes_append(out, verdict_name(story->kind));
    append(out, " by rule ");
    printable_append(out, story->rule);
    append(out, story->reply.len > 0 ? ": " : "");
    printable_append(out, story->reply);
    append(out, "\n");
}

static void write_would_edit(const struct edit *edit, struct bytes *out)
{
    label_write(out, "would");
    write_title(out, edit);
    if (edit->kind != EDIT_ARCHIVE && edit->kind != EDIT_REPLACE_BODY) {
        append(out, " ");
        printable_quote(out, slice_trim(edit->value));
    }
    append(out, "\n");
}

void edits_text_would(const struct eval_would *would, struct bytes *out)
{
    for (size_t i = 0; i < would->rule_count; i++)
        write_story(&would->rules[i], out);
    for (size_t i = 0; would->edits != NULL && i < would->edits->count; i++)
        write_would_edit(&would->edits->items[i], out);
}
