/* effects_header: see effects_header.h. */
#include "filters/effects_header.h"

#include "filters/wildcard.h"

#define GROWTH_MAX 262144 /* bytes that `replace` adds to a field: it is encoded in one go */

static struct arena *arena_of(struct effects *x)
{
    return &x->e->work;
}

/* ${text} as a field value for the wire. */
static struct slice encode(struct effects *x, struct slice name, struct slice text)
{
    return header_encode(name, text, arena_of(x));
}

/* --- whole fields ----------------------------------------------------------------------------- */

enum effects_result effects_header_add(struct effects *x, struct slice name, struct slice text)
{
    struct slice value = encode(x, name, text);

    if (value.ptr == NULL)
        return EFFECTS_MEMORY;
    return effects_add(x, (struct edit){.kind = EDIT_ADD_HEADER, .name = name, .value = value});
}

static enum effects_result insert(struct effects *x, struct slice name, struct slice text)
{
    struct slice value = encode(x, name, text);

    if (value.ptr == NULL)
        return EFFECTS_MEMORY;
    return effects_add(x, (struct edit){.kind = EDIT_INSERT_HEADER,
                                        .index = (unsigned)x->inserted++,
                                        .name = name,
                                        .value = value});
}

/* Deletes the ${index}-th field of that name, which stands at ${at}. */
static enum effects_result delete_at(struct effects *x, struct slice name, unsigned index,
                                     size_t at)
{
    if (at < x->inserted)
        x->inserted--;
    return effects_add(x, (struct edit){.kind = EDIT_DELETE_HEADER, .index = index, .name = name});
}

static enum effects_result change(struct effects *x, struct slice name, unsigned index,
                                  struct slice value)
{
    if (value.ptr == NULL)
        return EFFECTS_MEMORY;
    return effects_add(
        x, (struct edit){.kind = EDIT_CHANGE_HEADER, .index = index, .name = name, .value = value});
}

static enum effects_result set(struct effects *x, struct slice name, struct slice text)
{
    size_t first = header_find(&x->header, name, 0);
    enum effects_result result;
    size_t at;

    if (first == SLICE_NOT_FOUND)
        return effects_header_add(x, name, text);
    result = change(x, name, 1, encode(x, name, text));
    while (result == EFFECTS_OK &&
           (at = header_find(&x->header, name, first + 1)) != SLICE_NOT_FOUND)
        result = delete_at(x, name, 2, at);
    return result;
}

/* --- inside a field --------------------------------------------------------------------------- */

static bool ends(struct slice s, struct slice end)
{
    return s.len >= end.len && slice_equal(slice_from(s, s.len - end.len), end);
}

static struct slice trim_end(struct slice s)
{
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Whether the decoded value has the text at its start or end already. It has no blanks at either.
 */
static bool is_there(struct slice value, struct slice text, bool at_end)
{
    if (text.len == 0 || slice_equal(value, slice_trim(text)))
        return true;
    if (at_end)
        return ends(value, trim_end(text));
    return slice_starts(value, slice_trim_start(text));
}

static bool is_ascii(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < ' ' || s.ptr[i] > '~')
            return false;
    return true;
}

/* ${text}, which has no blanks at its ends, as it may stand inside a value: as written, or as
 * encoded-words. */
static struct slice inner_text(struct effects *x, struct slice text)
{
    struct slice encoded;

    if (is_ascii(text))
        return text;
    encoded = encode(x, SLICE("Subject"), text);
    return encoded.ptr != NULL ? slice_trim_start(encoded) : encoded;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* What comes between two texts, of which one had ${blanks} at that end. An encoded-word is one only
 * with blanks around it, and blanks between two of them are not shown (RFC 2047, 5 and 6.2): so
 * where one touches other text a blank is added, and where two meet a blank is a word of its own.
 */
static struct slice between(struct slice before, struct slice blanks, struct slice after)
{
    bool word_before = ends(before, SLICE("?=")), word_after = slice_starts(after, SLICE("=?"));

    if (word_before && word_after)
        return blanks.len > 0 ? SLICE(" =?UTF-8?Q?=20?= ") : SLICE(" ");
    if (blanks.len > 0 || (!word_before && !word_after) || before.len == 0 || after.len == 0)
        return blanks;
    return is_blank(before.ptr[before.len - 1]) || is_blank(after.ptr[0]) ? blanks : SLICE(" ");
}

#define PIECES 5

static struct slice join(struct effects *x, const struct slice pieces[PIECES])
{
    size_t size = 1, at = 0;
    char *out;

