/* header_encode: a text as a field's value for the wire (RFC 5322, 2.2.3; RFC 2047).
 *
 * The text is taken apart into words (header_tokens). What is kept goes out as it stands, blanks
 * and folds with it, as long as it stands beside what it stood beside. A new word of printable
 * ASCII is written as it is; others become encoded-words, neighbours together with the blanks
 * between them, because a reader drops blanks between encoded-words. Lines are broken before a
 * word, in front of the blanks that precede it, so that unfolding gives the text back.
 */
#include "filters/base/utf8.h"
#include "filters/message/encoded_word.h"
#include "filters/message/header_form.h"
#include "filters/message/header_text.h"
#include "filters/message/header_tokens.h"
#include "filters/message/header_wire.h"

#define LINE_WANTED   78                        /* columns, RFC 5322, 2.1.1 */
#define LINE_MOST     998                       /* likewise */
#define WORD_SHORTEST (ENCODED_WORD_FRAME + 12) /* room for one character in either encoding */
#define GROWTH        48 /* a byte as a word of its own, with a fold, takes less */
#define SLACK         1024

struct encoder {
    const struct header_text *text;
    struct slice shape; /* of it */
    bool addresses;
    struct bytes out;
    struct bytes run; /* what the encoded-words under way are to hold */
    struct slice run_gap;
    size_t column;
    size_t lead;          /* bytes of the output before the first word */
    const char *wire_end; /* of what is kept and went out last; NULL: something else did */
    bool word_last;       /* an encoded-word went out last */
    bool blank_line;      /* nothing but blanks went out since the last line break */
    char last;            /* the last byte of what went out */
};

static struct slice part(const struct encoder *e, size_t start, size_t end)
{
    return slice_first(slice_from(header_text_slice(e->text), start), end - start);
}

/* --- output --- */

static void append(struct encoder *e, struct slice s)
{
    size_t line = slice_find_last(s, '\n');
    bool broken = line != SLICE_NOT_FOUND && line > 0 && s.ptr[line - 1] == '\r';

    if (s.len == 0)
        return;
    bytes_append(&e->out, s); /* a failure sticks */
    e->column = line != SLICE_NOT_FOUND ? s.len - line - 1 : e->column + s.len;
    e->blank_line =
        (broken || e->blank_line) && slice_trim(slice_from(s, broken ? line + 1 : 0)).len == 0;
    e->last = s.ptr[s.len - 1];
    e->wire_end = NULL;
}

/* Appends blanks; without their line breaks where the line would have nothing else: some take that
 * for the end of the header. */
static void append_gap(struct encoder *e, struct slice gap)
{
    size_t line;

    while (e->blank_line && (line = slice_find(gap, '\r')) != SLICE_NOT_FOUND) {
        append(e, slice_first(gap, line));
        gap = slice_from(gap, line + 2);
    }
    append(e, gap);
}

/* Whether a line break goes before ${gap} and a word of ${room} octets, so that the line has no
 * more than ${most} columns. ${glued}: it would be a blank where none may be, or none is wanted. */
static bool breaks_line(const struct encoder *e, struct slice gap, size_t room, size_t most,
                        bool glued)
{
    if (slice_find(gap, '\n') != SLICE_NOT_FOUND) /* the message had one there */
        return false;
    if (e->blank_line || e->column + gap.len + room <= most)
        return false;
    if (glued)
        return e->addresses && (e->last == ',' || e->column + room > LINE_MOST);
    return e->out.len > e->lead || e->column > LINE_WANTED / 2;
}

/* ${gap} without those blanks, that an edit must have made, for which the line with a word of
 * ${room} octets has no place. */
static struct slice narrowed(const struct encoder *e, struct slice gap, size_t room)
{
    size_t used = e->column + room;
    size_t most = used + HEADER_GAP_MAX < LINE_MOST ? LINE_MOST - used : HEADER_GAP_MAX;

    return slice_find(gap, '\n') == SLICE_NOT_FOUND ? slice_first(gap, most) : gap;
}

/* Begins a word of ${room} octets: its blanks, after a line break where it would not fit into
 * ${most} columns. ${apart}: blanks must be there; in a list of addresses they also may. */
static void begin_word(struct encoder *e, struct slice gap, size_t room, size_t most, bool apart)
{
    bool first = e->out.len == e->lead;
    bool fold = breaks_line(e, gap, room, most, gap.len == 0 && !first && !apart);

    if (gap.len == 0 && (fold || (apart && !first)))
        gap = SLICE(" ");
    if (fold)
        append(e, SLICE("\r\n"));
    append_gap(e, narrowed(e, gap, room));
}

