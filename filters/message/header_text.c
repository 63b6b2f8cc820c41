/* header_text: see header_text.h. */
#include "filters/message/header_text.h"

#include "filters/base/utf8.h"
#include "filters/message/header_tokens.h"

#define TEXT_FIRST   256 /* bytes taken at first */
#define PIECES_FIRST 8

/* --- growing ------------------------------------------------------------------------------------
 */

void header_text_init(struct header_text *text, struct arena *arena)
{
    *text = (struct header_text){.arena = arena, .lead = SLICE(" ")};
}

void header_text_init_as(struct header_text *text, const struct header_text *other)
{
    *text = (struct header_text){
        .arena = other->arena, .lead = other->lead, .tail = other->tail, .silent = other->silent};
}

struct slice header_text_slice(const struct header_text *text)
{
    return slice_make(text->len > 0 ? text->text : "", text->len);
}

static void *grown(struct arena *arena, const void *old, size_t used, size_t size)
{
    void *larger = arena_alloc(arena, size);

    if (larger != NULL && used > 0)
        memcpy(larger, old, used);
    return larger;
}

static void append(struct header_text *t, struct slice s)
{
    if (t->len + s.len > t->capacity) {
        size_t capacity = 2 * (t->len + s.len) + TEXT_FIRST;
        char *larger = grown(t->arena, t->text, t->len, capacity);

        if (larger == NULL) {
            t->incomplete = true;
            return;
        }
        t->text = larger;
        t->capacity = capacity;
    }
    if (s.len > 0)
        memcpy(t->text + t->len, s.ptr, s.len);
    t->len += s.len;
}

/* Makes what was appended from ${start} on a piece. */
static void add_piece(struct header_text *t, size_t start, struct header_piece piece)
{
    if (t->incomplete || t->len == start)
        return;
    if (t->piece_count == t->piece_capacity) {
        size_t capacity = 2 * t->piece_capacity + PIECES_FIRST;
        struct header_piece *larger = grown(t->arena, t->pieces, t->piece_count * sizeof(*larger),
                                            capacity * sizeof(*larger));

        if (larger == NULL) {
            t->incomplete = true;
            return;
        }
        t->pieces = larger;
        t->piece_capacity = capacity;
    }
    piece.start = start;
    piece.end = t->len;
    t->pieces[t->piece_count++] = piece;
}

/* --- a field ------------------------------------------------------------------------------------
 */

static bool is_fold(struct slice value, size_t at)
{
    return at + 2 < value.len && value.ptr[at] == '\r' && value.ptr[at + 1] == '\n' &&
           ascii_is_blank(value.ptr[at + 2]);
}

/* How many octets of ${value} its first ${count} are when it is unfolded. */
static size_t folded_length(struct slice value, size_t count)
{
    size_t at = 0;

    for (; count > 0; count--)
        at += is_fold(value, at) ? 3 : 1;
    return at;
}

/* Adds ${raw}, in whose front ${silent} octets say nothing, and in which no other encoded-word is:
 * a piece up to each fold. */
static void add_raw(struct header_text *t, struct slice raw, size_t silent)
{
    while (raw.len > silent && !t->incomplete) {
        size_t skip = silent + (is_fold(raw, silent) ? 2 : 0), end = skip + 1, start = t->len;

        while (end < raw.len && !is_fold(raw, end))
            end++;
        append(t, slice_from(slice_first(raw, end), skip));
        add_piece(t, start, (struct header_piece){.kept = true, .wire = slice_first(raw, end)});
        raw = slice_from(raw, end);
        silent = 0;
    }
}

/* The number behind the last of the runs, from ${first} on, that have nothing but dropped blanks
 * between them. */
static size_t joined_runs(const struct header_runs *runs, size_t first)
{
    size_t next = first + 1;

    while (next < runs->count && runs->items[next].start == runs->items[next - 1].end)
        next++;
    return next;
}

