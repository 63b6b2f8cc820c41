/* view_text: see view_text.h. */
#include "proxy/explain/view_text.h"

#include "filters/base/utf8.h"
#include "proxy/explain/printable.h"

#define LABEL_WIDTH 18
#define INDENT_MAX  40 /* deeper parts stand under each other */

static void append(struct bytes *out, const char *text)
{
    bytes_append(out, slice_str(text));
}

static void label(struct bytes *out, const char *name)
{
    bytes_format(out, "%-*s", LABEL_WIDTH, name);
}

/* A value in quotes, its begin if it is long. */
static void quote(struct bytes *out, struct slice value)
{
    struct slice cut = utf8_cut(value, VIEW_VALUE_BYTES);

    printable_quote(out, cut);
    if (cut.len < value.len)
        bytes_format(out, " (%zu bytes left out)", value.len - cut.len);
}

static void write_left_out(struct bytes *out, const char *indent, size_t count, size_t shown,
                           const char *what)
{
    if (count > shown)
        bytes_format(out, "%s(%zu more %s left out)\n", indent, count - shown, what);
}

/* --- the whole -------------------------------------------------------------------------------- */

void view_text_doubts(const struct content *content, int width, size_t max, struct bytes *out)
{
    for (size_t i = 0; i < content->doubt_count && i < max; i++) {
        const struct content_doubt *doubt = &content->doubts[i];

        bytes_format(out, "%-*s", width, "ambiguous");
        if (doubt->part != CONTENT_NO_PART)
            bytes_format(out, "part %zu: ", (size_t)doubt->part + 1);
        append(out, doubt->why);
        append(out, "\n");
    }
    write_left_out(out, "", content->doubt_count, max, "doubts");
}

static void write_whole(const struct view *view, struct bytes *out)
{
    const struct content *content = view->content;

    label(out, "message");
    bytes_format(out, "%zu bytes, %zu header field%s", view->message.len, view->header.count,
                 view->header.count == 1 ? "" : "s");
    if (content == NULL)
        bytes_format(out, "\n%-*snot read: %s", LABEL_WIDTH, "content", content_why(view->result));
    else
        bytes_format(out, ", %zu part%s", content->part_count, content->part_count == 1 ? "" : "s");
    append(out, "\n");
    if (content != NULL)
        view_text_doubts(content, LABEL_WIDTH, VIEW_DOUBTS_MAX, out);
}

/* --- the header ------------------------------------------------------------------------------- */

static void write_field(const struct view_field *field, struct bytes *out)
{
    bytes_format(out, "%5zu  ", field->line);
    if (field->name.len > 0) {
        printable_append(out, utf8_cut(field->name, VIEW_VALUE_BYTES));
        append(out, ": ");
    } else {
        append(out, "(no field) ");
    }
    quote(out, field->value);
    if (field->other.len > 0) {
        append(out, ", to other readers ");
        quote(out, field->other);
    }
    append(out, "\n");
}

/* The first line that some readers end the header at. */
static void write_stray(const struct view *view, struct lines *lines, struct bytes *out)
{
    const struct header *header = &view->header;
    struct slice raw;

    if (!header_is_ambiguous(header))
        return;
    raw = header->fields[header->above].raw;
    bytes_format(out, "       ambiguous: line %zu is no field (%s)\n", lines_at(lines, raw.ptr),
                 header_stray_reason(raw));
}

static void write_header(struct view *view, struct lines *lines, struct bytes *out)
{
    append(out, "\nheader\n");
    write_stray(view, lines, out);
    for (size_t i = 0; i < view->header.count && i < VIEW_FIELDS_MAX; i++) {
        struct view_field field;

        if (view_field(view, lines, i, &field) != 0) {
            bytes_fail(out);
            return;
        }
        write_field(&field, out);
    }
    write_left_out(out, "       ", view->header.count, VIEW_FIELDS_MAX, "fields");
}

static void write_names(struct bytes *out, const char *name, const struct view_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        label(out, name);
        quote(out, names->items[i]);
        append(out, "\n");
    }
    if (names->unread || names->more) {
        label(out, name);
        append(out, names->unread ? "(a field is too long and malformed to be read)\n"
                                  : "(more left out)\n");
    }
}

static bool is_said(const struct view_names *names)
{
    return names->count > 0 || names->unread;
}

static void write_who(const struct view *view, struct bytes *out)
{
    if (is_said(&view->from_address) || is_said(&view->from_name) ||
        is_said(&view->reply_to_address))
        append(out, "\n");
    write_names(out, "from_address", &view->from_address);
    write_names(out, "from_name", &view->from_name);
    write_names(out, "reply_to_address", &view->reply_to_address);
}

/* --- parts ------------------------------------------------------------------------------------ */

static void write_detail(struct bytes *out, const char **before, const char *text)
{
    append(out, *before);
    append(out, text);
    *before = ", ";
}