    for (size_t i = 0; i < PIECES; i++)
        size += pieces[i].len;
    out = arena_alloc(arena_of(x), size);
    if (out == NULL)
        return SLICE_NONE;
    for (size_t i = 0; i < PIECES; i++) {
        if (pieces[i].len > 0)
            memcpy(out + at, pieces[i].ptr, pieces[i].len);
        at += pieces[i].len;
    }
    return slice_make(out, at);
}

/* The blanks, folds included, that a value begins with. */
static size_t leading_blanks(struct slice value)
{
    size_t count = 0;

    while (count < value.len && (is_blank(value.ptr[count]) || value.ptr[count] == '\n'))
        count++;
    return count;
}

/* The value with ${text} put in after its leading blanks, or at its end. */
static struct slice put_in(struct effects *x, struct slice value, struct slice text, bool at_end)
{
    struct slice lead = slice_first(text, text.len - slice_trim_start(text).len);
    struct slice inner = inner_text(x, slice_trim(text));
    struct slice trail = slice_from(text, trim_end(text).len);
    struct slice head = slice_first(value, leading_blanks(value));
    struct slice rest = slice_from(value, head.len);

    if (inner.ptr == NULL)
        return SLICE_NONE;
    if (head.len == 0)
        head = SLICE(" ");
    if (at_end)
        return join(
            x, (const struct slice[PIECES]){head, rest, between(rest, lead, inner), inner, trail});
    return join(x,
                (const struct slice[PIECES]){head, lead, inner, between(inner, trail, rest), rest});
}

/* prepend and append. */
static enum effects_result put_beside(struct effects *x, struct slice name, struct slice text,
                                      bool at_end)
{
    size_t at = header_find(&x->header, name, 0);
    struct slice decoded;

    if (at == SLICE_NOT_FOUND)
        return effects_header_add(x, name, text);
    decoded = header_decode_field(&x->header.fields[at], arena_of(x));
    if (decoded.ptr == NULL || effects_charge(x, x->header.fields[at].value.len) != EFFECTS_OK)
        return EFFECTS_MEMORY;
    if (is_there(decoded, text, at_end))
        return EFFECTS_OK;
    return change(x, name, 1, put_in(x, x->header.fields[at].value, text, at_end));
}

/* --- one field after the other ---------------------------------------------------------------- */

/* The field is done: on to the next. ${gone}: it was deleted, and that stands in its place. */
static enum effects_result next_field(struct effects *x, bool gone)
{
    size_t bytes = x->place.decoded.len;

    pattern_replace_end(&x->place.replacing);
    x->place = (struct effects_place){.field = gone ? x->place.field : x->place.field + 1,
                                      .index = x->place.index};
    return effects_charge(x, bytes);
}

/* Decodes the field under way, unless it is. Decoding takes time too. */
static enum effects_result look_at(struct effects *x,
                                   struct slice (*decode)(const struct field *, struct arena *))
{
    struct effects_place *place = &x->place;

    if (place->looking)
        return EFFECTS_OK;
    place->decoded = decode(&x->header.fields[place->field], arena_of(x));
    place->looking = true;
    return place->decoded.ptr != NULL ? EFFECTS_OK : EFFECTS_MEMORY;
}

/* --- replace ---------------------------------------------------------------------------------- */

struct replacer {
    struct effects *x;
    const struct text *with;
};

/* For pattern_replace: the captures are those of this match. */
static struct slice expand_match(void *ctx, const struct pattern_match *match)
{
    struct replacer *replacer = ctx;
    struct text_values values = replacer->x->values;

    values.match = match;
    return text_expand(replacer->with, &values, arena_of(replacer->x));
}

/* A slice of the field under way. PATTERN_YES: replacing->text is its new value. */
static enum effects_result replace_slice(struct effects *x, const struct act *act,
                                         enum pattern_result *found)
{
    struct replacer replacer = {x, &act->text};
    struct pattern_replacing *replacing = &x->place.replacing;
    bool begun = x->place.looking;
    enum effects_result result = effects_ready(x);

