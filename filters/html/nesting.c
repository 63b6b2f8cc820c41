/* nesting: see nesting.h. */
#include "filters/html/nesting.h"

#define NOWHERE SIZE_MAX

static uint32_t hash_of(struct slice name)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)ascii_lower(name.ptr[i])) * 16777619U;
    return hash;
}

void nesting_init(struct nesting *nesting)
{
    const struct element *none = element_find(SLICE_NONE);

    memset(nesting, 0, sizeof(*nesting));
    nesting->frames[0] =
        (struct nesting_frame){.element = none, .plain = style_root(), .full = style_root()};
    nesting->depth = nesting->floor = 1;
}

const struct nesting_frame *nesting_top(const struct nesting *nesting)
{
    return &nesting->frames[nesting->depth - 1];
}

/* --- closing -------------------------------------------------------------------------------- */

static void pop(struct nesting *nesting)
{
    nesting->depth--;
    nesting->open[nesting->frames[nesting->depth].hash % NESTING_BUCKETS]--;
}

void nesting_cut(struct nesting *nesting, size_t depth)
{
    while (nesting->depth > depth && nesting->depth > nesting->floor)
        pop(nesting);
}

static bool has(const struct nesting_frame *frame, unsigned bits)
{
    return (frame->element->bits & bits) != 0;
}

static bool is(const struct nesting_frame *frame, enum element_id id)
{
    return frame->element->id == id;
}

/* The innermost frame for which ${wanted} holds, not below one for which ${stops} does; NOWHERE if
 * there is none. */
static size_t find(struct nesting *nesting, const void *ctx,
                   bool (*wanted)(const struct nesting_frame *frame, const void *ctx),
                   bool (*stops)(const struct nesting_frame *frame, const void *ctx))
{
    for (size_t at = nesting->depth; at > nesting->floor; at--) {
        const struct nesting_frame *frame = &nesting->frames[at - 1];

        nesting->steps++;
        if (wanted(frame, ctx))
            return at - 1;
        if (stops(frame, ctx))
            break;
    }
    return NOWHERE;
}

/* Closes the frame ${at} and all in it, if it is one. */
static void close_at(struct nesting *nesting, size_t at)
{
    if (at != NOWHERE)
        nesting_cut(nesting, at);
}

static bool same_style(const struct style *a, const struct style *b)
{
    return a->colour == b->colour && a->ground == b->ground && a->size == b->size &&
           a->gone == b->gone && a->unseen == b->unseen && a->far == b->far &&
           a->mso_hidden == b->mso_hidden && a->pre == b->pre;
}

/* Takes the frame ${at} out from below others, which stay. What it did to them it does no more. */
static void take_out(struct nesting *nesting, size_t at)
{
    const struct nesting_frame *outer = &nesting->frames[at - 1];
    bool changes = !same_style(&nesting->frames[at].plain, &outer->plain) ||
                   !same_style(&nesting->frames[at].full, &outer->full);

    nesting->open[nesting->frames[at].hash % NESTING_BUCKETS]--;
    nesting->depth--;
    for (size_t i = at; i < nesting->depth; i++) {
        nesting->steps++;
        nesting->frames[i] = nesting->frames[i + 1];
        if (!changes)
            continue;
        nesting->frames[i].plain = outer->plain;
        nesting->frames[i].full = outer->full;
    }
}

/* --- where end tags reach ------------------------------------------------------------------- */

struct wanted {
    const struct element *element;
    uint32_t hash;
};

static bool is_same(const struct nesting_frame *frame, const void *ctx)
{
    const struct wanted *wanted = ctx;

    return frame->hash == wanted->hash && frame->element == wanted->element;
}

static bool has_id(const struct nesting_frame *frame, const void *ctx)
{
    return frame->element->id == *(const enum element_id *)ctx;
}