/* As much of the front of ${text} as a word of ${room} octets takes; one character at least. */
static struct slice piece_of(struct slice text, bool base64, size_t room)
{
    size_t len = 0;

    while (len < text.len) {
        size_t next = len + utf8_length(slice_from(text, len));

        if (len > 0 && encoded_word_length(slice_first(text, next), base64) > room)
            break;
        len = next;
    }
    return slice_first(text, len);
}

static void append_encoded(struct encoder *e, struct slice piece, bool base64)
{
    e->column += encoded_word_length(piece, base64);
    if (encoded_word_append(piece, base64, &e->out) != 0)
        return;
    e->last = '=';
    e->wire_end = NULL;
    e->word_last = true;
    e->blank_line = false;
}

/* Whether an encoded-word needs a blank before it here (RFC 2047, 5). */
static bool word_apart(const struct encoder *e)
{
    return !e->addresses || e->last != '(';
}

/* Octets that an encoded-word may have here. Behind a bracket it may begin late in a line. */
static size_t word_room(const struct encoder *e)
{
    size_t most = e->column + WORD_SHORTEST <= LINE_WANTED ? LINE_WANTED : LINE_MOST;
    size_t room = most - e->column;

    return room < ENCODED_WORD_MAX ? room : ENCODED_WORD_MAX;
}

static void end_run(struct encoder *e)
{
    struct slice text, gap = e->run_gap;
    bool base64;

    if (bytes_take(&e->run, &text) != 0)
        return;
    base64 = encoded_word_length(text, true) < encoded_word_length(text, false);
    while (text.len > 0) {
        struct slice piece;

        begin_word(e, gap, WORD_SHORTEST, LINE_WANTED, word_apart(e));
        piece = piece_of(text, base64, word_room(e));
        append_encoded(e, piece, base64);
        if (e->out.failed)
            return;
        text = slice_from(text, piece.len);
        gap = SLICE(" ");
    }
    bytes_clear(&e->run);
}

/* Ends the run before a word. Where that is an encoded-word too, the blanks between are said by a
 * word. Returns those that are to stand before it. */
static struct slice end_run_before(struct encoder *e, struct slice gap, bool encoded)
{
    bool between = encoded && gap.len > 0 && (e->word_last || e->run.len > 0);

    if (between && e->run.len == 0)
        e->run_gap = SLICE(" ");
    if (between)
        bytes_append(&e->run, gap); /* a failure sticks */
    end_run(e);
    return between ? SLICE(" ") : gap;
}

/* --- what is kept -------------------------------------------------------------------------------
 */

/* The blanks before ${token} as they stand in the field, if they do and are still to be ${gap}.
 * ${by_word}: an encoded-word goes before or behind them; words among them would take blanks away.
 */
static struct slice as_kept(const struct encoder *e, const struct token *token, struct slice gap,
                            bool by_word)
{
    struct slice wire = header_wire(e->text, token->gap, token->start);
    bool same = wire.ptr != NULL && gap.len == token->start - token->gap;

    return same && (!by_word || slice_find(wire, '=') == SLICE_NOT_FOUND) ? wire : gap;
}

/* The blanks before what is added to the run: those outside of it, and then those that it says. */
static void add_gap_to_run(struct encoder *e, const struct token *token)
{
    struct slice gap = part(e, token->gap, token->start), inside = gap;

    if (e->run.len == 0 && e->word_last) {
        e->run_gap = SLICE(" ");
    } else if (e->run.len == 0) { /* one blank of them parts the run from what precedes it */
        e->run_gap = gap.len <= HEADER_GAP_MAX ? gap : slice_first(gap, 1);
        inside = slice_from(gap, e->run_gap.len);
        if (inside.len == 0)
            e->run_gap = as_kept(e, token, gap, true);
    }
    bytes_append(&e->run, inside); /* a failure sticks */
}

static size_t first_line(struct slice s)
{
    size_t end = slice_find(s, '\r');

    return end != SLICE_NOT_FOUND ? end : s.len;
}

/* Whether ${token} stands behind what went out last as it did in the field. */
static bool stands_on(const struct encoder *e, const struct token *token, struct slice wire,
                      struct slice *gap)
{
    *gap = header_wire(e->text, token->gap, token->start);
    if (e->wire_end == NULL || e->run.len > 0)
        return false;
    if (token->gap == token->start)
        return wire.ptr == e->wire_end;
    return gap->ptr == e->wire_end && gap->ptr + gap->len == wire.ptr;
}

