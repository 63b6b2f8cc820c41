/* header: where it ends, and its fields. Decoding and encoding are in header_decode.c,
 * header_encode.c and header_mailboxes.c; what they need to edit one is in header_text.c. */
#include "filters/header.h"

#define FIELDS_FIRST 32 /* room for fields taken at first */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Whether ${line} begins with a field name, any blanks and a colon; where they stand. None of them
 * holds a line end, so ${line} may also be all that follows. */
static bool split_name(struct slice line, size_t *name_len, size_t *colon)
{
    size_t at = 0;

    while (at < line.len && line.ptr[at] > ' ' && line.ptr[at] < 127 && line.ptr[at] != ':')
        at++;
    *name_len = at;
    while (at < line.len && is_blank(line.ptr[at]))
        at++;
    *colon = at;
    return *name_len > 0 && at < line.len && line.ptr[at] == ':';
}

static bool is_field(struct slice line)
{
    size_t name_len, colon;

    return split_name(line, &name_len, &colon);
}

/* A "From " line that a mailbox file put on top. "From : a@b" is a field with blanks before its
 * colon, and must not get by as one of these. */
static bool is_mbox_line(struct slice line)
{
    if (line.len > 0 && line.ptr[0] == '>')
        line = slice_from(line, 1);
    return slice_starts(line, SLICE("From ")) && !is_field(line);
}

/* Looks for the CRLF that ends the line at ${line}. ${from}: no line end is before it. Returns the
 * offset past the CRLF, or SLICE_NOT_FOUND. */
static size_t find_line_end(struct slice content, size_t line, size_t from)
{
    while (from < content.len) {
        size_t found = slice_find(slice_from(content, from), '\n');
        size_t at = from + found;

        if (found == SLICE_NOT_FOUND)
            break;
        if (at > line && content.ptr[at - 1] == '\r')
            return at + 1;
        from = at + 1;
    }
    return SLICE_NOT_FOUND;
}

/* --- the end of the header -------------------------------------------------------------------- */

enum line_kind { LINE_IN_HEADER, LINE_EMPTY, LINE_OUTSIDE };

static enum line_kind judge_line(struct header_scan *scan, struct slice line)
{
    if (line.len == 0)
        return LINE_EMPTY;
    if (scan->in_fields && is_blank(line.ptr[0]))
        return LINE_IN_HEADER;
    if (!scan->in_fields && is_mbox_line(line))
        return LINE_IN_HEADER;
    if (!is_field(line))
        return LINE_OUTSIDE;
    scan->in_fields = true;
    return LINE_IN_HEADER;
}

/* Judges the line up to ${next}, where another begins. Returns 1 when it ended the header. */
static int take_line(struct header_scan *scan, struct slice content, size_t line_len, size_t next,
                     struct header_end *end)
{
    struct slice line = slice_first(slice_from(content, scan->line_start), line_len);

    switch (judge_line(scan, line)) {
    case LINE_IN_HEADER:
        scan->line_start = next;
        scan->scanned = next;
        return 0;
    case LINE_EMPTY: *end = (struct header_end){scan->line_start, next}; return 1;
    case LINE_OUTSIDE: *end = (struct header_end){scan->line_start, scan->line_start}; return 1;
    }
    return 0;
}

int header_scan(struct header_scan *scan, struct slice content, bool complete,
                struct header_end *end)
{
    size_t next;

    while ((next = find_line_end(content, scan->line_start, scan->scanned)) != SLICE_NOT_FOUND) {
        size_t line_len = next - 2 - scan->line_start;

        if (take_line(scan, content, line_len, next, end) == 1)
            return 1;
    }
    scan->scanned = content.len;
    if (!complete)
        return 0;
    /* What is left has no line end; a field without one is a field. */
    if (scan->line_start < content.len &&
        take_line(scan, content, content.len - scan->line_start, content.len, end) == 1)
        return 1;
    *end = (struct header_end){content.len, content.len};
    return 1;
}

/* --- the fields ------------------------------------------------------------------------------- */

static struct field *new_field(struct header *header, struct arena *arena)
{
    if (header->count == header->capacity) {
        size_t capacity = header->capacity > 0 ? 2 * header->capacity : FIELDS_FIRST;
        struct field *fields = arena_alloc(arena, capacity * sizeof(*fields));

        if (fields == NULL)
            return NULL;
        if (header->count > 0)
            memcpy(fields, header->fields, header->count * sizeof(*fields));
        header->fields = fields;
        header->capacity = capacity;
    }
    return &header->fields[header->count++];
}

static bool ends_in_crlf(struct slice s)
{
    return s.len >= 2 && s.ptr[s.len - 2] == '\r' && s.ptr[s.len - 1] == '\n';
}

