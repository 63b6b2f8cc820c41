/* text: see text.h. */
#include "filters/rules/text.h"

#include "filters/base/bytes.h"
#include "filters/base/utf8.h"
#include "filters/rules/names.h"

static const struct slice DOLLAR = SLICE_INIT("$");
static const struct slice LISTTEXT = SLICE_INIT("listtext");
static const struct slice MATCHED = SLICE_INIT("matched");
static const struct slice HEADER = SLICE_INIT("header.");

static size_t count_dollars(struct slice s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] == '$';
    return count;
}

static void add_literal(struct text *text, struct slice literal)
{
    if (literal.len > 0)
        text->parts[text->count++] = (struct text_part){.kind = TEXT_LITERAL, .literal = literal};
}

static const char *complain(struct arena *arena, const char *what, struct slice name)
{
    const char *sentence = arena_format(arena, "%s: ${%.*s}", what, SLICE_ARG(name)).ptr;

    return sentence != NULL ? sentence : what;
}

/* The part for "${header.Name}". */
static int header_part(struct text_part *part, struct slice name, struct arena *arena,
                       const char **error)
{
    part->kind = TEXT_HEADER;
    part->name = name;
    if (names_valid(name))
        return 0;
    *error = complain(arena, "that is no name of a header field", name);
    return -1;
}

/* The part for "${name}". */
static int name_part(struct text_part *part, struct slice name, struct arena *arena,
                     const char **error)
{
    if (slice_equal(name, LISTTEXT)) {
        part->kind = TEXT_LISTTEXT;
        return 0;
    }
    if (slice_equal(name, MATCHED)) {
        part->kind = TEXT_MATCHED;
        return 0;
    }
    if (slice_starts(name, HEADER))
        return header_part(part, slice_from(name, HEADER.len), arena, error);
    part->kind = TEXT_FIELD;
    switch (field_find(name, &part->field)) {
    case 1: break;
    case 0: *error = complain(arena, "there is no such field", name); return -1;
    default: *error = complain(arena, "this build does not know the field yet", name); return -1;
    }
    if (field_get(part->field)->in_text)
        return 0;
    *error = complain(arena, "the field may have many values and cannot stand in a text", name);
    return -1;
}

/* Takes apart what begins with "$" at the front of ${rest}; ${used} is how long it is. */
static int dollar_part(struct text_part *part, struct slice rest, struct arena *arena, size_t *used,
                       const char **error)
{
    size_t close;

    *used = 2;
    if (rest.len >= 2 && rest.ptr[1] == '$') {
        *part = (struct text_part){.kind = TEXT_LITERAL, .literal = DOLLAR};
        return 0;
    }
    if (rest.len >= 2 && rest.ptr[1] >= '1' && rest.ptr[1] <= '9') {
        *part = (struct text_part){.kind = TEXT_CAPTURE, .capture = (unsigned)(rest.ptr[1] - '0')};
        return 0;
    }
    close = slice_find(rest, '}');
    if (rest.len >= 2 && rest.ptr[1] == '{' && close != SLICE_NOT_FOUND) {
        *used = close + 1;
        *part = (struct text_part){.kind = TEXT_LITERAL};
        return name_part(part, slice_make(rest.ptr + 2, close - 2), arena, error);
    }
    *error = "after \"$\" stands 1 to 9, {field} or another $ (write $$ for a dollar)";
    return -1;
}

int text_parse(struct text *text, struct slice source, struct arena *arena, const char **error)
{
    size_t dollar;

    *text = (struct text){0};
    /* Each dollar makes one part at most, and has one literal before it; one more is the end. */
    text->parts = arena_alloc(arena, (2 * count_dollars(source) + 1) * sizeof(*text->parts));
    if (text->parts == NULL) {
        *error = "out of memory";
        return -1;
    }
    while ((dollar = slice_find(source, '$')) != SLICE_NOT_FOUND) {
        struct text_part *part;
        size_t used;

        add_literal(text, slice_first(source, dollar));
        part = &text->parts[text->count++];
        source = slice_from(source, dollar);
        if (dollar_part(part, source, arena, &used, error) != 0)
            return -1;
        if (part->kind == TEXT_CAPTURE || part->kind == TEXT_LISTTEXT)
            text->uses_captures = true;
        text->uses_matched = text->uses_matched || part->kind == TEXT_MATCHED;
        source = slice_from(source, used);
    }
    add_literal(text, source);
    return 0;
}

static struct slice value_of(const struct text_part *part, const struct text_values *values)
{
    const struct pattern_match *match = values->match;

    switch (part->kind) {
    case TEXT_LITERAL: return part->literal;
    case TEXT_CAPTURE:
        return match != NULL && part->capture < match->count ? match->groups[part->capture]
                                                             : SLICE_NONE;
    case TEXT_FIELD:
        return values->field != NULL ? values->field(values->ctx, part->field) : SLICE_NONE;
    case TEXT_HEADER:
        return values->header != NULL ? values->header(values->ctx, part->name) : SLICE_NONE;
    case TEXT_LISTTEXT: return values->listtext;
    case TEXT_MATCHED: return values->matched;
    }
    return SLICE_NONE;
}

void text_each(const struct text *text, const struct text_values *values, text_take *take,
               void *ctx)
{
    for (size_t i = 0; i < text->count; i++) {
        const struct text_part *part = &text->parts[i];

        take(ctx, part, value_of(part, values));
    }
}

struct slice text_cut(const struct text_part *part, struct slice value, size_t room)
{
    size_t most = part->kind != TEXT_LITERAL && room > TEXT_VALUE_MAX ? TEXT_VALUE_MAX : room;

    return utf8_cut(value, most);
}

/* What came from the wire must not end a line, wherever the text goes. */
static void append_part(void *ctx, const struct text_part *part, struct slice value)
{
    struct bytes *out = ctx;
    size_t start = out->len;

    bytes_append(out, text_cut(part, value, TEXT_EXPANDED_MAX - out->len)); /* a failure sticks */
    for (size_t i = start; part->kind != TEXT_LITERAL && i < out->len; i++)
        if (out->data[i] == '\r' || out->data[i] == '\n' || out->data[i] == '\0')
            out->data[i] = ' ';
}

struct slice text_expand(const struct text *text, const struct text_values *values,
                         struct arena *arena)
{
    struct slice expanded = SLICE_NONE, whole;
    struct bytes out;

    bytes_init(&out, TEXT_EXPANDED_MAX);
    text_each(text, values, append_part, &out);
    if (bytes_take(&out, &whole) == 0)
        expanded = arena_copy(arena, whole);
    else
        arena_fail(arena);
    bytes_fini(&out);
    return expanded;
}