/* Whether ${token}, as it stands in the field, begins with an encoded-word; one that says nothing
 * stands before the text of its piece. */
static bool opens_with_word(const struct encoder *e, const struct token *token)
{
    const struct header_piece *piece = &e->text->pieces[header_text_piece(e->text, token->start)];

    if (piece->opaque || piece->start < token->start)
        return piece->opaque;
    return piece->wire.len > piece->end - piece->start && *piece->wire.ptr == '=';
}

/* Writes ${token} as it stands in the field, if it is there. */
static bool copy_kept(struct encoder *e, const struct token *token)
{
    struct slice wire = header_wire(e->text, token->start, token->end), gap, text_gap;
    bool opens, closes;

    if (wire.ptr == NULL || header_wire_makes_word(e->text, token->start, token->end))
        return false;
    opens = opens_with_word(e, token);
    closes = e->shape.ptr[token->end - 1] == '\0';
    if (stands_on(e, token, wire, &gap)) {
        if (gap.len > 0 && first_line(gap) == gap.len &&
            e->column + gap.len + first_line(wire) > LINE_MOST && e->out.len > e->lead)
            append(e, SLICE("\r\n"));
        append(e, gap);
    } else {
        text_gap = end_run_before(e, part(e, token->gap, token->start), opens);
        begin_word(e, as_kept(e, token, text_gap, opens || e->word_last), first_line(wire),
                   LINE_MOST, (opens || e->word_last) && e->last != '(' && *wire.ptr != ')');
    }
    append(e, wire);
    e->wire_end = wire.ptr + wire.len;
    e->word_last = closes;
    return true;
}

/* --- what is new --------------------------------------------------------------------------------
 */

static void append_escaped(struct encoder *e, const struct token *token)
{
    for (size_t i = token->start; i < token->end; i++) {
        char c = e->text->text[i];

        if (e->shape.ptr[i] == '\0' && (c == '"' || c == '\\'))
            append(e, SLICE("\\"));
        append(e, slice_make(&c, 1));
    }
}

static void write_form(struct encoder *e, const struct token *token, enum form form)
{
    struct slice s = part(e, token->start, token->end);
    struct slice gap = end_run_before(e, part(e, token->gap, token->start), false);
    struct slice kept = as_kept(e, token, gap, e->word_last);

    begin_word(e, kept, s.len, kept.ptr != gap.ptr ? LINE_MOST : LINE_WANTED,
               e->word_last && (token->kind != TOKEN_FIXED || *s.ptr != ')'));
    if (form == FORM_QUOTED)
        append(e, SLICE("\""));
    if (form == FORM_PLAIN)
        append(e, s);
    else
        append_escaped(e, token);
    if (form == FORM_QUOTED)
        append(e, SLICE("\""));
    e->word_last = false;
}

/* ${s} for the run: well-formed, so that it can be cut between characters. */
static void append_clean(struct bytes *run, struct slice s)
{
    size_t length;

    for (; s.len > 0; s = slice_from(s, length > 0 ? length : 1)) {
        length = utf8_length(s);
        bytes_append(run, length > 0 ? slice_first(s, length) : SLICE("\xEF\xBF\xBD"));
    }
}

/* Adds to the run what the stretch from ${a} to ${b} of ${token} says: quotes and backslashes of
 * structure are left out. */
static void add_said(struct encoder *e, const struct token *token, size_t a, size_t b)
{
    bool escapes = token->kind == TOKEN_QUOTED || token->kind == TOKEN_COMMENT;
    size_t done = a;

    for (size_t i = a; i < b; i++) {
        char c = e->shape.ptr[i];

        if (!escapes || (c != '\\' && (c != '"' || token->kind == TOKEN_COMMENT)))
            continue;
        append_clean(&e->run, part(e, done, i));
        done = i + 1;
        i += c == '\\' ? 1 : 0;
    }
    append_clean(&e->run, part(e, done, b));
}

