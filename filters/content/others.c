/* others: see others.h. Both lists are in the order of the message, so that they are compared by
 * going through them side by side. */
#include "filters/content/others.h"

#include "filters/content/leaf.h"
#include "filters/mime/mime.h"

#define PARTS_SPARE 64 /* that only GMime may find, beside as many as there are */

struct others {
    struct builder *b;
    const struct outline_source *source;
    struct others_known *known;
    size_t count;
    uint32_t *numbers; /* of GMime's parts, in the content */
};

static enum outline_kind kind_of(const struct mime_part *part)
{
    switch (part->kind) {
    case MIME_LEAF: return OUTLINE_LEAF;
    case MIME_MULTIPART: return OUTLINE_MULTIPART;
    case MIME_MESSAGE: return OUTLINE_MESSAGE;
    }
    return OUTLINE_LEAF;
}

/* Whether a part may end at ${a} and at ${b}: a line end more or less is no other part. */
static bool same_end(struct slice text, size_t a, size_t b)
{
    size_t low = a < b ? a : b, high = a < b ? b : a;

    if (high > text.len || high - low > 2)
        return false;
    for (; low < high; low++)
        if (!ascii_is_space(text.ptr[low]))
            return false;
    return true;
}

/* An encoded container is a leaf to GMime, and of a container it tells no end. */
static bool same_part(struct slice text, const struct outline_part *ours,
                      const struct mime_part *part)
{
    bool leaf = part->kind == MIME_LEAF;

    if (ours->body_start != part->content_start)
        return false;
    if (leaf != (ours->kind == OUTLINE_LEAF || ours->kind == OUTLINE_ENCODED))
        return false;
    return leaf ? same_end(text, ours->body_end, part->content_end) : ours->kind == kind_of(part);
}

static const struct outline_part *find(struct slice text, struct others_known *known,
                                       const struct mime_part *part, uint32_t *number)
{
    const struct outline *outline = &known->outline;

    while (known->at < outline->count && outline->parts[known->at].body_start < part->content_start)
        known->at++;
    for (size_t i = known->at;
         i < outline->count && outline->parts[i].body_start == part->content_start; i++)
        if (same_part(text, &outline->parts[i], part)) {
            *number = known->numbers[i];
            return &outline->parts[i];
        }
    return NULL;
}

/* --- what only GMime says --------------------------------------------------------------------- */

static bool is_listed(const struct declared_text *list, struct slice text)
{
    for (; list != NULL; list = list->next)
        if (slice_equal(list->text, text))
            return true;
    return false;
}

static void add(struct others *o, enum content_fact fact, uint32_t number, struct slice text)
{
    builder_value(o->b, fact,
                  (struct content_value){.text = text, .part = number, .view = CONTENT_OTHER});
}

static void take_name(struct others *o, uint32_t number, const struct outline_part *ours,
                      struct slice name)
{
    if (name.ptr != NULL && !is_listed(ours->declared.names, name))
        add(o, CONTENT_ATTACHMENT, number, name);
}

/* A part that the outline has as well. */
static void compare(struct others *o, uint32_t number, const struct outline_part *ours,
                    const struct mime_part *part)
{
    take_name(o, number, ours, part->name);
    take_name(o, number, ours, part->filename);
    if (part->kind != MIME_LEAF || is_listed(ours->declared.types, part->type))
        return;
    builder_doubts(o->b, doubt_bit(DOUBT_READERS), number);
    add(o, CONTENT_ATTACHMENT_TYPE, number, part->type);
}

static struct declared_text *one(struct others *o, struct slice text, struct declared_text *next)
{
    struct declared_text *added;

    if (text.ptr == NULL)
        return next;
    added = arena_alloc(&o->b->arena, sizeof(*added));
    if (added == NULL) {
        (void)builder_fail(o->b, CONTENT_MEMORY); /* b->result says it */
        return next;
    }
    *added = (struct declared_text){.next = next, .text = text};
    return added;
}

/* The part as the outline would have it. */
static struct outline_part as_outline(struct others *o, const struct mime_part *part)
{
    return (struct outline_part){
        .kind = kind_of(part),
        .header_start = part->header_start,
        .body_start = part->content_start,
        .body_end = part->content_end,
        .first_line = part->content_end,
        .epilogue = part->content_end,
        .type = part->type,
        .declared = {.types = one(o, part->type, NULL),
                     .charsets = one(o, part->charset, NULL),
                     .names = one(o, part->filename, one(o, part->name, NULL)),
                     .encodings = 1U << part->encoding,
                     .encoding = part->encoding,
                     .attachment = slice_starts(part->disposition, SLICE("attachment"))},
    };
}

