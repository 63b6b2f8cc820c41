/* readings: see readings.h. */
#include "filters/content/readings.h"

#include "filters/content/leaf.h"
#include "filters/content/others.h"

struct readings {
    struct builder *b;
    const struct outline_source *source;
    uint32_t parent;
    struct others_known taken[OUTLINE_READINGS];
    size_t count; /* of readings */
    bool other;   /* nobody's first one, or not in the message itself */
};

static bool same_part(const struct outline_part *a, const struct outline_part *b)
{
    return a->header_start == b->header_start && a->body_start == b->body_start &&
           a->body_end == b->body_end && a->kind == b->kind && slice_equal(a->type, b->type);
}

/* The number of the part that ${taken} has where ${part} is, if it is the same. Asked in order of
 * the text. */
static uint32_t find_same(struct others_known *taken, const struct outline_part *part)
{
    const struct outline *outline = &taken->outline;

    while (taken->at < outline->count &&
           outline->parts[taken->at].header_start < part->header_start)
        taken->at++;
    for (size_t i = taken->at; i < outline->count; i++) {
        if (outline->parts[i].header_start != part->header_start)
            break;
        if (same_part(&outline->parts[i], part))
            return taken->numbers[i];
    }
    return CONTENT_NO_PART;
}

static struct slice piece(struct slice text, size_t start, size_t end)
{
    return slice_make(text.ptr + start, end - start);
}

static void take_part(struct readings *r, struct others_known *taken, size_t i)
{
    const struct outline_part *from = &taken->outline.parts[i];
    struct slice text = r->source->text;
    uint32_t number;
    struct content_part *part = builder_part(r->b, &number);

    if (part == NULL)
        return;
    taken->numbers[i] = number;
    builder_doubts(r->b, from->doubts, number);
    *part = (struct content_part){
        .parent = from->parent == CONTENT_NO_PART ? r->parent : taken->numbers[from->parent],
        .depth = from->depth,
        .body = piece(text, from->body_start, from->body_end),
        .header = SLICE(""),
        .type = from->type,
        .encoding = from->declared.encoding,
        .attachment = from->declared.attachment,
        .other = r->other || r->count > 0,
    };
    if (from->body_start > from->header_start)
        part->header = piece(text, from->header_start, from->body_start);
    leaf_take(r->b, number, from);
}

static bool take_reading(struct readings *r, enum outline_reading reading)
{
    struct others_known *taken = &r->taken[r->count];
    struct parameter_means means = builder_means(r->b);
    const struct outline *outline = &taken->outline;

    if (!builder_fail(r->b, outline_read(r->source, reading, &means, &taken->outline)))
        return false;
    taken->numbers = arena_alloc(&r->b->arena, outline->count * sizeof(*taken->numbers));
    for (size_t k = 0; k < r->count; k++)
        r->taken[k].at = 0;
    for (size_t i = 0; i < outline->count && builder_fail(r->b, CONTENT_READ); i++) {
        uint32_t same = CONTENT_NO_PART;

        for (size_t k = 0; k < r->count && same == CONTENT_NO_PART; k++)
            same = find_same(&r->taken[k], &outline->parts[i]);
        taken->numbers[i] = same;
        if (same == CONTENT_NO_PART)
            take_part(r, taken, i);
    }
    r->count++;
    return builder_fail(r->b, CONTENT_READ);
}

/* GMime reads the message itself: what is decoded it does not open. */
bool readings_take(struct builder *b, const struct outline_source *source, uint32_t parent,
                   bool other)
{
    struct readings r = {.b = b, .source = source, .parent = parent, .other = other};

    if (!take_reading(&r, OUTLINE_FIRST))
        return false;
    for (enum outline_reading reading = OUTLINE_LAST;
         reading < OUTLINE_READINGS && outline_differs(&r.taken[0].outline); reading++)
        if (!take_reading(&r, reading))
            return false;
    if (!other)
        others_take(b, source, r.taken, r.count);
    return builder_fail(b, CONTENT_READ);
}
