/* outline: see outline.h. What is open stands on a stack, the message at its bottom; a delimiter
 * closes all above its multipart. */
#include "filters/mime/outline.h"

#include "filters/message/header.h"
#include "filters/mime/boundary.h"
#include "filters/mime/inside.h"

#define PARTS_FIRST 16

enum state {
    IN_HEADER,
    IN_BODY, /* of a multipart: in front of its first delimiter */
    BEHIND,  /* a multipart's last delimiter */
};

struct open {
    uint32_t part;
    enum state state;
    size_t fields; /* of its header, so far */
    bool delimited;
};

struct scan {
    const struct outline_source *source;
    enum outline_reading reading;
    const struct parameter_means *means;
    struct outline *out;
    struct arena scratch; /* for the fields of one header */
    struct boundaries boundaries;
    size_t parameters; /* of all parts so far */
    struct open *stack;
    size_t height, capacity;
    size_t part_capacity;
    size_t inner_end; /* of what was closed last, in what is closed next */
};

static struct outline_part *part_of(const struct scan *s, const struct open *open)
{
    return &s->out->parts[open->part];
}

static struct open *top(const struct scan *s)
{
    return &s->stack[s->height - 1];
}

static void add_doubt(struct outline_part *part, enum doubt doubt)
{
    part->doubts |= doubt_bit(doubt);
}

/* --- a part is opened ------------------------------------------------------------------------- */

static bool grow(struct arena *arena, void **items, size_t size, size_t count, size_t *capacity)
{
    size_t more = *capacity > 0 ? 2 * *capacity : PARTS_FIRST;
    void *grown;

    if (count < *capacity)
        return true;
    grown = arena_alloc(arena, more * size);
    if (grown == NULL)
        return false;
    if (count > 0)
        memcpy(grown, *items, count * size);
    *items = grown;
    *capacity = more;
    return true;
}

/* A part whose header begins at ${at}, inside of what is on top. */
static enum content_result open_part(struct scan *s, size_t at)
{
    struct outline *out = s->out;
    void *parts = out->parts, *stack = s->stack;

    if (out->count >= s->source->parts || s->source->depth + s->height > s->source->depth_max)
        return CONTENT_LIMIT;
    if (!grow(s->means->arena, &parts, sizeof(*out->parts), out->count, &s->part_capacity) ||
        !grow(s->means->arena, &stack, sizeof(*s->stack), s->height, &s->capacity))
        return CONTENT_MEMORY;
    out->parts = parts;
    s->stack = stack;
    out->parts[out->count] = (struct outline_part){
        .parent = s->height > 0 ? top(s)->part : CONTENT_NO_PART,
        .depth = s->source->depth + (unsigned)s->height,
        .header_start = at,
        .body_start = at,
    };
    s->stack[s->height++] = (struct open){.part = (uint32_t)out->count++};
    return CONTENT_READ;
}

/* --- its header is complete ------------------------------------------------------------------- */

static struct slice pick(const struct scan *s, const struct declared_text *list)
{
    if (list == NULL)
        return SLICE_NONE;
    while (s->reading == OUTLINE_LAST && list->next != NULL)
        list = list->next;
    return list->text;
}

static enum content_result open_boundary(struct scan *s, struct outline_part *part,
                                         struct slice text)
{
    int opened;

    if (text.len > BOUNDARY_MAX)
        return CONTENT_LIMIT;
    opened = boundaries_open(&s->boundaries, text, s->height - 1);
    if (opened < 0)
        return CONTENT_MEMORY;
    if (opened == 0)
        add_doubt(part, DOUBT_NESTED);
    return CONTENT_READ;
}

static enum content_result open_boundaries(struct scan *s, struct outline_part *part)
{
    const struct declared_text *list = part->declared.boundaries;
    size_t count = 0;

    for (; list != NULL; list = list->next)
        if (++count > OUTLINE_BOUNDARIES_MAX)
            return CONTENT_LIMIT;
    if (count == 0)
        add_doubt(part, DOUBT_NO_BOUNDARY);
    if (s->reading != OUTLINE_EVERY)
        return count > 0 ? open_boundary(s, part, pick(s, part->declared.boundaries))
                         : CONTENT_READ;
    for (list = part->declared.boundaries; list != NULL; list = list->next) {
        enum content_result result = open_boundary(s, part, list->text);

        if (result != CONTENT_READ)
            return result;
    }
    return CONTENT_READ;
}

static bool is_message(struct slice type)
{
    return slice_equal(type, SLICE("message/rfc822")) || slice_equal(type, SLICE("message/global"));
}