static uint32_t take_part(struct others *o, const struct mime_part *part)
{
    struct outline_part from = as_outline(o, part);
    const char *text = o->source->text.ptr;
    uint32_t number;
    struct content_part *added = builder_part(o->b, &number);

    if (added == NULL)
        return CONTENT_NO_PART;
    *added = (struct content_part){
        .parent = part->parent == CONTENT_NO_PART ? CONTENT_NO_PART : o->numbers[part->parent],
        .depth = part->depth,
        .header = slice_make(text + from.header_start, from.body_start - from.header_start),
        .body = slice_make(text + from.body_start, from.body_end - from.body_start),
        .type = from.type,
        .encoding = part->encoding,
        .other = true,
    };
    leaf_take(o->b, number, &from);
    builder_doubts(o->b, doubt_bit(DOUBT_READERS), number);
    return number;
}

static bool fits(const struct others *o, const struct mime_part *part)
{
    return part->header_start <= part->content_start && part->content_start <= part->content_end &&
           part->content_end <= o->source->text.len;
}

static void take_mime(struct others *o, const struct mime *mime)
{
    size_t found = 0;

    for (size_t i = 0; i < mime->part_count && o->b->result == CONTENT_READ; i++) {
        const struct mime_part *part = &mime->parts[i];
        const struct outline_part *ours = NULL;
        uint32_t number = CONTENT_NO_PART;

        for (size_t k = 0; k < o->count && ours == NULL; k++) {
            ours = find(o->source->text, &o->known[k], part, &number);
            found += k == 0 && ours != NULL;
        }
        if (ours != NULL)
            compare(o, number, ours, part);
        else if (fits(o, part))
            number = take_part(o, part);
        o->numbers[i] = number;
    }
    if (found != o->known[0].outline.count && o->b->result == CONTENT_READ)
        builder_doubts(o->b, doubt_bit(DOUBT_READERS), o->known[0].numbers[0]);
}

static bool is_doubted(const struct others *o, uint32_t number)
{
    const struct content_doubt *doubts = o->b->doubts.items;

    for (size_t i = 0; i < o->b->doubts.count; i++)
        if (doubts[i].part == number)
            return true;
    return false;
}

/* Where a part is in doubt already, another word for it says nothing. */
static void take_doubt(struct others *o, const struct content_doubt *doubt)
{
    uint32_t number =
        doubt->part != CONTENT_NO_PART ? o->numbers[doubt->part] : o->known[0].numbers[0];

    if (!is_doubted(o, number))
        builder_doubt(o->b, doubt->why, number);
}

/* --- the reading ------------------------------------------------------------------------------ */

/* What is in the message at most, however it is read. */
static struct mime_bounds bounds_of(const struct others *o)
{
    const struct header *header = o->source->header;
    struct mime_bounds bounds = {.fields = header->count, .body_bytes = o->source->text.len};

    for (size_t i = 0; i < header->count; i++)
        bounds.header_bytes += header->fields[i].raw.len;
    bounds.parameters = bounds.header_bytes; /* the header has a limit of its own */
    for (size_t k = 0; k < o->count; k++) {
        const struct outline *outline = &o->known[k].outline;

        bounds.parts += outline->count;
        bounds.fields += outline->fields;
        bounds.parameters += outline->parameters;
        bounds.header_bytes += outline->header_bytes;
    }
    bounds.parts = 2 * bounds.parts + PARTS_SPARE;
    if (bounds.parts > o->source->parts)
        bounds.parts = o->source->parts;
    return bounds;
}

void others_take(struct builder *b, const struct outline_source *source, struct others_known *known,
                 size_t count)
{
    struct others o = {.b = b, .source = source, .known = known, .count = count};
    struct mime_bounds bounds = bounds_of(&o);
    struct mime mime;

    for (size_t k = 0; k < count; k++)
        known[k].at = 0;
    if (!builder_fail(b, mime_read(source->header, source->text, &bounds, source->depth_max,
                                   b->allowance, &b->arena, &mime)))
        return;
    o.numbers = arena_alloc(&b->arena, mime.part_count * sizeof(*o.numbers));
    if (builder_fail(b, CONTENT_READ))
        take_mime(&o, &mime);
    for (size_t i = 0; i < mime.doubt_count && b->result == CONTENT_READ; i++)
        take_doubt(&o, &mime.doubts[i]);
}
