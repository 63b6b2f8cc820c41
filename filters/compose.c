/* compose: see compose.h. */
#include "filters/compose.h"

#include "filters/base/utf8.h"
#include "filters/facts_header.h"

/* A text of the rule being put together for a field. */
struct composer {
    struct effects *x;
    struct header_text *out;
    size_t limit; /* of its length */
    bool addresses;
    const struct header_text *own; /* captures that stand in it are kept; NULL: no text does */
};

static bool stands_in(const struct header_text *text, struct slice s)
{
    uintptr_t from = (uintptr_t)text->text, at = (uintptr_t)s.ptr;

    return s.len > 0 && at >= from && at + s.len <= from + text->len;
}

/* A capture of the condition: what it says in its field as a name does not become structure here.
 */
static void add_capture(struct composer *c, struct slice value)
{
    size_t start;
    const struct field *field = facts_header_origin(c->x->e, value, &start);
    struct header_text source;

    if (!c->addresses || field == NULL) {
        header_text_add(c->out, value);
        return;
    }
    if (header_text_decode(&source, field, &c->x->scratch) != 0)
        c->out->incomplete = true;
    else
        header_text_add_capture(
            c->out, &source, slice_first(slice_from(header_text_slice(&source), start), value.len),
            false);
}

/* For text_each. */
static void add_value(void *ctx, const struct text_part *part, struct slice value)
{
    struct composer *c = ctx;

    value = utf8_cut(value, c->out->len < c->limit ? c->limit - c->out->len : 0);
    if (part->kind == TEXT_FIELD)
        header_text_add_name(c->out, value);
    else if (part->kind != TEXT_CAPTURE)
        header_text_add(c->out, value);
    else if (c->own != NULL && stands_in(c->own, value))
        header_text_add_capture(c->out, c->own, value, true);
    else
        add_capture(c, value);
}

void compose(struct effects *x, const struct text *text, const struct text_values *values,
             bool addresses, const struct header_text *own, struct header_text *out)
{
    struct composer composer = {.x = x,
                                .out = out,
                                .limit = out->len + TEXT_EXPANDED_MAX,
                                .addresses = addresses,
                                .own = own};

    text_each(text, values, add_value, &composer);
    out->incomplete = out->incomplete || x->source.failed;
}
