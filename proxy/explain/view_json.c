/* view_json: see view_json.h. */
#include "proxy/explain/view_json.h"

#include "filters/base/utf8.h"

/* How much of what was said there would be more of; 0 too. */
static void write_left_out(struct json *j, const char *name, size_t count, size_t shown)
{
    json_integer(j, name, (int64_t)(count > shown ? count - shown : 0));
}

static void write_value(struct json *j, const char *name, struct slice value)
{
    json_string(j, name, utf8_cut(value, VIEW_VALUE_BYTES));
}

/* --- the header ------------------------------------------------------------------------------- */

static void write_stray(const struct view *view, struct lines *lines, struct json *j)
{
    const struct header *header = &view->header;
    struct slice raw;

    if (!header_is_ambiguous(header)) {
        json_null(j, "header_ambiguous");
        return;
    }
    raw = header->fields[header->above].raw;
    json_object(j, "header_ambiguous");
    json_integer(j, "line", (int64_t)lines_at(lines, raw.ptr));
    json_text(j, "why", slice_str(header_stray_reason(raw)));
    json_end_object(j);
}

static void write_field(const struct view_field *field, struct json *j)
{
    json_object(j, NULL);
    json_integer(j, "line", (int64_t)field->line);
    write_value(j, "name", field->name);
    write_value(j, "value", field->value);
    json_integer(j, "length", (int64_t)field->value.len);
    if (field->other.len > 0)
        write_value(j, "other", field->other);
    json_end_object(j);
}

static void write_header(struct view *view, struct lines *lines, struct json *j)
{
    write_stray(view, lines, j);
    json_array(j, "header");
    for (size_t i = 0; i < view->header.count && i < VIEW_FIELDS_MAX; i++) {
        struct view_field field;

        if (view_field(view, lines, i, &field) == 0)
            write_field(&field, j);
        else
            bytes_fail(j->out);
    }
    json_end_array(j);
    write_left_out(j, "header_left_out", view->header.count, VIEW_FIELDS_MAX);
}

static void write_names(struct json *j, const char *name, const struct view_names *names)
{
    json_object(j, name);
    json_array(j, "values");
    for (size_t i = 0; i < names->count; i++)
        write_value(j, NULL, names->items[i]);
    json_end_array(j);
    json_bool(j, "more", names->more);
    json_bool(j, "unread", names->unread);
    json_end_object(j);
}

/* --- parts ------------------------------------------------------------------------------------ */

static void write_doubts(const struct content *content, struct json *j)
{
    json_array(j, "doubts");
    for (size_t i = 0; i < content->doubt_count && i < VIEW_DOUBTS_MAX; i++) {
        const struct content_doubt *doubt = &content->doubts[i];

        json_object(j, NULL);
        if (doubt->part != CONTENT_NO_PART)
            json_integer(j, "part", (int64_t)doubt->part + 1);
        else
            json_null(j, "part");
        json_text(j, "why", slice_str(doubt->why));
        json_end_object(j);
    }
    json_end_array(j);
    write_left_out(j, "doubts_left_out", content->doubt_count, VIEW_DOUBTS_MAX);
}

static void write_lines(const struct content_part *part, struct lines *lines, struct json *j)
{
    size_t line = lines_at(lines, part->header.len > 0 ? part->header.ptr : part->body.ptr);

    if (line == 0) {
        json_null(j, "line"); /* it stands in what is decoded */
        return;
    }
    json_integer(j, "line", (int64_t)line);
    json_integer(j, "last_line", (int64_t)lines_last(lines, part->body));
}

static void write_kind(const struct content_part *part, struct json *j)
{
    write_value(j, "type", part->type);
    if (part->shown_type.ptr != NULL)
        write_value(j, "shown_type", part->shown_type);
    else
        json_null(j, "shown_type");
    write_value(j, "charset", part->charset);
    json_text(j, "encoding", slice_str(view_encoding(part->encoding)));
    if (part->name.ptr != NULL)
        write_value(j, "name", part->name);
    else
        json_null(j, "name");
    json_integer(j, "size", (int64_t)part->size);
    json_bool(j, "attachment", part->attachment);
    json_bool(j, "shown", part->shown);
    json_bool(j, "html", part->html);
    json_bool(j, "sealed", part->sealed);
    json_bool(j, "encrypted", part->encrypted);
    json_bool(j, "other", part->other);
}

static void write_texts(const struct view *view, size_t number, enum content_fact fact,
                        struct json *j)
{
    struct view_values values = view_values(view, fact, number);

    for (size_t i = 0; i < values.count && i < VIEW_TEXTS_MAX; i++) {
        struct slice text = view_text_cut(values.items[i]);

        json_object(j, NULL);
        json_text(j, "view", slice_str(view_text_name(fact, values.items[i]->view)));
        json_integer(j, "length", (int64_t)values.items[i]->text.len);
        json_text(j, "text", text);
        json_end_object(j);
    }
}