/* The type that a header declares, and what that makes of the part. In the reading that takes
 * whatever could be, a part that is a multipart to anybody is one, by its boundary if not by its
 * type; each kind of message is a message, and the encoding of one is passed over (RFC 2046, 5.2.1,
 * has none). */
static void classify(const struct scan *s, struct outline_part *part)
{
    unsigned plain = 1U << CONTENT_7BIT | 1U << CONTENT_UNKNOWN;
    const struct declared_text *type;
    bool multipart, message, every = s->reading == OUTLINE_EVERY;

    part->type = pick(s, part->declared.types);
    for (type = part->declared.types; type != NULL && every; type = type->next)
        if (declared_is(type->text, SLICE("multipart")))
            part->type = type->text;
    multipart = declared_is(part->type, SLICE("multipart"));
    if (every && !multipart)
        multipart = part->declared.boundaries != NULL;
    message = every ? declared_is(part->type, SLICE("message")) : is_message(part->type);
    part->kind = multipart ? OUTLINE_MULTIPART : message ? OUTLINE_MESSAGE : OUTLINE_LEAF;
    if ((part->declared.encodings & ~plain) == 0)
        return;
    if (message && !every)
        part->kind = OUTLINE_ENCODED;
    if (multipart)
        add_doubt(part, DOUBT_CONTAINER);
}

/* A digest's parts are messages where they do not say otherwise (RFC 2046, 5.1.5). */
static struct slice default_type(const struct scan *s, const struct outline_part *part)
{
    if (part->parent == CONTENT_NO_PART)
        return s->source->type;
    return slice_equal(s->out->parts[part->parent].type, SLICE("multipart/digest"))
               ? SLICE("message/rfc822")
               : SLICE("text/plain");
}

/* What the header on top says; its body begins at ${at}. Of a message in it the header follows. */
static enum content_result begin_body(struct scan *s, const struct header *header, size_t at)
{
    struct outline_part *part = part_of(s, top(s));
    enum content_result result =
        declared_read(header, default_type(s, part), s->means, &part->declared);

    if (result != CONTENT_READ)
        return result;
    s->parameters += part->declared.parameters;
    if (s->parameters > OUTLINE_PARAMETERS_MAX)
        return CONTENT_LIMIT;
    part->doubts |= part->declared.doubts;
    part->body_start = at;
    top(s)->state = IN_BODY;
    classify(s, part);
    if (part->kind == OUTLINE_MULTIPART)
        return open_boundaries(s, part);
    return part->kind == OUTLINE_MESSAGE ? open_part(s, at) : CONTENT_READ;
}

/* The header on top ends at ${end}, and its body begins at ${at}. */
static enum content_result end_header(struct scan *s, size_t end, size_t at)
{
    struct outline_part *part = part_of(s, top(s));
    struct slice block = slice_from(slice_first(s->source->text, end), part->header_start);
    struct header header;
    enum content_result result;

    for (size_t i = 0; i < block.len; i++)
        s->out->parameters += block.ptr[i] == ';' || block.ptr[i] == '=';
    s->out->header_bytes += block.len;
    if (header_parse(&header, block, true, &s->scratch) != 0)
        return CONTENT_MEMORY;
    if (s->reading == OUTLINE_SHORT && header_is_ambiguous(&header)) {
        at = (size_t)(header.fields[header.above].raw.ptr - s->source->text.ptr);
        header.count = header.above;
    }
    result = begin_body(s, &header, at);
    arena_reset(&s->scratch);
    return result;
}

/* --- parts are closed ------------------------------------------------------------------------- */

/* Where the line end before ${at} begins; it is a delimiter's. */
static size_t before_line_end(const struct scan *s, size_t at)
{
    const char *text = s->source->text.ptr;

    at -= at > 0 && text[at - 1] == '\n';
    return at - (at > 0 && text[at - 1] == '\r' && text[at] == '\n');
}

/* What some find in a part that is taken as a whole; all such bodies lie side by side. */
static void look_inside(const struct scan *s, struct outline_part *part)
{
    struct slice body = slice_from(slice_first(s->source->text, part->body_end), part->body_start);

    if (part->kind == OUTLINE_LEAF || part->kind == OUTLINE_ENCODED)
        part->doubts |= inside_doubts(part->type, &part->declared, body);
    else if (part->kind == OUTLINE_MESSAGE && part->declared.boundaries != NULL)
        add_doubt(part, DOUBT_LEAF);
}

