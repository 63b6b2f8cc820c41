/* effects_header: see effects_header.h. */
#include "filters/eval/effects_header.h"

#include "filters/eval/compose.h"
#include "filters/match/wildcard.h"

#define GROWTH_MAX 262144 /* bytes that `replace` adds to a field: it is encoded in one go */

static struct arena *arena_of(struct making *x)
{
    return &x->e->work;
}

static struct slice encode(struct making *x, struct slice name, const struct header_text *text)
{
    return header_text_encode(text, name, arena_of(x));
}

/* --- whole fields ----------------------------------------------------------------------------- */

/* The value of a new field. */
static struct slice encode_new(struct making *x, struct slice name, const struct header_text *text)
{
    struct header_text trimmed;

    header_text_init(&trimmed, &x->scratch);
    header_text_add_part(&trimmed, text, slice_trim(header_text_slice(text)), false);
    return encode(x, name, &trimmed);
}

static enum making_result add(struct making *x, struct slice name, const struct header_text *text)
{
    struct slice value = encode_new(x, name, text);

    if (value.ptr == NULL)
        return MAKING_MEMORY;
    return making_add(x, (struct edit){.kind = EDIT_ADD_HEADER, .name = name, .value = value});
}

enum making_result effects_header_add(struct making *x, struct slice name, struct slice text)
{
    struct header_text whole;

    header_text_init(&whole, &x->scratch);
    header_text_add(&whole, text);
    return add(x, name, &whole);
}

static enum making_result insert(struct making *x, struct slice name,
                                 const struct header_text *text)
{
    struct slice value = encode_new(x, name, text);

    if (value.ptr == NULL)
        return MAKING_MEMORY;
    return making_add(x, (struct edit){.kind = EDIT_INSERT_HEADER,
                                       .index = (unsigned)x->inserted++,
                                       .name = name,
                                       .value = value});
}

/* Deletes the ${index}-th field of that name, which stands at ${at}. */
static enum making_result delete_at(struct making *x, struct slice name, unsigned index, size_t at)
{
    if (at < x->inserted)
        x->inserted--;
    return making_add(x, (struct edit){.kind = EDIT_DELETE_HEADER, .index = index, .name = name});
}

static enum making_result change(struct making *x, struct slice name, unsigned index,
                                 struct slice value)
{
    if (value.ptr == NULL)
        return MAKING_MEMORY;
    return making_add(
        x, (struct edit){.kind = EDIT_CHANGE_HEADER, .index = index, .name = name, .value = value});
}

static enum making_result set(struct making *x, struct slice name, const struct header_text *text)
{
    size_t first = header_find(&x->header, name, 0);
    enum making_result result;
    size_t at;

    if (first < x->header.above) {
        result = change(x, name, 1, encode_new(x, name, text));
    } else { /* below a line that is no field not every reader sees it */
        result = add(x, name, text);
        first = x->header.above - 1;
    }
    while (result == MAKING_OK &&
           (at = header_find(&x->header, name, first + 1)) != SLICE_NOT_FOUND)
        result = delete_at(x, name, 2, at);
    return result;
}

/* --- inside a field --------------------------------------------------------------------------- */

/* ${s} with one blank for each row of them; ptr NULL when memory is out. A fold may have made a tab
 * of one. */
static struct slice squeezed(struct making *x, struct slice s)
{
    char *out = arena_alloc(&x->scratch, s.len + 1);
    size_t used = 0;

    for (size_t i = 0; out != NULL && i < s.len; i++) {
        if (!ascii_is_blank(s.ptr[i]))
            out[used++] = s.ptr[i];
        else if (i == 0 || !ascii_is_blank(s.ptr[i - 1]))
            out[used++] = ' ';
    }
    return slice_make(out, used);
}

/* Whether ${value} has the text anywhere: 1 or 0, or -1 when memory is out. How blanks are written,
 * and those at its ends, do not count. */
static int is_there(struct making *x, struct slice value, struct slice text)
{
    struct slice all = squeezed(x, value), part = squeezed(x, slice_trim(text));

    if (all.ptr == NULL || part.ptr == NULL)
        return -1;
    return memmem(all.ptr, all.len, part.ptr, part.len) != NULL;
}

static void add_all(struct header_text *to, const struct header_text *from)
{
    header_text_add_part(to, from, header_text_slice(from), true);
}

/* The value of ${field} with ${text} at its front or its end. */
static struct slice put_in(struct making *x, struct slice name, const struct header_text *value,
                           const struct header_text *text, bool at_end)
{
    struct header_text *whole = arena_alloc(&x->scratch, sizeof(*whole));

    if (whole == NULL)
        return SLICE_NONE;
    header_text_init_as(whole, value);
    add_all(whole, at_end ? value : text);
    add_all(whole, at_end ? text : value);
    return encode(x, name, whole);
}