    if (result == EFFECTS_OK)
        result = look_at(x, header_decode_forward);
    if (result != EFFECTS_OK)
        return result;
    if (!begun)
        pattern_replace_begin(replacing, act->pattern, x->place.decoded,
                              x->place.decoded.len + GROWTH_MAX);
    *found = pattern_replace(replacing, x->e->options.scratch, expand_match, &replacer);
    if (*found == PATTERN_LIMIT)
        return EFFECTS_REGEX;
    return effects_charge(x, *found == PATTERN_MORE ? PATTERN_SLICE_BYTES : 0);
}

static enum effects_result replace_in(struct effects *x, const struct act *act)
{
    struct slice name = x->header.fields[x->place.field].name;
    enum pattern_result found = PATTERN_MORE;
    enum effects_result result = EFFECTS_OK;

    while (found == PATTERN_MORE && result == EFFECTS_OK)
        result = replace_slice(x, act, &found);
    if (result != EFFECTS_OK)
        return result;
    x->place.index++;
    if (found == PATTERN_YES) {
        struct slice text = bytes_slice(&x->place.replacing.text);

        if (!slice_equal(x->place.decoded, text))
            result = change(x, name, x->place.index, encode(x, name, text));
    }
    return result == EFFECTS_OK ? next_field(x, false) : result;
}

static enum effects_result replace(struct effects *x, const struct act *act)
{
    enum effects_result result = EFFECTS_OK;
    size_t at;

    while (result == EFFECTS_OK) {
        at = header_find(&x->header, act->action->name, x->place.field);
        if (at == SLICE_NOT_FOUND)
            return EFFECTS_OK;
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

/* Whether the field under way, whose name is one, is one of those that ${act} removes. */
static enum effects_result is_removed(struct effects *x, const struct act *act, bool *removed)
{
    enum pattern_result found = PATTERN_MORE;

    while (act->pattern != NULL && found == PATTERN_MORE) {
        enum effects_result result = effects_ready(x);

        if (result == EFFECTS_OK)
            result = look_at(x, header_decode_field);
        if (result != EFFECTS_OK)
            return result;
        found = pattern_search(act->pattern, x->e->options.scratch, x->place.decoded,
                               &x->place.cursor, NULL);
        if (found == PATTERN_LIMIT)
            return EFFECTS_REGEX;
        if (effects_charge(x, found == PATTERN_MORE ? PATTERN_SLICE_BYTES : 0) != EFFECTS_OK)
            return EFFECTS_MEMORY;
    }
    *removed = act->pattern == NULL || found == PATTERN_YES;
    return EFFECTS_OK;
}

static enum effects_result remove_field(struct effects *x, const struct act *act)
{
    size_t at = x->place.field;
    struct slice name = x->header.fields[at].name;
    bool removed;
    enum effects_result result = is_removed(x, act, &removed);

    if (result == EFFECTS_OK && removed)
        result = delete_at(x, name, index_at(&x->header, at), at);
    if (result != EFFECTS_OK)
        return result;
    if (removed) /* what went over all fields to find and close the gap */
        result = effects_charge(x, x->header.count);
    return result == EFFECTS_OK ? next_field(x, removed) : result;
}

static enum effects_result remove_fields(struct effects *x, const struct act *act)
{
    while (x->place.field < x->header.count) {
        enum effects_result result = effects_ready(x);

        if (result != EFFECTS_OK)
            return result;
        if (wildcard_match(act->action->name, x->header.fields[x->place.field].name))
            result = remove_field(x, act);
        else
            result = next_field(x, false);
        if (result != EFFECTS_OK)
            return result;
    }
    return EFFECTS_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

static enum effects_result put(struct effects *x, const struct act *act)
{
    struct slice name = act->action->name;
    struct slice text = effects_text(x, &act->text);

    if (text.ptr == NULL)
        return EFFECTS_MEMORY;
    if (act->kind == ACTION_INSERT_HEADER)
        return insert(x, name, text);
    if (act->kind == ACTION_SET_HEADER)
        return set(x, name, text);
    if (act->kind == ACTION_PREPEND || act->kind == ACTION_APPEND)
        return put_beside(x, name, text, act->kind == ACTION_APPEND);
    return effects_header_add(x, name, text);
}

enum effects_result effects_header_act(struct effects *x, const struct act *act)
{
    enum effects_result result;

    if (act->kind == ACTION_REMOVE_HEADER)
        return remove_fields(x, act);
    if (act->kind == ACTION_REPLACE)
        return replace(x, act);
    result = effects_ready(x);
    if (result == EFFECTS_OK)
        result = put(x, act);
    /* what went over the fields for one of that name, or to make room */
    return result == EFFECTS_OK ? effects_charge(x, x->header.count) : result;
}
