/* revised: see revised.h.
 *
 * Edits never change how many parts stand in one that they leave: so both messages are gone through
 * part by part, in step, and one that is removed is a text where it stood.
 */
#include "proxy/explain/revised.h"

#include "filters/base/utf8.h"
#include "proxy/explain/view_text.h"

#define DESCRIPTION_BYTES_MAX 65536
#define LEAD                  60 /* bytes of a long line shown before what changed */

/* One of the two, and how far it was gone through. */
struct side {
    const struct content *content;
    size_t count, at; /* without what only other readings have, which stands behind */
};

struct comparing {
    struct side before, after;
    struct revised *revised;
    struct arena *arena;
};

/* --- parts ------------------------------------------------------------------------------------ */

static struct side side_of(const struct content *content)
{
    struct side side = {.content = content};

    while (side.count < content->part_count && !content->parts[side.count].other)
        side.count++;
    return side;
}

static const struct content_part *part_at(const struct side *side)
{
    return &side->content->parts[side->at];
}

/* Past that part and all that is in it. */
static size_t subtree_end(const struct side *side)
{
    size_t end = side->at + 1;

    while (end < side->count && side->content->parts[end].depth > part_at(side)->depth)
        end++;
    return end;
}

static size_t count_children(const struct side *side)
{
    size_t count = 0, end = subtree_end(side);

    for (size_t i = side->at + 1; i < end; i++)
        count += side->content->parts[i].parent == side->at;
    return count;
}

/* Its text: of HTML as written. NULL: it has none. */
static const struct content_value *text_of(const struct side *side)
{
    const struct content_values *values = &side->content->values[CONTENT_BODY];

    for (size_t i = 0; i < values->count; i++)
        if (values->items[i].part == side->at &&
            (values->items[i].view == CONTENT_PLAIN || values->items[i].view == CONTENT_SOURCE))
            return &values->items[i];
    return NULL;
}

/* What the part is, on a line. ptr NULL: memory is out. */
static struct slice describe(const struct side *side, struct arena *arena)
{
    struct slice text, copy = SLICE_NONE;
    struct bytes out;

    bytes_init(&out, DESCRIPTION_BYTES_MAX);
    view_text_part(side->content, side->at, &out);
    if (bytes_take(&out, &text) == 0)
        copy = arena_copy(arena, text);
    else
        arena_fail(arena);
    bytes_fini(&out);
    return copy;
}

/* --- lines ------------------------------------------------------------------------------------ */

static size_t common(struct slice a, struct slice b)
{
    size_t count = 0;

    while (count < a.len && count < b.len && a.ptr[count] == b.ptr[count])
        count++;
    return count;
}

/* The part of a long line where ${at} stands, with dots for what is left out. */
static int shorten(struct slice *line, size_t at, struct arena *arena)
{
    size_t from = at > LEAD ? utf8_cut(*line, at - LEAD).len : 0;
    struct slice shown = utf8_cut(slice_from(*line, from), REVISED_LINE_MAX);
    struct bytes out;
    struct slice text, copy = SLICE_NONE;

    if (line->len <= REVISED_LINE_MAX)
        return 0;
    bytes_init(&out, REVISED_LINE_MAX + 6);
    bytes_append(&out, from > 0 ? SLICE("...") : SLICE(""));
    bytes_append(&out, shown);
    bytes_append(&out, from + shown.len < line->len ? SLICE("...") : SLICE(""));
    if (bytes_take(&out, &text) == 0)
        copy = arena_copy(arena, text);
    bytes_fini(&out);
    *line = copy;
    return copy.ptr != NULL ? 0 : -1;
}

/* Those that went from ${i} on, and as many that came in their place. Returns the next line. */
static size_t shorten_block(struct diff_line *lines, size_t count, size_t i, struct arena *arena)
{
    size_t went = 0, came = 0;

    while (i + went < count && lines[i + went].mark == '-')
        went++;
    while (i + went + came < count && lines[i + went + came].mark == '+')
        came++;
    for (size_t k = 0; k < went || k < came; k++) {
        struct slice *old = k < went ? &lines[i + k].text : NULL;
        struct slice *new = k < came ? &lines[i + went + k].text : NULL;
        size_t at = old != NULL && new != NULL ? common(*old, *new) : 0;

        if ((old != NULL && shorten(old, at, arena) != 0) ||
            (new != NULL &&shorten(new, at, arena) != 0))
            return count;
    }
    return i + went + came;
}

/* Where memory is out, the arena knows. */
static void shorten_all(struct diff_line *lines, size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count;)
        if (lines[i].mark == '-' || lines[i].mark == '+')
            i = shorten_block(lines, count, i, arena);
        else if (shorten(&lines[i].text, 0, arena) == 0)
            i++;
        else
            return;
}

/* --- what differs ----------------------------------------------------------------------------- */

/* Whether it is still that part, with another text. */
static bool is_kept(const struct comparing *c)
{
    const struct content_part *before = part_at(&c->before), *after = part_at(&c->after);

    return slice_equal(before->header, after->header) && slice_equal(before->type, after->type) &&
           before->attachment == after->attachment;
}

static int compare_texts(const struct comparing *c, struct revised_part *out)
{
    const struct content_value *old = is_kept(c) ? text_of(&c->before) : NULL;
    const struct content_value *new = text_of(&c->after);
    struct diff *diff = &out->text.diff;

    if (body_diff_make(&out->text, old != NULL ? old->text : out->before,
                       new != NULL ? new->text : out->after, c->arena) != 0)
        return -1;
    shorten_all(diff->lines, diff->count, c->arena);
    return arena_failed(c->arena) ? -1 : 0;
}

static int add(struct comparing *c)
{
    struct revised_part *out;

    if (c->revised->count == REVISED_PARTS_MAX) {
        c->revised->left_out++;
        return 0;
    }
    out = &c->revised->parts[c->revised->count++];
    *out = (struct revised_part){.part = c->before.at + 1,
                                 .before = describe(&c->before, c->arena),
                                 .after = describe(&c->after, c->arena)};
    if (out->before.ptr == NULL || out->after.ptr == NULL)
        return -1;
    return compare_texts(c, out);
}

static bool is_untouched(const struct comparing *c)
{
    const struct content_part *before = part_at(&c->before), *after = part_at(&c->after);

    return slice_equal(before->body, after->body) && is_kept(c);
}

int revised_compare(const struct content *before, const struct content *after,
                    struct revised *revised, struct arena *arena)
{
    struct comparing c = {side_of(before), side_of(after), revised, arena};

    *revised =
        (struct revised){.parts = arena_alloc(arena, REVISED_PARTS_MAX * sizeof(*revised->parts))};
    if (revised->parts == NULL)
        return -1;
    while (c.before.at < c.before.count && c.after.at < c.after.count) {
        size_t children = count_children(&c.before);

        if (!is_untouched(&c) && children > 0 && children == count_children(&c.after)) {
            c.before.at++;
            c.after.at++;
            continue;
        }
        if (!is_untouched(&c) && add(&c) != 0)
            return -1;
        c.before.at = subtree_end(&c.before);
        c.after.at = subtree_end(&c.after);
    }
    return 0;
}