/* prepend and append. */
static enum making_result put_beside(struct making *x, struct slice name,
                                     const struct header_text *text, bool at_end)
{
    size_t at = header_find(&x->header, name, 0);
    struct header_text value;
    int there;

    if (at == SLICE_NOT_FOUND)
        return add(x, name, text);
    if (header_text_decode(&value, &x->header.fields[at], true, &x->scratch) != 0 ||
        making_charge(x, x->header.fields[at].value.len) != MAKING_OK)
        return MAKING_MEMORY;
    there = is_there(x, header_text_slice(&value), header_text_slice(text));
    if (there != 0)
        return there > 0 ? MAKING_OK : MAKING_MEMORY;
    return change(x, name, 1, put_in(x, name, &value, text, at_end));
}

/* --- one field after the other ---------------------------------------------------------------- */

/* The field is done: on to the next. ${gone}: it was deleted, and that stands in its place. */
static enum making_result next_field(struct making *x, bool gone)
{
    size_t bytes = x->place.decoded.len;

    pattern_replace_end(&x->place.replacing);
    x->place = (struct making_place){.field = gone ? x->place.field : x->place.field + 1,
                                     .index = x->place.index};
    arena_reset(&x->scratch);
    return making_charge(x, bytes);
}

/* --- replace ---------------------------------------------------------------------------------- */

struct replacer {
    struct making *x;
    const struct text *with;
    bool addresses; /* the field holds some */
};

/* The field under way from ${a} to ${b}, as it was. */
static struct slice stretch(const struct making_place *place, size_t a, size_t b)
{
    return slice_from(slice_first(place->decoded, b), a);
}

/* Adds what stands before ${end} and is not replaced. */
static void take_up_to(struct making_place *place, size_t end)
{
    header_text_add_part(place->after, place->before, stretch(place, place->taken, end), true);
}

/* For pattern_replace: the captures are those of this match. */
static int expand_match(void *ctx, const struct pattern_match *match, struct bytes *out)
{
    struct replacer *replacer = ctx;
    struct making *x = replacer->x;
    struct making_place *place = &x->place;
    struct text_values values = x->values;
    size_t start = place->decoded.len > 0 ? (size_t)(match->groups[0].ptr - place->decoded.ptr) : 0;
    size_t end = start + match->groups[0].len, added = place->after->len;
    struct stay stay;

    values.match = match;
    stay = compose_stay(replacer->with, &values, place->before, start, end);
    if (compose_changes(replacer->with, &stay)) {
        take_up_to(place, stay.from);
        added = place->after->len;
        compose(x, replacer->with, &values, replacer->addresses, &stay, place->after);
        place->taken = stay.to;
    }
    bytes_append(out, stretch(place, start, stay.from));
    bytes_append(out, slice_from(header_text_slice(place->after), added));
    bytes_append(out, stretch(place, stay.to, end));
    return place->after->incomplete ? -1 : bytes_end(out);
}

/* Takes up the field under way, unless that is done. Decoding takes time too. */
static enum making_result begin_field(struct making *x, const struct act *act)
{
    struct making_place *place = &x->place;

    if (place->looking)
        return MAKING_OK;
    place->before = arena_alloc(&x->scratch, sizeof(*place->before));
    place->after = arena_alloc(&x->scratch, sizeof(*place->after));
    if (place->before == NULL || place->after == NULL ||
        header_text_decode(place->before, &x->header.fields[place->field], true, &x->scratch) != 0)
        return MAKING_MEMORY;
    header_text_init_as(place->after, place->before);
    place->decoded = header_text_slice(place->before);
    place->looking = true;
    pattern_replace_begin(&place->replacing, act->pattern, place->decoded,
                          place->decoded.len + GROWTH_MAX);
    return MAKING_OK;
}

/* A slice of the field under way. PATTERN_YES: place->after is its new text, but for what follows
 * the last match. */
static enum making_result replace_slice(struct making *x, const struct act *act,
                                        enum pattern_result *found)
{
    struct slice name = x->header.fields[x->place.field].name;
    struct replacer replacer = {x, &act->text, header_holds_addresses(name)};
    enum making_result result = making_ready(x);

    if (result == MAKING_OK)
        result = begin_field(x, act);
    if (result != MAKING_OK)
        return result;
    *found = pattern_replace(&x->place.replacing, x->e->options.scratch, expand_match, &replacer);
    if (*found == PATTERN_LIMIT)
        return MAKING_REGEX;
    return making_charge(x, *found == PATTERN_MORE ? PATTERN_SLICE_BYTES : 0);
}

static enum making_result replace_in(struct making *x, const struct act *act)
{
    struct slice name = x->header.fields[x->place.field].name;
    struct making_place *place = &x->place;
    enum pattern_result found = PATTERN_MORE;
    enum making_result result = MAKING_OK;