/* A header that a delimiter cuts off keeps its last line end, and so does what it stands in. */
static void close_top(struct scan *s, size_t end)
{
    struct open *open = top(s);
    struct outline_part *part = part_of(s, open);

    end = end > part->body_start ? end : part->body_start;
    part->body_end = end > s->inner_end ? end : s->inner_end;
    s->inner_end = part->body_end;
    if (part->kind == OUTLINE_MULTIPART && !open->delimited) {
        part->first_line = part->body_end;
        add_doubt(part, DOUBT_NO_DELIMITER);
    }
    if (part->kind == OUTLINE_MULTIPART && open->state != BEHIND) {
        part->epilogue = part->body_end;
        if (open->delimited)
            add_doubt(part, DOUBT_NO_END);
    }
    if (part->kind == OUTLINE_MULTIPART && part->epilogue > part->body_end)
        part->epilogue = part->body_end;
    look_inside(s, part);
    s->height--;
    boundaries_close(&s->boundaries, s->height);
}

/* All above ${height} end at ${line}. A header that the line cuts off is all there is. */
static enum content_result close_above(struct scan *s, size_t height, size_t line)
{
    size_t end = before_line_end(s, line);

    s->inner_end = 0;
    while (s->height > height) {
        enum content_result result =
            top(s)->state == IN_HEADER ? end_header(s, line, line) : CONTENT_READ;

        if (result != CONTENT_READ)
            return result;
        while (s->height > height && top(s)->state != IN_HEADER)
            close_top(s, end);
    }
    return CONTENT_READ;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Whether ${line} is a delimiter once more of a multipart that has ended: it is on top then. */
static bool delimits_again(const struct scan *s, struct slice line)
{
    const struct open *open = top(s);
    struct slice text = slice_from(line, 2);

    if (open->state != BEHIND || line.len < 2)
        return false;
    for (const struct declared_text *b = part_of(s, open)->declared.boundaries; b != NULL;
         b = b->next) {
        struct slice rest = slice_from(text, b->text.len);

        if (b->text.len > 0 && slice_starts(text, b->text) && slice_trim(rest).len == 0)
            return true;
    }
    return false;
}

/* The multipart at ${level} has a delimiter at ${at}, whose line ends at ${next}. */
static enum content_result delimit(struct scan *s, size_t level, bool last, size_t at, size_t next)
{
    enum content_result result = close_above(s, level + 1, at);
    struct open *open = &s->stack[level];
    struct outline_part *part = part_of(s, open);

    if (result != CONTENT_READ)
        return result;
    if (!open->delimited)
        part->first_line = at;
    open->delimited = true;
    if (!last)
        return open_part(s, next);
    open->state = BEHIND;
    part->epilogue = next;
    boundaries_close(&s->boundaries, level);
    return CONTENT_READ;
}

/* For those who take the first line with two hyphens where a boundary does not come. */
static bool is_guess(const struct scan *s, struct slice line)
{
    const struct open *open = top(s);
    struct slice text = slice_trim(slice_from(line, 2));

    return s->reading == OUTLINE_EVERY && part_of(s, open)->kind == OUTLINE_MULTIPART &&
           open->state == IN_BODY && !open->delimited && text.len > 0 && text.len <= BOUNDARY_MAX;
}

/* ${line} begins with two hyphens. *${taken}: it is a delimiter. */
static enum content_result read_hyphens(struct scan *s, struct slice line, size_t at, size_t next,
                                        bool *taken)
{
    struct boundary_match match;
    enum content_result result;

    *taken = true;
    if (boundaries_match(&s->boundaries, line, &match)) {
        if (!match.exact)
            add_doubt(part_of(s, &s->stack[match.level]), DOUBT_PREFIX);
        if (match.exact || s->reading == OUTLINE_EVERY)
            return delimit(s, match.level, match.last, at, next);
    } else if (delimits_again(s, line)) {
        add_doubt(part_of(s, top(s)), DOUBT_AGAIN);
        if (s->reading == OUTLINE_EVERY) {
            top(s)->state = IN_BODY;
            result = open_boundaries(s, part_of(s, top(s)));
            return result == CONTENT_READ ? delimit(s, s->height - 1, false, at, next) : result;
        }
    } else if (is_guess(s, line)) {
        result = open_boundary(s, part_of(s, top(s)), slice_trim(slice_from(line, 2)));
        return result == CONTENT_READ ? delimit(s, s->height - 1, false, at, next) : result;
    }
    *taken = false;
    return CONTENT_READ;
}

/* Whether the empty line from ${at} to ${next} ends no header, for those who pass over some in
 * front of one. A digest's messages have one there (RFC 2046, 5.1.5). */
static bool passes_over(const struct scan *s, size_t at, size_t next)
{
    struct outline_part *part = part_of(s, top(s));

    if (at != part->header_start || !slice_equal(default_type(s, part), SLICE("text/plain")) ||
        !inside_header(slice_from(s->source->text, next)))
        return false;
    add_doubt(part, DOUBT_BELOW);
    return s->reading == OUTLINE_EVERY;
}

static enum content_result read_header_line(struct scan *s, struct slice line, size_t at,
                                            size_t next)
{
    if (line.len == 0 && !passes_over(s, at, next))
        return end_header(s, at, next);
    if (!ascii_is_blank(line.ptr[0])) {
        s->out->fields++;
        if (++top(s)->fields > OUTLINE_FIELDS_MAX)
            return CONTENT_LIMIT;
    }
    return CONTENT_READ;
}

/* The line from ${at} to ${next}. */
static enum content_result read_line(struct scan *s, size_t at, size_t next)
{
    struct slice line = slice_make(s->source->text.ptr + at, before_line_end(s, next) - at);
    bool taken = false;
    enum content_result result = CONTENT_READ;