static void write_values(const struct view *view, size_t number, enum content_fact fact,
                         const char *name, struct json *j)
{
    struct view_values values = view_values(view, fact, number);

    json_array(j, name);
    for (size_t i = 0; i < values.count && i < VIEW_VALUES_MAX; i++) {
        const struct content_value *value = values.items[i];

        json_object(j, NULL);
        write_value(j, "value", value->text);
        json_bool(j, "other", value->view == CONTENT_OTHER);
        if (fact == CONTENT_LINK)
            json_bool(j, "mismatch", value->mismatch);
        json_end_object(j);
    }
    json_end_array(j);
}

static void write_facts(const struct view *view, size_t number, struct json *j)
{
    json_array(j, "texts");
    write_texts(view, number, CONTENT_BODY, j);
    write_texts(view, number, CONTENT_HIDDEN_TEXT, j);
    json_end_array(j);
    write_values(view, number, CONTENT_ATTACHMENT, "names", j);
    write_values(view, number, CONTENT_ATTACHMENT_TYPE, "types", j);
    write_values(view, number, CONTENT_ATTACHMENT_SIZE, "sizes", j);
    write_values(view, number, CONTENT_ARCHIVE_MEMBER, "archive_members", j);
    write_values(view, number, CONTENT_ARCHIVE_ENCRYPTED, "archive_encrypted", j);
    write_values(view, number, CONTENT_LINK, "links", j);
    write_values(view, number, CONTENT_LINK_HOST, "link_hosts", j);
}

/* Of each fact how many values are not shown. */
static void write_facts_left_out(const struct view *view, size_t number, struct json *j)
{
    size_t left_out = 0;

    for (enum content_fact fact = 0; fact < CONTENT_FACTS; fact++) {
        size_t shown =
            fact == CONTENT_BODY || fact == CONTENT_HIDDEN_TEXT ? VIEW_TEXTS_MAX : VIEW_VALUES_MAX;
        size_t count = view_values(view, fact, number).count;

        left_out += count > shown ? count - shown : 0;
    }
    json_integer(j, "values_left_out", (int64_t)left_out);
}

static void write_number(const struct content_part *part, size_t number, struct json *j)
{
    json_integer(j, "number", (int64_t)number + 1);
    if (part->parent != CONTENT_NO_PART)
        json_integer(j, "parent", (int64_t)part->parent + 1);
    else
        json_null(j, "parent");
    json_integer(j, "depth", part->depth);
}

static void write_part(const struct view *view, struct lines *lines, size_t number, struct json *j)
{
    const struct content_part *part = &view->content->parts[number];

    json_object(j, NULL);
    write_number(part, number, j);
    write_lines(part, lines, j);
    write_kind(part, j);
    write_facts(view, number, j);
    write_facts_left_out(view, number, j);
    json_end_object(j);
}

/* What is no part's. Returns whether there are any. */
static bool write_reading(const struct content *content, enum content_result result, struct json *j)
{
    json_bool(j, "read", content != NULL);
    if (content == NULL) {
        json_text(j, "why", slice_str(content_why(result)));
        return false;
    }
    write_doubts(content, j);
    json_bool(j, "link_mismatch", content->link_mismatch);
    write_left_out(j, "parts_left_out", content->part_count, VIEW_PARTS_MAX);
    return true;
}

static void write_content(const struct view *view, struct lines *lines, struct json *j)
{
    const struct content *content = view->content;

    if (!write_reading(content, view->result, j))
        return;
    json_array(j, "parts");
    for (size_t i = 0; i < content->part_count && i < VIEW_PARTS_MAX; i++)
        write_part(view, lines, i, j);
    json_end_array(j);
}

void view_json_content(const struct content *content, enum content_result result, struct json *j)
{
    if (!write_reading(content, result, j))
        return;
    json_array(j, "parts");
    for (size_t i = 0; i < content->part_count && i < VIEW_PARTS_MAX; i++) {
        json_object(j, NULL);
        write_number(&content->parts[i], i, j);
        write_kind(&content->parts[i], j);
        json_end_object(j);
    }
    json_end_array(j);
}

void view_json_write(struct view *view, struct bytes *out)
{
    struct lines lines = lines_begin(view->message);
    struct json j;

    json_init(&j, out);
    json_object(&j, NULL);
    json_integer(&j, "size", (int64_t)view->message.len);
    write_header(view, &lines, &j);
    write_names(&j, "from_address", &view->from_address);
    write_names(&j, "from_name", &view->from_name);
    write_names(&j, "reply_to_address", &view->reply_to_address);
    write_content(view, &lines, &j);
    json_end_object(&j);
    bytes_append_char(out, '\n');
}