    while (found == PATTERN_MORE && result == MAKING_OK)
        result = replace_slice(x, act, &found);
    if (result != MAKING_OK)
        return result;
    place->index++;
    if (found == PATTERN_YES && !slice_equal(place->decoded, bytes_slice(&place->replacing.text))) {
        take_up_to(place, place->decoded.len);
        result = change(x, name, place->index, encode(x, name, place->after));
    }
    return result == MAKING_OK ? next_field(x, false) : result;
}

static enum making_result replace(struct making *x, const struct act *act)
{
    enum making_result result = MAKING_OK;
    size_t at;

    while (result == MAKING_OK) {
        at = header_find(&x->header, act->action->name, x->place.field);
        if (at == SLICE_NOT_FOUND)
            return MAKING_OK;
        x->place.field = at;
        result = replace_in(x, act);
    }
    return result;
}

/* --- remove ----------------------------------------------------------------------------------- */

/* Which field of its name stands at ${at}, from 1. */
static unsigned index_at(const struct header *header, size_t at)
{
    unsigned index = 1;

    for (size_t i = 0; i < at; i++)
        if (slice_equal_case(header->fields[i].name, header->fields[at].name))
            index++;
    return index;
}

/* Decodes the field under way, unless it is. Decoding takes time too. */
static enum making_result look_at(struct making *x)
{
    struct making_place *place = &x->place;

    if (place->looking)
        return MAKING_OK;
    place->decoded = header_decode_field(&x->header.fields[place->field], &x->scratch);
    place->looking = true;
    return place->decoded.ptr != NULL ? MAKING_OK : MAKING_MEMORY;
}

/* Whether the field under way, whose name is one, is one of those that ${act} removes. */
static enum making_result is_removed(struct making *x, const struct act *act, bool *removed)
{
    enum pattern_result found = PATTERN_MORE;

    while (act->pattern != NULL && found == PATTERN_MORE) {
        enum making_result result = making_ready(x);

        if (result == MAKING_OK)
            result = look_at(x);
        if (result != MAKING_OK)
            return result;
        found = pattern_search(act->pattern, x->e->options.scratch, x->place.decoded,
                               &x->place.cursor, NULL);
        if (found == PATTERN_LIMIT)
            return MAKING_REGEX;
        if (making_charge(x, found == PATTERN_MORE ? PATTERN_SLICE_BYTES : 0) != MAKING_OK)
            return MAKING_MEMORY;
    }
    *removed = act->pattern == NULL || found == PATTERN_YES;
    return MAKING_OK;
}

static enum making_result remove_field(struct making *x, const struct act *act)
{
    size_t at = x->place.field;
    struct slice name = x->header.fields[at].name;
    bool removed;
    enum making_result result = is_removed(x, act, &removed);

    if (result == MAKING_OK && removed)
        result = delete_at(x, name, index_at(&x->header, at), at);
    if (result != MAKING_OK)
        return result;
    if (removed) /* what went over all fields to find and close the gap */
        result = making_charge(x, x->header.count);
    return result == MAKING_OK ? next_field(x, removed) : result;
}

static enum making_result remove_fields(struct making *x, const struct act *act)
{
    while (x->place.field < x->header.count) {
        enum making_result result = making_ready(x);

        if (result != MAKING_OK)
            return result;
        if (x->header.fields[x->place.field].name.len > 0 &&
            wildcard_match(act->action->name, x->header.fields[x->place.field].name))
            result = remove_field(x, act);
        else
            result = next_field(x, false);
        if (result != MAKING_OK)
            return result;
    }
    return MAKING_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

static enum making_result put(struct making *x, const struct act *act)
{
    struct slice name = act->action->name;
    struct header_text text;

    header_text_init(&text, &x->scratch);
    compose(x, &act->text, &x->values, header_holds_addresses(name), NULL, &text);
    if (text.incomplete)
        return MAKING_MEMORY;
    if (act->kind == ACTION_INSERT_HEADER)
        return insert(x, name, &text);
    if (act->kind == ACTION_SET_HEADER)
        return set(x, name, &text);
    if (act->kind == ACTION_PREPEND || act->kind == ACTION_APPEND)
        return put_beside(x, name, &text, act->kind == ACTION_APPEND);
    return add(x, name, &text);
}

enum making_result effects_header_act(struct making *x, const struct act *act)
{
    enum making_result result;

    if (act->kind == ACTION_REMOVE_HEADER)
        return remove_fields(x, act);
    if (act->kind == ACTION_REPLACE)
        return replace(x, act);
    result = making_ready(x);
    if (result == MAKING_OK)
        result = put(x, act);
    /* what went over the fields for one of that name, or to make room */
    return result == MAKING_OK ? making_charge(x, x->header.count) : result;
}