/* "Has an element in scope", "in button scope", "in table scope"; "any other end tag". */
static bool stops_scope(const struct nesting_frame *frame, const void *ctx)
{
    (void)ctx;
    return has(frame, ELEMENT_SCOPE);
}

static bool stops_button(const struct nesting_frame *frame, const void *ctx)
{
    (void)ctx;
    return has(frame, ELEMENT_SCOPE) || is(frame, ELEMENT_BUTTON);
}

static bool stops_table(const struct nesting_frame *frame, const void *ctx)
{
    (void)ctx;
    return is(frame, ELEMENT_TABLE_ITSELF) || is(frame, ELEMENT_HTML) || has(frame, ELEMENT_HIDDEN);
}

static bool stops_special(const struct nesting_frame *frame, const void *ctx)
{
    (void)ctx;
    return has(frame, ELEMENT_SPECIAL);
}

/* Of li and dd: blocks stop, but those that may stand around it in a list's item. */
static bool stops_item(const struct nesting_frame *frame, const void *ctx)
{
    (void)ctx;
    return has(frame, ELEMENT_SPECIAL) && !is(frame, ELEMENT_P) &&
           !slice_equal(frame->element->name, SLICE("div")) &&
           !slice_equal(frame->element->name, SLICE("address"));
}

static bool close_found(struct nesting *nesting, const struct element *element, size_t at)
{
    bool lines;

    if (at == NOWHERE)
        return false;
    lines = nesting->frames[at].lines;
    if ((element->bits & ELEMENT_FORMAT) != 0 && at + 1 < nesting->depth)
        take_out(nesting, at);
    else
        nesting_cut(nesting, at);
    return lines;
}

bool nesting_close(struct nesting *nesting, const struct element *element, struct slice name)
{
    struct wanted wanted = {element, hash_of(name)};
    unsigned bits = element->bits;
    bool in_table = (bits & ELEMENT_TABLE) != 0 || element->id == ELEMENT_TD;

    if (nesting->beyond > 0) {
        nesting->beyond--;
        return false;
    }
    if (nesting->open[wanted.hash % NESTING_BUCKETS] == 0 || element->id == ELEMENT_HTML ||
        element->id == ELEMENT_BODY)
        return false;
    return close_found(nesting, element,
                       find(nesting, &wanted, is_same,
                            in_table                        ? stops_table
                            : (bits & ELEMENT_SPECIAL) != 0 ? stops_scope
                            : (bits & ELEMENT_FORMAT) != 0  ? stops_scope
                                                            : stops_special));
}

/* --- what start tags close ------------------------------------------------------------------ */

static size_t innermost(struct nesting *nesting, enum element_id id,
                        bool (*stops)(const struct nesting_frame *frame, const void *ctx))
{
    return find(nesting, &id, has_id, stops);
}

/* A part of a table closes what is open in the table, up to what it can stand in. */
static void before_part(struct nesting *nesting, enum element_id id)
{
    size_t table = innermost(nesting, ELEMENT_TABLE_ITSELF, stops_table);
    size_t keep = table;

    if (table == NOWHERE)
        return;
    for (size_t at = table + 1; at < nesting->depth; at++) {
        const struct nesting_frame *frame = &nesting->frames[at];
        bool body = is(frame, ELEMENT_TBODY) && id != ELEMENT_TBODY;
        bool row = is(frame, ELEMENT_TR) && id == ELEMENT_TD;

        if (!body && !row)
            break;
        keep = at;
    }
    nesting_cut(nesting, keep + 1);
}

/* svg and math are over. */
static void leave_foreign(struct nesting *nesting)
{
    while (nesting->depth > nesting->floor && nesting_top(nesting)->foreign)
        pop(nesting);
}