static void write_flags(const struct content_part *part, const char *before, struct bytes *out)
{
    const struct {
        bool holds;
        const char *text;
    } flags[] = {
        {part->shown, "shown"},
        {part->attachment, "attachment"},
        {part->sealed && !part->encrypted, "signed"},
        {part->encrypted, "encrypted"},
        {part->other, "seen by some readers only"},
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if (flags[i].holds)
            write_detail(out, &before, flags[i].text);
}

void view_text_part(const struct content *content, size_t number, struct bytes *out)
{
    const struct content_part *part = &content->parts[number];
    const char *before = ", ";

    printable_append(out, utf8_cut(part->type, VIEW_VALUE_BYTES));
    if (part->name.ptr != NULL) {
        append(out, " ");
        quote(out, part->name);
    }
    if (part->shown_type.ptr != NULL && !slice_equal(part->shown_type, part->type)) {
        append(out, ", by its content ");
        printable_append(out, part->shown_type);
    }
    if (part->charset.len > 0) {
        append(out, ", ");
        printable_append(out, utf8_cut(part->charset, VIEW_VALUE_BYTES));
    }
    if (part->encoding != CONTENT_7BIT)
        bytes_format(out, ", %s", view_encoding(part->encoding));
    bytes_format(out, ", %llu bytes", (unsigned long long)part->size);
    before = ": ";
    write_flags(part, before, out);
}

static void write_tree(const struct view *view, struct lines *lines, struct bytes *out)
{
    const struct content *content = view->content;

    append(out, "\nparts\n");
    for (size_t i = 0; i < content->part_count && i < VIEW_PARTS_MAX; i++) {
        const struct content_part *part = &content->parts[i];
        unsigned indent = 2 * part->depth < INDENT_MAX ? 2 * part->depth : INDENT_MAX;
        size_t line = lines_at(lines, part->header.len > 0 ? part->header.ptr : part->body.ptr);

        bytes_format(out, "%5zu  %*s", i + 1, (int)indent, "");
        view_text_part(content, i, out);
        if (line > 0 && i > 0)
            bytes_format(out, ", lines %zu to %zu", line, lines_last(lines, part->body));
        append(out, "\n");
    }
    write_left_out(out, "       ", content->part_count, VIEW_PARTS_MAX, "parts");
}

/* --- what parts say --------------------------------------------------------------------------- */

static void write_value_text(enum content_fact fact, const struct content_value *value,
                             struct bytes *out)
{
    struct slice text = view_text_cut(value);
    size_t left_out = value->text.len - text.len;

    bytes_format(out, "  %s, %zu bytes\n", view_text_name(fact, value->view), value->text.len);
    while (text.len > 0) {
        append(out, "  | ");
        printable_append(out, lines_next(&text));
        append(out, "\n");
    }
    if (left_out > 0)
        bytes_format(out, "  (%zu bytes left out)\n", left_out);
}

static void write_texts(enum content_fact fact, const struct view_values *values, struct bytes *out)
{
    for (size_t i = 0; i < values->count && i < VIEW_TEXTS_MAX; i++)
        write_value_text(fact, values->items[i], out);
    write_left_out(out, "  ", values->count, VIEW_TEXTS_MAX, "texts");
}

static void write_values(const char *name, const struct view_values *values, struct bytes *out)
{
    for (size_t i = 0; i < values->count && i < VIEW_VALUES_MAX; i++) {
        const struct content_value *value = values->items[i];

        append(out, "  ");
        label(out, name);
        quote(out, value->text);
        if (value->view == CONTENT_OTHER)
            append(out, ", to some readers");
        if (value->mismatch)
            append(out, ", but its text names another host");
        append(out, "\n");
    }
    write_left_out(out, "  ", values->count, VIEW_VALUES_MAX, name);
}

/* What stands under a part: texts as lines, all else in a row for each value. */
static const struct fact_row {
    enum content_fact fact;
    const char *name; /* NULL: a text */
} FACTS[] = {
    {CONTENT_BODY, NULL},
    {CONTENT_HIDDEN_TEXT, NULL},
    {CONTENT_ATTACHMENT, "name"},
    {CONTENT_ATTACHMENT_TYPE, "type"},
    {CONTENT_ATTACHMENT_SIZE, "size"},
    {CONTENT_ARCHIVE_MEMBER, "member"},
    {CONTENT_ARCHIVE_ENCRYPTED, "encrypted"},
    {CONTENT_LINK, "link"},
    {CONTENT_LINK_HOST, "host"},
};

static void write_part(const struct view *view, size_t number, struct bytes *out)
{
    bool begun = false;

    for (size_t i = 0; i < sizeof(FACTS) / sizeof(*FACTS); i++) {
        struct view_values values = view_values(view, FACTS[i].fact, number);

        if (values.count > 0 && !begun) {
            bytes_format(out, "\npart %zu, ", number + 1);
            printable_append(out, utf8_cut(view->content->parts[number].type, VIEW_VALUE_BYTES));
            append(out, "\n");
            begun = true;
        }
        if (FACTS[i].name == NULL)
            write_texts(FACTS[i].fact, &values, out);
        else
            write_values(FACTS[i].name, &values, out);
    }
}

void view_text_write(struct view *view, struct bytes *out)
{
    struct lines lines = lines_begin(view->message);

    write_whole(view, out);
    write_header(view, &lines, out);
    write_who(view, out);
    if (view->content == NULL)
        return;
    write_tree(view, &lines, out);
    for (size_t i = 0; i < view->content->part_count && i < VIEW_PARTS_MAX; i++)
        write_part(view, i, out);
}