    if (slice_starts(line, SLICE("--")))
        result = read_hyphens(s, line, at, next, &taken);
    if (result == CONTENT_READ && !taken && top(s)->state == IN_HEADER)
        result = read_header_line(s, line, at, next);
    return result;
}

static enum content_result read_lines(struct scan *s)
{
    struct slice text = s->source->text;

    for (size_t at = 0, next; at < text.len; at = next) {
        size_t length = slice_find(slice_from(text, at), '\n');
        enum content_result result;

        next = length == SLICE_NOT_FOUND ? text.len : at + length + 1;
        result = read_line(s, at, next);
        if (result != CONTENT_READ)
            return result;
        if (!allowance_spend(s->means->allowance, next - at))
            return CONTENT_OVER;
    }
    return CONTENT_READ;
}

/* The end of the text closes all that is open; nothing of it is a delimiter's. */
static enum content_result close_all(struct scan *s)
{
    size_t end = s->source->text.len;

    s->inner_end = 0;
    while (s->height > 0) {
        enum content_result result =
            top(s)->state == IN_HEADER ? end_header(s, end, end) : CONTENT_READ;

        if (result != CONTENT_READ)
            return result;
        while (s->height > 0 && top(s)->state != IN_HEADER)
            close_top(s, end);
    }
    return CONTENT_READ;
}

enum content_result outline_read(const struct outline_source *source, enum outline_reading reading,
                                 const struct parameter_means *means, struct outline *outline)
{
    struct scan s = {.source = source, .reading = reading, .means = means, .out = outline};
    enum content_result result;

    *outline = (struct outline){0};
    arena_init(&s.scratch, 8192, OUTLINE_FIELDS_MAX * 4 * sizeof(struct field));
    boundaries_init(&s.boundaries, means->arena);
    result = open_part(&s, 0);
    if (result == CONTENT_READ)
        outline->parts[0].header = source->header;
    if (result == CONTENT_READ)
        result = begin_body(&s, source->header, 0);
    if (result == CONTENT_READ)
        result = read_lines(&s);
    if (result == CONTENT_READ)
        result = close_all(&s);
    arena_fini(&s.scratch);
    return result;
}

/* --- what others may find --------------------------------------------------------------------- */

bool outline_differs(const struct outline *outline)
{
    static const doubt_set anywhere = (doubt_set)1 << DOUBT_STRAY | (doubt_set)1 << DOUBT_TYPES |
                                      (doubt_set)1 << DOUBT_TYPE | (doubt_set)1 << DOUBT_BELOW |
                                      (doubt_set)1 << DOUBT_LEAF | (doubt_set)1 << DOUBT_MESSAGE;
    static const doubt_set in_multipart =
        (doubt_set)1 << DOUBT_JUNK | (doubt_set)1 << DOUBT_REPEATED |
        (doubt_set)1 << DOUBT_COMMENT | (doubt_set)1 << DOUBT_QUOTES |
        (doubt_set)1 << DOUBT_BLANKS | (doubt_set)1 << DOUBT_ESCAPE | (doubt_set)1 << DOUBT_PIECES |
        (doubt_set)1 << DOUBT_BOUNDARY | (doubt_set)1 << DOUBT_NO_BOUNDARY |
        (doubt_set)1 << DOUBT_CONTAINER | (doubt_set)1 << DOUBT_NO_DELIMITER |
        (doubt_set)1 << DOUBT_AGAIN | (doubt_set)1 << DOUBT_NESTED | (doubt_set)1 << DOUBT_PREFIX;

    for (size_t i = 0; i < outline->count; i++) {
        const struct outline_part *part = &outline->parts[i];

        if ((part->doubts & anywhere) != 0 ||
            (part->kind != OUTLINE_LEAF && (part->doubts & in_multipart) != 0))
            return true;
    }
    return false;
}