static void before_item(struct nesting *nesting, const struct element *element)
{
    if (element->id == ELEMENT_LI || element->id == ELEMENT_DD)
        close_at(nesting, innermost(nesting, element->id, stops_item));
    else if (element->id == ELEMENT_OPTION && is(nesting_top(nesting), ELEMENT_OPTION))
        nesting_cut(nesting, nesting->depth - 1);
    else if (element->id == ELEMENT_BUTTON)
        close_at(nesting, innermost(nesting, element->id, stops_scope));
    else if (element->id == ELEMENT_A) {
        size_t at = innermost(nesting, element->id, stops_scope);

        (void)close_found(nesting, element, at); /* a line does not end there */
    } else if (element->id == ELEMENT_TD || element->id == ELEMENT_TR ||
               element->id == ELEMENT_TBODY)
        before_part(nesting, element->id);
    else if (element->id == ELEMENT_TABLE_ITSELF && has(nesting_top(nesting), ELEMENT_TABLE))
        close_at(nesting, innermost(nesting, element->id, stops_table));
}

void nesting_before(struct nesting *nesting, const struct element *element)
{
    if (nesting->beyond > 0)
        return;
    if ((element->bits & ELEMENT_ESCAPES) != 0 && nesting_top(nesting)->foreign)
        leave_foreign(nesting);
    before_item(nesting, element);
    if ((element->bits & ELEMENT_ENDS_P) != 0)
        close_at(nesting, innermost(nesting, ELEMENT_P, stops_button));
    if ((element->bits & ELEMENT_HEADING) != 0 && has(nesting_top(nesting), ELEMENT_HEADING))
        nesting_cut(nesting, nesting->depth - 1);
}

/* --- opening -------------------------------------------------------------------------------- */

const struct nesting_frame *nesting_home(struct nesting *nesting)
{
    size_t table;

    if (!has(nesting_top(nesting), ELEMENT_TABLE))
        return nesting_top(nesting);
    table = innermost(nesting, ELEMENT_TABLE_ITSELF, stops_table);
    return table == NOWHERE ? nesting_top(nesting) : &nesting->frames[table - 1];
}

/* Whether it stands directly in a table. */
static bool in_table(const struct element *element)
{
    return (element->bits & ELEMENT_TABLE) != 0 || element->id == ELEMENT_TD ||
           slice_equal(element->name, SLICE("caption"));
}

static bool is_lines(const struct element *element, const struct style *style)
{
    if (style->inner_lines || style->inner_inline)
        return style->inner_lines;
    return (element->bits & ELEMENT_BLOCK) != 0;
}

/* A part of a table that is in none: browsers do not look at its tag. */
static bool is_stray(struct nesting *nesting, const struct element *element)
{
    return in_table(element) && element->id != ELEMENT_TABLE_ITSELF &&
           innermost(nesting, ELEMENT_TABLE_ITSELF, stops_table) == NOWHERE;
}

bool nesting_open(struct nesting *nesting, const struct element *element, struct slice name,
                  const struct style_declared *plain, const struct style_declared *full)
{
    const struct nesting_frame *outer =
        in_table(element) ? nesting_top(nesting) : nesting_home(nesting);
    struct nesting_frame *frame = &nesting->frames[nesting->depth];

    if ((element->bits & ELEMENT_VOID) != 0 || is_stray(nesting, element))
        return false;
    if (nesting->depth == NESTING_MAX || nesting->beyond > 0) {
        nesting->beyond++;
        nesting->lost = true;
        return false;
    }
    *frame = (struct nesting_frame){
        .element = element,
        .hash = hash_of(name),
        .foreign = element->id == ELEMENT_SVG ||
                   (outer->foreign && (element->bits & ELEMENT_RETURNS) == 0),
        .neither = outer->neither || (element->bits & ELEMENT_NEITHER) != 0,
        .plain = style_inside(&outer->plain, plain),
        .full = style_inside(&outer->full, full),
    };
    frame->lines = nesting_is_there(frame) && is_lines(element, &frame->full);
    nesting->open[frame->hash % NESTING_BUCKETS]++;
    nesting->depth++;
    return true;
}
