/* compose: see compose.h. */
#include "filters/eval/compose.h"

#include "filters/eval/facts_header.h"

/* --- what stays where it is ---------------------------------------------------------------------
 */

static bool stands_in(const struct header_text *text, struct slice s)
{
    uintptr_t from = (uintptr_t)text->text, at = (uintptr_t)s.ptr;

    return s.len > 0 && at >= from && at + s.len <= from + text->len;
}

/* A text looked through for the captures at the front of the match, one behind the other, and for
 * those at its end. */
struct finder {
    const struct text *text;
    struct stay stay;
    bool front_over;
    size_t run_end; /* of captures up to the last part seen; SLICE_NOT_FOUND: that is none */
};

/* For text_each. */
static void find_stay(void *ctx, const struct text_part *part, struct slice value)
{
    struct finder *f = ctx;
    size_t number = (size_t)(part - f->text->parts), at = SLICE_NOT_FOUND;

    if (value.len == 0)
        return;
    if (part->kind == TEXT_CAPTURE && stands_in(f->stay.own, value))
        at = (size_t)(value.ptr - f->stay.own->text);
    f->front_over = f->front_over || at != f->stay.from;
    if (!f->front_over) {
        f->stay.from += value.len;
        f->stay.front = number + 1;
    }
    if (at == SLICE_NOT_FOUND || at != f->run_end) {
        f->stay.to = at;
        f->stay.back = number;
    }
    f->run_end = at != SLICE_NOT_FOUND ? at + value.len : at;
}

struct stay compose_stay(const struct text *text, const struct text_values *values,
                         const struct header_text *own, size_t start, size_t end)
{
    struct finder f = {
        .text = text, .stay = {.own = own, .from = start}, .run_end = SLICE_NOT_FOUND};

    text_each(text, values, find_stay, &f);
    if (f.run_end != end || f.stay.to < f.stay.from) {
        f.stay.to = end;
        f.stay.back = text->count;
    }
    if (header_text_same_span(own, f.stay.from, f.stay.to))
        return f.stay;
    return (struct stay){.own = own, .back = text->count, .from = start, .to = end};
}

bool compose_changes(const struct text *text, const struct stay *stay)
{
    return stay->from < stay->to || (stay->front < stay->back && stay->front < text->count);
}

/* --- where in a list ----------------------------------------------------------------------------
 */

/* A place in the operator's own words. */
struct spot {
    bool quoting;
    size_t comments; /* open */
};

/* Goes over ${c}; whether it is structure. */
static bool passes(struct spot *spot, char c)
{
    if (c == '"' && spot->comments == 0)
        spot->quoting = !spot->quoting;
    else if (c == '(' && !spot->quoting)
        spot->comments++;
    else if (c == ')' && spot->comments > 0)
        spot->comments--;
    else
        return !spot->quoting && spot->comments == 0 && strchr("<>,;:", c) != NULL;
    return false;
}

/* Goes over all of ${literal}. The first byte of structure in it, or NUL. */
static char pass_over(struct spot *spot, struct slice literal)
{
    char first = '\0';

    for (size_t i = 0; i < literal.len; i++) {
        if (literal.ptr[i] == '\\')
            i++;
        else if (passes(spot, literal.ptr[i]) && first == '\0')
            first = literal.ptr[i];
    }
    return first;
}

/* Whether the value of that part of ${text} stands where a list of addresses has a name: in a
 * comment, or before "<" or ":". */
static bool names_somebody(const struct text *text, size_t number)
{
    struct spot spot = {.quoting = false};
    char structure = '\0';

    for (size_t i = 0; i < number; i++)
        (void)pass_over(&spot, text->parts[i].literal);
    if (spot.comments > 0)
        return true;
    for (size_t i = number + 1; i < text->count && structure == '\0'; i++)
        structure = pass_over(&spot, text->parts[i].literal);
    return structure == '<' || structure == ':';
}

/* --- composing ----------------------------------------------------------------------------------
 */

/* A text of the rule being put together for a field. */
struct composer {
    struct making *x;
    const struct text *text;
    struct header_text *out;
    size_t room; /* for what is cut */
    bool addresses;
    const struct stay *stay; /* NULL: nothing does */
};

/* A capture of the condition, out of ${field}, where it begins at ${start}. */
static void add_of_field(struct composer *c, const struct field *field, size_t start, size_t len,
                         bool name)
{
    struct header_text source;

    if (header_text_decode(&source, field, false, &c->x->scratch) != 0)
        c->out->incomplete = true;
    else
        header_text_add_capture(c->out, &source,
                                slice_first(slice_from(header_text_slice(&source), start), len),
                                false, name);
}

/* A capture of the condition for a list of addresses: what it says in its field as a name does not
 * become structure here, and nothing does where a name stands. It is not cut: it could end within
 * an address. The same goes for a field, and for what was matched in one; what was matched in
 * another fact is a name. */
static void add_capture(struct composer *c, size_t number, struct slice value)
{
    bool name = names_somebody(c->text, number);
    size_t start;
    const struct field *field = facts_header_origin(c->x->e, value, &start);

    if (field != NULL)
        add_of_field(c, field, start, value.len, name);
    else if (name || c->text->parts[number].kind == TEXT_MATCHED)
        header_text_add_name(c->out, value);
    else
        header_text_add(c->out, value);
}

static bool may_be_list(enum text_part_kind kind)
{
    return kind == TEXT_CAPTURE || kind == TEXT_HEADER || kind == TEXT_MATCHED;
}

/* A value that is not the field's own. */
static void add_cut(struct composer *c, const struct text_part *part, struct slice value)
{
    value = text_cut(part, value, c->room);
    c->room -= value.len;
    if (part->kind == TEXT_FIELD)
        header_text_add_name(c->out, value);
    else
        header_text_add(c->out, value);
}

/* For text_each. */
static void add_value(void *ctx, const struct text_part *part, struct slice value)
{
    struct composer *c = ctx;
    const struct stay *stay = c->stay;
    size_t number = (size_t)(part - c->text->parts);

    if (stay != NULL && (number < stay->front || number >= stay->back))
        return;
    if (stay != NULL && part->kind == TEXT_CAPTURE && stands_in(stay->own, value))
        header_text_add_capture(c->out, stay->own, value, true, false);
    else if (may_be_list(part->kind) && c->addresses)
        add_capture(c, number, value);
    else
        add_cut(c, part, value);
}

void compose(struct making *x, const struct text *text, const struct text_values *values,
             bool addresses, const struct stay *stay, struct header_text *out)
{
    struct composer composer = {.x = x,
                                .text = text,
                                .out = out,
                                .room = TEXT_EXPANDED_MAX,
                                .addresses = addresses,
                                .stay = stay};

    text_each(text, values, add_value, &composer);
    out->incomplete = out->incomplete || x->source.failed;
}
