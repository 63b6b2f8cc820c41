/* parameter_pieces: see parameter_pieces.h. */
#include "filters/mime/parameter_pieces.h"

#define NUMBER_MAX 10000

struct parameter_piece {
    struct parameter_piece *next;
    struct parameter_name name;
    struct slice value;
};

/* --- a name ----------------------------------------------------------------------------------- */

static uint32_t number_of(struct slice digits)
{
    uint32_t number = 0;

    for (size_t i = 0; i < digits.len && number < NUMBER_MAX; i++) {
        if (!ascii_is_digit(digits.ptr[i]))
            return PARAMETER_PIECE_ALONE;
        number = number * 10 + (uint32_t)(digits.ptr[i] - '0');
    }
    return digits.len > 0 ? number : PARAMETER_PIECE_ALONE;
}

void parameter_name_read(struct slice text, struct parameter_name *name)
{
    size_t star = slice_find(text, '*');
    struct slice rest = star != SLICE_NOT_FOUND ? slice_from(text, star + 1) : SLICE_NONE;

    *name = (struct parameter_name){.base = slice_first(text, star),
                                    .number = PARAMETER_PIECE_ALONE,
                                    .piece = star != SLICE_NOT_FOUND};
    if (!name->piece)
        return;
    name->extended = rest.len == 0 || rest.ptr[rest.len - 1] == '*';
    name->number = number_of(slice_first(rest, slice_find(rest, '*')));
}

/* --- joining ---------------------------------------------------------------------------------- */

void parameter_pieces_init(struct parameter_pieces *pieces, struct charset_set *charsets,
                           struct arena *arena)
{
    *pieces = (struct parameter_pieces){.arena = arena, .charsets = charsets};
    pieces->end = &pieces->first;
}

bool parameter_pieces_add(struct parameter_pieces *pieces, const struct parameter_name *name,
                          struct slice value)
{
    struct parameter_piece *piece = arena_alloc(pieces->arena, sizeof(*piece));

    if (piece == NULL)
        return false;
    *piece = (struct parameter_piece){.name = *name, .value = value};
    *pieces->end = piece;
    pieces->end = &piece->next;
    return true;
}

/* Takes those of the first one's name off the list, still in order. */
static struct parameter_piece *take_off(struct parameter_pieces *pieces)
{
    struct parameter_piece *taken = NULL, **taken_end = &taken, **at = &pieces->first;
    struct slice base = pieces->first->name.base;

    while (*at != NULL) {
        if (slice_equal((*at)->name.base, base)) {
            *taken_end = *at;
            *at = (*at)->next;
            taken_end = &(*taken_end)->next;
            *taken_end = NULL;
        } else {
            at = &(*at)->next;
        }
    }
    pieces->end = at;
    return taken;
}

static void append_undone(struct slice s, struct bytes *out)
{
    for (size_t i = 0; i < s.len; i++) {
        bool escape = s.ptr[i] == '%' && i + 2 < s.len && ascii_hex(s.ptr[i + 1]) >= 0 &&
                      ascii_hex(s.ptr[i + 2]) >= 0;

        if (escape)
            bytes_append_char(out, (char)(ascii_hex(s.ptr[i + 1]) << 4 | ascii_hex(s.ptr[i + 2])));
        else
            bytes_append_char(out, s.ptr[i]);
        i += escape ? 2 : 0;
    }
}

/* Takes "charset'language'" off ${s}: the charset, or CHARSET_NONE. */
static int take_charset(struct slice *s)
{
    size_t first = slice_find(*s, '\'');
    size_t second =
        first != SLICE_NOT_FOUND ? slice_find(slice_from(*s, first + 1), '\'') : SLICE_NOT_FOUND;
    int charset;

    if (second == SLICE_NOT_FOUND)
        return CHARSET_NONE;
    charset = charset_find(slice_first(*s, first));
    *s = slice_from(*s, first + 1 + second + 1);
    return charset;
}

/* ${octets} in UTF-8, unless nobody knows ${charset}. */
static struct slice convert(struct parameter_pieces *pieces, int charset, struct slice octets)
{
    struct bytes text;
    struct slice value = octets;

