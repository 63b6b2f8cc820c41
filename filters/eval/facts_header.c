/* facts_header: see facts_header.h. */
#include "filters/eval/facts_header.h"

#include "filters/base/utf8.h"
#include "filters/rules/names.h"

#define CURSOR_END   SIZE_MAX
#define CURSOR_AGAIN (SIZE_MAX / 2 + 1) /* with a place: its field's other reading is next */

static size_t field_count(const struct eval *e)
{
    return e->m->header != NULL ? e->m->header->count : 0;
}

static const struct field *field_at(const struct eval *e, size_t index)
{
    return &e->m->header->fields[index];
}

/* --- decoding --------------------------------------------------------------------------------- */

/* A place in an array with one slice for each field, made when first needed. */
static struct slice *place_of(struct eval *e, struct slice **array, size_t index)
{
    if (*array == NULL)
        *array = arena_alloc(&e->work, field_count(e) * sizeof(**array));
    return *array != NULL ? &(*array)[index] : NULL;
}

struct slice facts_header_unfolded(struct eval *e, size_t index)
{
    struct slice *kept = place_of(e, &e->m->unfolded, index);

    if (kept == NULL)
        return SLICE_NONE;
    if (kept->ptr == NULL)
        *kept = header_unfold(field_at(e, index)->value, &e->work);
    return *kept;
}

/* Decodes a field, and judges what comes of it once for all patterns. */
static struct slice decode(struct eval *e, size_t index)
{
    struct slice text = header_decode_field(field_at(e, index), &e->work);

    struct slice *generous = place_of(e, &e->m->generous, index);

    if (e->m->clean == NULL)
        e->m->clean = arena_alloc(&e->work, field_count(e) * sizeof(*e->m->clean));
    if (text.ptr == NULL || e->m->clean == NULL || generous == NULL)
        return SLICE_NONE;
    *generous = header_decode_generously(field_at(e, index)->value, &e->work);
    e->m->clean[index] = utf8_valid(text);
    return generous->ptr != NULL ? text : SLICE_NONE;
}

static struct slice decoded(struct eval *e, size_t index)
{
    struct slice *kept = place_of(e, &e->m->decoded, index);

    if (kept == NULL)
        return SLICE_NONE;
    if (kept->ptr == NULL)
        *kept = decode(e, index);
    return *kept;
}

/* The text of a value that is decoded. */
static void set_decoded(const struct eval *e, size_t index, struct slice text, struct value *value)
{
    value->text = text;
    value->clean = text.ptr != NULL && e->m->clean[index];
}

/* Whether readers see another text in a field, whose text was asked for, too. */
static bool has_other(const struct eval *e, size_t index)
{
    return e->m->generous[index].len > 0 &&
           !slice_equal(e->m->generous[index], e->m->decoded[index]);
}

/* "Name: value". Where it stands so in the block it is not copied. A line that is no field is
 * itself. */
static struct slice make_line(struct eval *e, size_t index, struct slice value)
{
    const struct field *field = field_at(e, index);
    const char *after = field->name.ptr + field->name.len;
    char *line;

    if (value.ptr == NULL || field->name.len == 0)
        return value;
    if (value.ptr == after + 2 && after[0] == ':' && after[1] == ' ')
        return slice_make(field->name.ptr, field->name.len + 2 + value.len);
    line = arena_alloc(&e->work, field->name.len + 2 + value.len);
    if (line == NULL)
        return SLICE_NONE;
    memcpy(line, field->name.ptr, field->name.len);
    memcpy(line + field->name.len, ": ", 2);
    if (value.len > 0)
        memcpy(line + field->name.len + 2, value.ptr, value.len);
    return slice_make(line, field->name.len + 2 + value.len);
}

/* Whether ${part} is a piece of ${whole}; where it begins. */
static bool is_within(struct slice whole, struct slice part, size_t *start)
{
    uintptr_t from = (uintptr_t)whole.ptr, at = (uintptr_t)part.ptr;

    if (whole.ptr == NULL || at < from || at + part.len > from + whole.len)
        return false;
    *start = at - from;
    return true;
}

const struct field *facts_header_origin(const struct eval *e, struct slice text, size_t *start)
{
    const struct message *m = e->m;

    for (size_t i = 0; i < field_count(e) && text.len > 0; i++) {
        size_t front = field_at(e, i)->name.len + 2; /* "Name: " */

        if (m->decoded != NULL && is_within(m->decoded[i], text, start))
            return field_at(e, i);
        if (m->lines == NULL || !is_within(m->lines[i], text, start) || *start < front)
            continue;
        *start -= front;
        return field_at(e, i);
    }
    return NULL;
}