/* Writes ${token} as encoded-words: those that are kept as they stand, new ones between them. */
static void write_encoded(struct encoder *e, const struct token *token)
{
    struct token rest = *token; /* its blanks are written once */

    for (size_t i = header_text_piece(e->text, token->start);
         i < e->text->piece_count && e->text->pieces[i].start < token->end; i++) {
        const struct header_piece *piece = &e->text->pieces[i];
        size_t a = token->start > piece->start ? token->start : piece->start;
        size_t b = token->end < piece->end ? token->end : piece->end;
        struct slice wire = a < b ? header_wire_piece(piece, a, b) : SLICE_NONE;

        if (a >= b)
            continue;
        if (wire.ptr != NULL && piece->opaque) {
            struct slice gap = end_run_before(e, part(e, rest.gap, rest.start), true);

            begin_word(e, as_kept(e, &rest, gap, true), first_line(wire), LINE_MOST, word_apart(e));
            append(e, wire);
            e->word_last = true;
        } else {
            add_gap_to_run(e, &rest);
            add_said(e, token, a, b);
        }
        rest.gap = rest.start;
    }
}

/* Blanks at the very end; without a fold, behind which nothing would stand. */
static void write_blanks(struct encoder *e, const struct token *token)
{
    struct slice wire = header_wire(e->text, token->gap, token->start);
    bool words =
        e->text->silent > 0 && wire.ptr != NULL && wire.ptr + wire.len == e->text->tail.ptr;

    end_run(e);
    if (wire.ptr == NULL || (slice_find(wire, '\n') != SLICE_NOT_FOUND && !words)) {
        append(e, slice_first(part(e, token->gap, token->start), HEADER_GAP_MAX));
        return;
    }
    append(e, wire);
    e->wire_end = wire.ptr + wire.len;
}

static void write_token(struct encoder *e, const struct token *token)
{
    enum form form;

    if (token->kind == TOKEN_BLANK) {
        write_blanks(e, token);
        return;
    }
    if (copy_kept(e, token))
        return;
    form = header_form(e->text, e->shape, token, e->addresses);
    if (form == FORM_ENCODED)
        write_encoded(e, token);
    else
        write_form(e, token, form);
}

/* Whether words that say nothing stand behind what went out last, as they did. */
static bool has_silent_tail(const struct encoder *e)
{
    return e->text->silent > 0 && e->wire_end == e->text->tail.ptr;
}

/* Whether an encoded-word of the field is still there. */
static bool has_word(const struct encoder *e)
{
    for (size_t i = 0; i < e->text->piece_count; i++)
        if (e->text->pieces[i].kept && e->text->pieces[i].opaque)
            return true;
    return false;
}

/* A value of blanks that no word says: no line of its own for them, unless it was so. */
static void write_empty(struct encoder *e)
{
    struct slice lead = e->text->lead, tail = slice_from(e->text->tail, e->text->silent);
    bool folded =
        slice_find(lead, '\n') != SLICE_NOT_FOUND || slice_find(tail, '\n') != SLICE_NOT_FOUND;

    if (folded && e->wire_end != e->text->tail.ptr)
        lead = tail = SLICE_NONE;
    append(e, lead.len > 0 ? lead : SLICE(" "));
    append(e, tail);
}

static void write_all(struct encoder *e)
{
    struct tokens tokens;
    struct token token;

    e->wire_end = e->text->lead.ptr + e->text->lead.len;
    if (slice_trim(header_text_slice(e->text)).len == 0 && !has_word(e) && !has_silent_tail(e)) {
        write_empty(e);
        return;
    }
    append(e, e->text->lead.len > 0 ? e->text->lead : SLICE(" "));
    e->lead = e->out.len;
    e->wire_end = e->text->lead.ptr + e->text->lead.len;
    header_tokens_init(&tokens, e->shape, e->addresses);
    while (header_tokens_next(&tokens, &token))
        write_token(e, &token);
    end_run(e);
    append(e, slice_from(e->text->tail, has_silent_tail(e) ? 0 : e->text->silent));
}

struct slice header_text_encode(const struct header_text *text, struct slice name,
                                struct arena *arena)
{
    struct encoder e = {
        .text = text, .column = name.len + 1, .addresses = header_holds_addresses(name)};
    struct slice encoded = SLICE_NONE, whole;

    e.shape = header_text_shape(text, e.addresses, text->arena);
    if (text->incomplete || e.shape.ptr == NULL)
        return SLICE_NONE;
    bytes_init(&e.out, GROWTH * text->len + text->lead.len + text->tail.len + SLACK);
    bytes_init(&e.run, 3 * text->len + SLACK);
    write_all(&e);
    if (bytes_end(&e.run) == 0 && bytes_take(&e.out, &whole) == 0)
        encoded = arena_copy(arena, whole);
    if (encoded.ptr == NULL)
        arena_fail(arena);
    bytes_fini(&e.run);
    bytes_fini(&e.out);
    return encoded;
}