/* Words that say nothing are no piece: they stand before the one that follows, or the tail. */
static void add_runs(struct header_text *t, struct slice raw, struct slice decoded,
                     const struct header_runs *runs)
{
    size_t done = 0; /* of the unfolded value */

    for (size_t i = 0, next; i < runs->count; i = next) {
        const struct header_run *first = &runs->items[i], *last;
        size_t before =
            t->silent + folded_length(slice_from(raw, t->silent), first->words_start - done);
        size_t start, words;

        next = joined_runs(runs, i);
        last = &runs->items[next - 1];
        add_raw(t, slice_first(raw, before), t->silent);
        raw = slice_from(raw, before);
        words = folded_length(raw, last->words_end - first->words_start);
        start = t->len;
        append(t, slice_first(slice_from(decoded, first->start), last->end - first->start));
        add_piece(
            t, start,
            (struct header_piece){.opaque = true, .kept = true, .wire = slice_first(raw, words)});
        t->silent = last->end == first->start ? words : 0;
        raw = slice_from(raw, words - t->silent);
        done = last->words_end;
    }
    add_raw(t, raw, t->silent);
    if (raw.len > t->silent)
        t->silent = 0;
    t->tail = slice_make(t->tail.ptr - t->silent, t->tail.len + t->silent);
}

static int find_spans(struct header_text *t)
{
    struct slice shape = header_text_shape(t, true, t->arena);

    if (shape.ptr == NULL)
        return -1;
    t->span_count = header_spans(shape, NULL);
    t->spans = arena_alloc(t->arena, t->span_count * sizeof(*t->spans));
    if (t->spans == NULL)
        return -1;
    (void)header_spans(shape, t->spans); /* as many again */
    return 0;
}

int header_text_decode(struct header_text *text, const struct field *field, bool edited,
                       struct arena *arena)
{
    struct slice core = header_trim(field->value), decoded;
    struct header_runs runs;

    header_text_init(text, arena);
    decoded = header_decode_runs(field, edited, &runs, arena);
    if (decoded.ptr == NULL)
        return -1;
    text->lead = slice_first(field->value, (size_t)(core.ptr - field->value.ptr));
    text->tail = slice_make(core.ptr + core.len, field->value.len - text->lead.len - core.len);
    add_runs(text, core, decoded, &runs);
    if (!text->incomplete && header_holds_addresses(field->name) && find_spans(text) != 0)
        text->incomplete = true;
    return text->incomplete ? -1 : 0;
}

/* --- new text ----------------------------------------------------------------------------------
 */

/* How much at the front of ${s} goes on as it is. */
static size_t clean_bytes(struct slice s)
{
    size_t at = 0, length;

    while ((length = utf8_length(slice_from(s, at))) > 0 && s.ptr[at] != '\r' &&
           s.ptr[at] != '\n' && s.ptr[at] != '\0')
        at += length;
    return at;
}

static void append_clean(struct header_text *t, struct slice s)
{
    while (s.len > 0) {
        size_t clean = clean_bytes(s);

        if (clean > 0)
            append(t, slice_first(s, clean));
        s = slice_from(s, clean);
        if (s.len > 0 && utf8_length(s) == 0)
            append(t, SLICE("\xEF\xBF\xBD")); /* U+FFFD */
        s = slice_from(s, 1);
    }
}

static void follow_quotes(struct header_text *t, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            t->quoting = !t->quoting;
    }
}

void header_text_add(struct header_text *text, struct slice s)
{
    size_t start = text->len;

    append_clean(text, s);
    follow_quotes(text, s);
    add_piece(text, start, (struct header_piece){.kept = false});
}

void header_text_add_name(struct header_text *text, struct slice s)
{
    size_t start = text->len;

    append_clean(text, s);
    add_piece(text, start, (struct header_piece){.opaque = true});
}

/* --- parts of another text ----------------------------------------------------------------------
 */