/* Fills in ${field}, whose name is ${name_len} long and whose colon is at ${colon} of ${raw}. */
static void set_field(struct field *field, struct slice raw, size_t name_len, size_t colon)
{
    field->raw = raw;
    field->name = slice_first(raw, name_len);
    field->value = slice_make(raw.ptr + colon + 1, raw.len - colon - 1); /* never without a place */
    if (ends_in_crlf(field->value))
        field->value.len -= 2;
}

/* The field that begins at the front of ${block}, its continuation lines included. Any line that is
 * no field is taken for one: a block from elsewhere than header_scan must not lose a byte. */
static size_t field_length(struct slice block)
{
    size_t at = find_line_end(block, 0, 0);

    while (at != SLICE_NOT_FOUND && at < block.len) {
        struct slice rest = slice_from(block, at);
        size_t end;

        if (is_field(rest))
            return at;
        end = find_line_end(rest, 0, 0);
        at = end != SLICE_NOT_FOUND ? at + end : SLICE_NOT_FOUND;
    }
    return at != SLICE_NOT_FOUND ? at : block.len;
}

int header_parse(struct header *header, struct slice block, bool separated, struct arena *arena)
{
    size_t at = block.len == 0 || is_field(block) ? 0 : field_length(block);

    *header = (struct header){.prefix = slice_first(block, at), .separated = separated};
    while (at < block.len) {
        struct slice rest = slice_from(block, at);
        struct field *field = new_field(header, arena);
        size_t name_len, colon, length = field_length(rest);

        if (field == NULL)
            return -1;
        (void)split_name(rest, &name_len, &colon); /* field_length stops where it is true */
        set_field(field, slice_first(rest, length), name_len, colon);
        at += length;
    }
    return 0;
}

int header_clone(struct header *copy, const struct header *header, struct arena *arena)
{
    struct field *fields = NULL;

    if (header->count > 0) {
        fields = arena_alloc(arena, header->count * sizeof(*fields));
        if (fields == NULL)
            return -1;
        memcpy(fields, header->fields, header->count * sizeof(*fields));
    }
    *copy = *header;
    copy->fields = fields;
    copy->capacity = header->count;
    return 0;
}

size_t header_find(const struct header *header, struct slice name, size_t from)
{
    for (size_t i = from; i < header->count; i++)
        if (slice_equal_case(header->fields[i].name, name))
            return i;
    return SLICE_NOT_FOUND;
}

static const struct slice ADDRESS_FIELDS[] = {
    SLICE_INIT("From"),
    SLICE_INIT("Sender"),
    SLICE_INIT("Reply-To"),
    SLICE_INIT("To"),
    SLICE_INIT("Cc"),
    SLICE_INIT("Bcc"),
    SLICE_INIT("Resent-From"),
    SLICE_INIT("Resent-Sender"),
    SLICE_INIT("Resent-Reply-To"),
    SLICE_INIT("Resent-To"),
    SLICE_INIT("Resent-Cc"),
    SLICE_INIT("Resent-Bcc"),
};

bool header_holds_addresses(struct slice name)
{
    for (size_t i = 0; i < sizeof(ADDRESS_FIELDS) / sizeof(*ADDRESS_FIELDS); i++)
        if (slice_equal_case(ADDRESS_FIELDS[i], name))
            return true;
    return false;
}

/* --- the unfolded value ----------------------------------------------------------------------- */

/* Whether a fold stands at ${at}: a CRLF, and a blank behind it. */
static bool is_fold(struct slice value, size_t at)
{
    return at + 2 < value.len && value.ptr[at] == '\r' && value.ptr[at + 1] == '\n' &&
           is_blank(value.ptr[at + 2]);
}

struct slice header_trim(struct slice value)
{
    size_t start = 0, end = value.len;

    while (start < end && (is_blank(value.ptr[start]) || is_fold(value, start)))
        start += is_blank(value.ptr[start]) ? 1 : 2;
    while (end > start) {
        if (is_blank(value.ptr[end - 1]))
            end--;
        else if (end - start >= 2 && is_fold(value, end - 2))
            end -= 2;
        else
            break;
    }
    return slice_make(value.ptr + start, end - start);
}

struct slice header_unfold(struct slice value, struct arena *arena)
{
    size_t used = 0, cr;
    char *out;

    if (value.ptr == NULL)
        return SLICE("");
    value = header_trim(value);
    if (slice_find(value, '\r') == SLICE_NOT_FOUND)
        return value;
    out = arena_alloc(arena, value.len);
    if (out == NULL)
        return SLICE_NONE;
    while ((cr = slice_find(value, '\r')) != SLICE_NOT_FOUND) {
        size_t kept = is_fold(value, cr) ? cr : cr + 1;

        memcpy(out + used, value.ptr, kept);
        used += kept;
        value = slice_from(value, kept == cr ? cr + 2 : cr + 1);
    }
    if (value.len > 0)
        memcpy(out + used, value.ptr, value.len);
    return slice_make(out, used + value.len);
}
