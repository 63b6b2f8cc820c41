/* rewrite: see rewrite.h. */
#include "filters/message/rewrite.h"

static bool valid_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':')
            return false;
    return name.len > 0;
}

/* Whether ${value} has no line end but folds, so that it cannot end its field or begin another. */
static bool valid_value(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        if (c == '\0' || c == '\n')
            return false;
        if (c != '\r')
            continue;
        if (i + 2 >= value.len || value.ptr[i + 1] != '\n' ||
            (value.ptr[i + 2] != ' ' && value.ptr[i + 2] != '\t'))
            return false;
        i += 2;
    }
    return true;
}

/* Builds in ${field} the bytes of a field: ${front}, which begins with the name, a colon, the
 * value. */
static int build(struct field *field, struct slice front, size_t name_len, struct slice value,
                 struct arena *arena)
{
    size_t size = front.len + 1 + value.len + 2;
    char *raw = arena_alloc(arena, size);

    if (raw == NULL)
        return -1;
    memcpy(raw, front.ptr, front.len);
    raw[front.len] = ':';
    if (value.len > 0)
        memcpy(raw + front.len + 1, value.ptr, value.len);
    memcpy(raw + size - 2, "\r\n", 2);
    field->raw = slice_make(raw, size);
    field->name = slice_make(raw, name_len);
    field->value = slice_make(raw + front.len + 1, value.len);
    return 0;
}

/* Makes room for one more field in the header's own array. */
static int make_room(struct header *header, struct arena *arena)
{
    size_t capacity = 2 * header->count + 8;
    struct field *fields;

    if (header->count < header->capacity)
        return 0;
    fields = arena_alloc(arena, capacity * sizeof(*fields));
    if (fields == NULL)
        return -1;
    if (header->count > 0)
        memcpy(fields, header->fields, header->count * sizeof(*fields));
    header->fields = fields;
    header->capacity = capacity;
    return 0;
}

/* A fold with no field above it would continue whatever is put there. So it becomes the value of a
 * field of its own, which changes nothing of what it says. */
static int adopt_fold(struct header *header, struct arena *arena)
{
    static const struct slice name = SLICE_INIT("X-Postern-Stray:\r\n");
    struct field *field = &header->fields[header->above];
    size_t line_end;
    char *raw;

    if (!header_is_ambiguous(header) || (field->raw.ptr[0] != ' ' && field->raw.ptr[0] != '\t'))
        return 0;
    raw = arena_alloc(arena, name.len + field->raw.len);
    if (raw == NULL)
        return -1;
    memcpy(raw, name.ptr, name.len);
    memcpy(raw + name.len, field->raw.ptr, field->raw.len);
    line_end = (size_t)(field->raw.ptr + field->raw.len - (field->value.ptr + field->value.len));
    field->name = slice_make(raw, name.len - 3);
    field->value = slice_make(raw + name.len - 2, field->raw.len + 2 - line_end);
    field->raw = slice_make(raw, name.len + field->raw.len);
    header_count_above(header);
    return 0;
}

/* Puts a field in at ${at}, but not below a line that is none: some readers end the header there.
 */
static int put(struct header *header, size_t at, const struct edit *edit, struct arena *arena)
{
    size_t last = header->above;
    struct field field;

    if (build(&field, edit->name, edit->name.len, edit->value, arena) != 0 ||
        make_room(header, arena) != 0 || adopt_fold(header, arena) != 0)
        return -1;
    if (at > last)
        at = last;
    memmove(&header->fields[at + 1], &header->fields[at],
            (header->count - at) * sizeof(*header->fields));
    header->fields[at] = field;
    header->count++;
    header->above++;
    header->edited = true;
    return 0;
}

static int insert(struct header *header, const struct edit *edit, struct arena *arena)
{
    bool above = edit->counts_ours && edit->index <= header->on_top;
    size_t at = edit->index;

    if (!edit->counts_ours)
        at += header->on_top;
    else if (!above)
        at--;
    if (put(header, at, edit, arena) != 0)
        return -1;
    header->on_top += above;
    return 0;
}

/* The field that ${edit} means: its index counts from 1; 0 means the first too, as in the milter
 * protocol. SLICE_NOT_FOUND when there are fewer. */
