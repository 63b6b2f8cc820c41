/* header: where it ends, and its fields. Decoding and encoding are in header_decode.c,
 * header_encode.c and header_mailboxes.c; what they need to edit one is in header_text.c. */
#include "filters/message/header.h"

#define FIELDS_FIRST 32 /* room for fields taken at first */

/* Whether ${line} begins with a field name, any blanks and a colon; where they stand. None of them
 * holds a line end, so ${line} may also be all that follows. */
static bool split_name(struct slice line, size_t *name_len, size_t *colon)
{
    size_t at = 0;

    while (at < line.len && line.ptr[at] > ' ' && line.ptr[at] < 127 && line.ptr[at] != ':')
        at++;
    *name_len = at;
    while (at < line.len && ascii_is_blank(line.ptr[at]))
        at++;
    *colon = at;
    return *name_len > 0 && at < line.len && line.ptr[at] == ':';
}

static bool is_field(struct slice line)
{
    size_t name_len, colon;

    return split_name(line, &name_len, &colon);
}

/* The length of the blanks, control characters and folds at the front of ${s}. */
static size_t space_length(struct slice s)
{
    size_t at = 0;

    while (at < s.len && s.ptr[at] >= 0 && s.ptr[at] <= ' ')
        at++;
    return at;
}

/* As split_name, of all of a line that is no field, for readers who unfold first and pass over what
 * is around a name; also where the name begins. */
static bool split_stray(struct slice raw, size_t *name_at, size_t *name_len, size_t *colon)
{
    *name_at = space_length(raw);
    (void)split_name(slice_from(raw, *name_at), name_len, colon); /* for the name alone */
    *colon = *name_at + *name_len;
    *colon += space_length(slice_from(raw, *colon));
    return *name_len > 0 && *colon < raw.len && raw.ptr[*colon] == ':';
}

/* A "From " line that a mailbox file put on top, or a line that was quoted for one. "From : a@b" is
 * a field with blanks before its colon, and must not get by as one of these. */
static bool is_mbox_line(struct slice line)
{
    while (line.len > 0 && line.ptr[0] == '>')
        line = slice_from(line, 1);
    return slice_starts(line, SLICE("From ")) && !is_field(line);
}

/* Looks for the CRLF that ends the first line of ${s}. Returns the offset past it; the length when
 * there is none. */
static size_t line_length(struct slice s)
{
    const char *end = s.len > 0 ? (const char *)memmem(s.ptr, s.len, "\r\n", 2) : NULL;

    return end != NULL ? (size_t)(end - s.ptr) + 2 : s.len;
}

/* --- the end of the header -------------------------------------------------------------------- */

int header_scan(struct header_scan *scan, struct slice content, bool complete,
                struct header_end *end)
{
    static const char empty_line[] = "\r\n\r\n";
    const char *found = NULL;

    if (slice_starts(content, SLICE("\r\n"))) {
        *end = (struct header_end){0, 2};
        return 1;
    }
    if (scan->scanned < content.len)
        found = memmem(content.ptr + scan->scanned, content.len - scan->scanned, empty_line, 4);
    if (found != NULL) {
        *end = (struct header_end){(size_t)(found - content.ptr) + 2,
                                   (size_t)(found - content.ptr) + 4};
        return 1;
    }
    scan->scanned = content.len > 3 ? content.len - 3 : 0; /* it may have begun there */
    if (!complete)
        return 0;
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

/* Fills in ${field}, a field or a line that is none. */
static void set_field(struct field *field, struct slice raw)
{
    size_t name_at = 0, name_len, colon, start = 0;

    if (split_name(raw, &name_len, &colon) || split_stray(raw, &name_at, &name_len, &colon))
        start = colon + 1;
    else
        name_at = name_len = 0;
    field->raw = raw;
    field->name = slice_first(slice_from(raw, name_at), name_len);
    field->value = slice_make(raw.ptr + start, raw.len - start); /* never without a place */
    if (ends_in_crlf(field->value))
        field->value.len -= 2;
}

/* The line at the front of ${block} with those that continue it. */
static size_t folded_length(struct slice block)
{
    size_t at = line_length(block);

    while (at < block.len && ascii_is_blank(block.ptr[at]))
        at += line_length(slice_from(block, at));
    return at;
}

/* The mbox lines at the front of ${block}. */
static size_t prefix_length(struct slice block)
{
    size_t at = 0;

    while (at < block.len && is_mbox_line(slice_from(block, at)))
        at += line_length(slice_from(block, at));
    return at;
}

int header_parse(struct header *header, struct slice block, bool separated, struct arena *arena)
{
    size_t at = prefix_length(block);

    *header = (struct header){.prefix = slice_first(block, at), .separated = separated};
    while (at < block.len) {
        struct slice rest = slice_from(block, at);
        struct field *field = new_field(header, arena);

        if (field == NULL)
            return -1;
        set_field(field, slice_first(rest, folded_length(rest)));
        at += field->raw.len;
    }
    header_count_above(header);
    return 0;
}

void header_count_above(struct header *header)
{
    header->above = 0;
    while (header->above < header->count && is_field(header->fields[header->above].raw))
        header->above++;
}

const char *header_stray_reason(struct slice line)
{
    size_t name_len, colon;
    unsigned char c;

    line = slice_first(line, slice_find(line, '\r'));
    if (line.len == 0 || ascii_is_blank(line.ptr[0]))
        return "a fold with no field above it";
    if (slice_find(line, ':') == SLICE_NOT_FOUND)
        return "no colon";
    (void)split_name(line, &name_len, &colon); /* it is none */
    if (name_len == 0 && line.ptr[0] == ':')
        return "no name before the colon";
    c = (unsigned char)line.ptr[name_len];
    if (ascii_is_blank((char)c))
        return "a blank in the name";
    return c < 128 ? "a control character in the name" : "a character beyond ASCII in the name";
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
           ascii_is_blank(value.ptr[at + 2]);
}

struct slice header_trim(struct slice value)
{
    size_t start = 0, end = value.len;

    while (start < end && (ascii_is_blank(value.ptr[start]) || is_fold(value, start)))
        start += ascii_is_blank(value.ptr[start]) ? 1 : 2;
    while (end > start) {
        if (ascii_is_blank(value.ptr[end - 1]))
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