const struct field *facts_header_field(const struct eval *e, struct slice text)
{
    const struct message *m = e->m;
    const struct slice *made[] = {m->decoded, m->generous, m->unfolded, m->lines};
    size_t start;

    for (size_t i = 0; i < field_count(e) && text.len > 0; i++) {
        for (size_t k = 0; k < sizeof(made) / sizeof(*made); k++)
            if (made[k] != NULL && is_within(made[k][i], text, &start))
                return field_at(e, i);
    }
    return NULL;
}

/* --- by name ---------------------------------------------------------------------------------- */

/* Chains the fields of each name that some rule asks for, in order. */
static int index_names(struct eval *e)
{
    const struct ruleset *rules = e->rules;
    struct message *m = e->m;

    m->name_first = arena_alloc(&e->work, rules->name_count * sizeof(*m->name_first));
    m->name_next = arena_alloc(&e->work, field_count(e) * sizeof(*m->name_next));
    if (m->name_first == NULL || m->name_next == NULL)
        return -1;
    for (size_t i = field_count(e); i > 0; i--) {
        size_t number = names_number(rules, field_at(e, i - 1)->name);

        if (number == SLICE_NOT_FOUND)
            continue;
        m->name_next[i - 1] = m->name_first[number];
        m->name_first[number] = (uint32_t)i;
    }
    return 0;
}

int facts_header_named(struct eval *e, const struct leaf *leaf, size_t *cursor, struct value *value)
{
    struct message *m = e->m;
    bool again = *cursor != CURSOR_END && (*cursor & CURSOR_AGAIN) != 0;
    size_t number = again ? *cursor - CURSOR_AGAIN : *cursor;

    if (number == CURSOR_END)
        return 0;
    if (m->name_next == NULL && index_names(e) != 0)
        return -1;
    if (number == 0)
        number = m->name_first[leaf->name_number];
    if (number == 0)
        return 0;
    if (again)
        value->text = m->generous[number - 1];
    else if (leaf->field == FIELD_HEADER)
        set_decoded(e, number - 1, decoded(e, number - 1), value);
    else
        value->text = facts_header_unfolded(e, number - 1);
    if (value->text.ptr == NULL)
        return -1;
    if (!again && leaf->field == FIELD_HEADER && has_other(e, number - 1))
        *cursor = CURSOR_AGAIN + number;
    else
        *cursor = m->name_next[number - 1] != 0 ? m->name_next[number - 1] : CURSOR_END;
    return 1;
}

int facts_header_missing(struct eval *e, const struct leaf *leaf)
{
    if (e->m->name_next == NULL && index_names(e) != 0)
        return -1;
    return e->m->name_first[leaf->name_number] == 0;
}

struct slice facts_header_text(void *ctx, struct slice name)
{
    struct facts_source *source = ctx;
    const struct header *header = source->e->m->header;
    size_t index = header != NULL ? header_find(header, name, 0) : SLICE_NOT_FOUND;
    struct slice text;

    if (index == SLICE_NOT_FOUND)
        return SLICE_NONE;
    text = decoded(source->e, index);
    source->failed = source->failed || text.ptr == NULL;
    return text;
}

/* --- all fields ------------------------------------------------------------------------------- */

/* The other reading of a line. It is rare, and made anew each time. */
static int other_line(struct eval *e, size_t *cursor, struct value *value)
{
    size_t index = *cursor - CURSOR_AGAIN;

    value->text = make_line(e, index, e->m->generous[index]);
    *cursor = index + 1;
    return value->text.ptr != NULL ? 1 : -1;
}

int facts_header_line(struct eval *e, size_t *cursor, struct value *value)
{
    struct slice *kept;

    if ((*cursor & CURSOR_AGAIN) != 0)
        return other_line(e, cursor, value);
    if (*cursor >= field_count(e))
        return 0;
    kept = place_of(e, &e->m->lines, *cursor);
    if (kept == NULL)
        return -1;
    if (kept->ptr == NULL)
        *kept = make_line(e, *cursor, decoded(e, *cursor));
    if (kept->ptr == NULL)
        return -1;
    set_decoded(e, *cursor, *kept, value);
    *cursor = has_other(e, *cursor) ? CURSOR_AGAIN + *cursor : *cursor + 1;
    return 1;
}

bool facts_header_ambiguous(const struct eval *e)
{
    return e->m->header != NULL && header_is_ambiguous(e->m->header);
}

size_t facts_header_hops(const struct eval *e)
{
    size_t hops = 0;

    for (size_t i = 0; i < field_count(e); i++)
        hops += slice_equal_case(field_at(e, i)->name, SLICE("Received"));
    return hops;
}