static size_t find_field(const struct header *header, const struct edit *edit)
{
    size_t at = header_find(header, edit->name, 0);

    for (unsigned i = 1; i < edit->index && at != SLICE_NOT_FOUND; i++)
        at = header_find(header, edit->name, at + 1);
    return edit->above && at >= header->above ? SLICE_NOT_FOUND : at;
}

/* A changed field keeps its name as the message wrote it, and the blanks around that. */
static int change(struct header *header, const struct edit *edit, struct arena *arena)
{
    size_t at = find_field(header, edit);
    struct field *old, field;
    size_t front_len, name_at;

    if (at == SLICE_NOT_FOUND)
        return put(header, header->count, edit, arena);
    old = &header->fields[at];
    front_len = (size_t)(old->value.ptr - old->raw.ptr) - 1;
    name_at = (size_t)(old->name.ptr - old->raw.ptr);
    if (build(&field, slice_first(old->raw, front_len), old->name.len, edit->value, arena) != 0)
        return -1;
    field.name.ptr += name_at; /* it has its colon behind it */
    *old = field;
    header->edited = true;
    return 0;
}

static void remove_field(struct header *header, const struct edit *edit)
{
    size_t at = find_field(header, edit);

    if (at == SLICE_NOT_FOUND)
        return;
    header->count--;
    header->above -= at < header->above;
    header->on_top -= at < header->on_top;
    memmove(&header->fields[at], &header->fields[at + 1],
            (header->count - at) * sizeof(*header->fields));
    header->edited = true;
}

bool rewrite_changes(const struct header *header, const struct edit *edit)
{
    size_t at;

    if (edit->kind != EDIT_CHANGE_HEADER && edit->kind != EDIT_DELETE_HEADER)
        return true;
    at = find_field(header, edit);
    if (edit->kind == EDIT_DELETE_HEADER)
        return at != SLICE_NOT_FOUND;
    return at == SLICE_NOT_FOUND || !slice_equal(header->fields[at].value, edit->value);
}

int rewrite_apply(struct header *header, const struct edit *edit, struct arena *arena)
{
    if (!valid_name(edit->name))
        return -1;
    if (edit->kind != EDIT_DELETE_HEADER && !valid_value(edit->value))
        return -1;
    switch (edit->kind) {
    case EDIT_ADD_HEADER: return put(header, header->count, edit, arena);
    case EDIT_INSERT_HEADER: return insert(header, edit, arena);
    case EDIT_CHANGE_HEADER: return change(header, edit, arena);
    case EDIT_DELETE_HEADER: remove_field(header, edit); return 0;
    case EDIT_REPLACE_BODY:
    case EDIT_SET_SENDER:
    case EDIT_ADD_RECIPIENT:
    case EDIT_REMOVE_RECIPIENT:
    case EDIT_QUARANTINE:
    case EDIT_ARCHIVE: break;
    }
    return -1;
}

void rewrite_cut(struct header *header)
{
    header->count = header->above;
    header->edited = true;
}

/* Whether an empty line is put below. One that nobody sent would end an ambiguous header elsewhere
 * than where some readers ended it; there, nothing is ever put below the last line either. */
static bool is_finished(const struct header *header)
{
    return header->edited && !header_is_ambiguous(header);
}

/* Whether ${s} lacks the CRLF that the end of an unfinished message may lack. */
static bool unfinished(struct slice s)
{
    return s.len > 0 && (s.len < 2 || s.ptr[s.len - 2] != '\r' || s.ptr[s.len - 1] != '\n');
}

static void append_line(struct slice s, bool finish, struct bytes *out)
{
    bytes_append(out, s); /* a failure sticks */
    if (finish && unfinished(s))
        bytes_append(out, SLICE("\r\n"));
}

int rewrite_emit(const struct header *header, struct bytes *out)
{
    append_line(header->prefix, is_finished(header), out);
    for (size_t i = 0; i < header->count; i++)
        append_line(header->fields[i].raw, is_finished(header), out);
    if (header->separated || is_finished(header))
        bytes_append(out, SLICE("\r\n"));
    return bytes_end(out);
}

static size_t line_size(struct slice s, bool finish)
{
    return s.len + (finish && unfinished(s) ? 2 : 0);
}

size_t rewrite_size(const struct header *header)
{
    size_t size = line_size(header->prefix, is_finished(header));

    for (size_t i = 0; i < header->count; i++)
        size += line_size(header->fields[i].raw, is_finished(header));
    return size + (header->separated || is_finished(header) ? 2 : 0);
}