    if (charset == CHARSET_NONE)
        return arena_copy(pieces->arena, octets);
    bytes_init(&text, 4 * octets.len + 64);
    if (charset_to_utf8(pieces->charsets, charset, octets, &text) == 0 &&
        bytes_take(&text, &value) != 0)
        value = octets;
    value = arena_copy(pieces->arena, value);
    bytes_fini(&text);
    return value;
}

/* Keeps ${octets} as one more reading. */
static void keep(struct parameter_pieces *pieces, int charset, const struct bytes *octets,
                 struct parameter_joined *joined)
{
    struct slice value = SLICE_NONE;

    if (bytes_take(octets, &value) == 0)
        value = convert(pieces, charset, value);
    if (value.ptr == NULL)
        pieces->trouble = true;
    else
        joined->values[joined->count++] = value;
}

/* How pieces are chosen. */
enum order {
    BY_NUMBER,      /* as they are numbered, the first of two with one number */
    BY_NUMBER_LAST, /* ... the last of two */
    AS_WRITTEN,     /* all of them, one behind the other */
    UNDONE,         /* likewise, and "%XX" undone in all of it */
};

static void append_piece(const struct parameter_piece *piece, enum order order, int *charset,
                         bool first, struct bytes *out)
{
    struct slice value = piece->value;

    if (first && (piece->name.extended || order == UNDONE))
        *charset = take_charset(&value);
    if (piece->name.extended && order != UNDONE)
        append_undone(value, out);
    else
        bytes_append(out, value);
}

/* "%XX" of all of ${octets} undone, which may have begun in one piece and end in the next. */
static void undo(struct bytes *octets)
{
    struct bytes undone;
    struct slice text;

    bytes_init(&undone, SIZE_MAX);
    if (bytes_take(octets, &text) == 0)
        append_undone(text, &undone);
    bytes_fini(octets);
    *octets = undone;
}

static const struct parameter_piece *find(const struct parameter_piece *list, uint32_t number,
                                          bool last)
{
    const struct parameter_piece *found = NULL;

    for (; list != NULL; list = list->next)
        if (list->name.number == number && (found == NULL || last))
            found = list;
    return found;
}

static void join(struct parameter_pieces *pieces, const struct parameter_piece *list,
                 enum order order, struct parameter_joined *joined)
{
    bool numbered = order == BY_NUMBER || order == BY_NUMBER_LAST;
    uint32_t number = find(list, 0, false) != NULL ? 0 : list->name.number;
    const struct parameter_piece *piece = numbered ? find(list, number, order != BY_NUMBER) : list;
    int charset = CHARSET_NONE;
    bool first = true;
    struct bytes octets;

    bytes_init(&octets, SIZE_MAX);
    while (piece != NULL) {
        append_piece(piece, order, &charset, first, &octets);
        first = false;
        if (numbered)
            piece =
                number == PARAMETER_PIECE_ALONE ? NULL : find(list, ++number, order != BY_NUMBER);
        else
            piece = piece->next;
    }
    if (order == UNDONE)
        undo(&octets);
    keep(pieces, charset, &octets, joined);
    bytes_fini(&octets);
}

/* Whether ${s} ends before its last "%XX" does. */
static bool breaks_escape(struct slice s)
{
    size_t at = slice_find_last(s, '%');

    return at != SLICE_NOT_FOUND && s.len - at < 3;
}

/* Whether ${list} is what RFC 2231 has: one alone that is extended, or 0, 1, 2 and so on. */
static bool fits(const struct parameter_piece *list)
{
    uint32_t number = 0;

    if (list->name.number == PARAMETER_PIECE_ALONE)
        return list->name.extended && list->next == NULL &&
               slice_find(list->value, '\'') != SLICE_NOT_FOUND;
    for (; list != NULL; list = list->next)
        if (list->name.number != number++ || (list->name.extended && breaks_escape(list->value)))
            return false;
    return true;
}

bool parameter_pieces_next(struct parameter_pieces *pieces, struct parameter_joined *joined)
{
    struct parameter_piece *list;

    *joined = (struct parameter_joined){0};
    if (pieces->first == NULL || pieces->trouble)
        return false;
    list = take_off(pieces);
    joined->base = list->name.base;
    joined->odd = !fits(list);
    join(pieces, list, BY_NUMBER, joined);
    for (enum order order = BY_NUMBER_LAST; joined->odd && order <= UNDONE; order++)
        join(pieces, list, order, joined);
    return true;
}