/* Adds from ${a} to ${b} of ${piece}, which both are in it. */
static void add_cut(struct header_text *t, const struct header_text *from,
                    const struct header_piece *piece, size_t a, size_t b, bool keep)
{
    struct header_piece cut = {.opaque = piece->opaque};
    bool whole = a == piece->start && b == piece->end;
    size_t fold = piece->wire.len - (piece->opaque ? 0 : piece->end - piece->start), start = t->len;

    cut.kept = keep && piece->kept && (whole || !piece->opaque);
    if (cut.kept && whole)
        cut.wire = piece->wire;
    else if (cut.kept) {
        size_t first = a > piece->start ? a - piece->start + fold : 0;

        cut.wire = slice_from(slice_first(piece->wire, b - piece->start + fold), first);
    }
    if (cut.kept)
        append(t, slice_make(from->text + a, b - a));
    else
        append_clean(t, slice_make(from->text + a, b - a));
    add_piece(t, start, cut);
}

size_t header_text_piece(const struct header_text *text, size_t at)
{
    size_t low = 0, high = text->piece_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (text->pieces[middle].end > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void add_pieces(struct header_text *t, const struct header_text *from, size_t a, size_t b,
                       bool keep)
{
    for (size_t i = header_text_piece(from, a); i < from->piece_count; i++) {
        const struct header_piece *piece = &from->pieces[i];
        size_t first = a > piece->start ? a : piece->start, end = b < piece->end ? b : piece->end;

        if (piece->start >= b)
            break;
        add_cut(t, from, piece, first, end, keep);
    }
}

void header_text_add_part(struct header_text *text, const struct header_text *from,
                          struct slice part, bool keep)
{
    size_t start = part.len > 0 ? (size_t)(part.ptr - from->text) : 0;

    if (part.len > 0)
        add_pieces(text, from, start, start + part.len, keep);
}

/* Adds what the stretch of ${span} from ${a} to ${b} says, as a name. */
static void add_said(struct header_text *t, const struct header_text *from,
                     const struct header_span *span, size_t a, size_t b)
{
    size_t start = t->len;

    if (a == span->start)
        a++;
    if (b == span->end)
        b--;
    for (size_t i = a; i < b; i++) {
        if (from->text[i] == '\\' && i + 1 < b)
            i++;
        append(t, slice_make(&from->text[i], 1));
    }
    add_piece(t, start, (struct header_piece){.opaque = true});
}

static const struct header_span *next_span(const struct header_text *t, size_t at)
{
    size_t low = 0, high = t->span_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->spans[middle].end > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low < t->span_count ? &t->spans[low] : NULL;
}

/* The one that ${at} is inside of, or NULL. */
static const struct header_span *span_around(const struct header_text *t, size_t at)
{
    const struct header_span *span = next_span(t, at);

    return span != NULL && span->start < at ? span : NULL;
}

bool header_text_same_span(const struct header_text *text, size_t a, size_t b)
{
    return a == b || span_around(text, a) == span_around(text, b);
}

void header_text_add_capture(struct header_text *text, const struct header_text *from,
                             struct slice part, bool keep, bool name)
{
    size_t a = part.len > 0 ? (size_t)(part.ptr - from->text) : 0, b = a + part.len;

    name = name || text->quoting; /* a quote in it opens nothing there, but could end one here */
    while (a < b) {
        const struct header_span *span = next_span(from, a);
        size_t end = b;

        if (span != NULL && a >= span->start && span->end < b)
            end = span->end;
        else if (span != NULL && a < span->start && span->start < b)
            end = span->start;
        if (span != NULL && end > span->start && (name || a != span->start || end != span->end))
            add_said(text, from, span, a, end);
        else if (name)
            header_text_add_name(text, slice_make(from->text + a, end - a));
        else
            add_pieces(text, from, a, end, keep);
        a = end;
    }
}
