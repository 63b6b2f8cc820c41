/* header_encode: a text as a field's value for the wire (RFC 5322, 2.2.3; RFC 2047).
 *
 * The text is taken apart at its blanks. A word of printable ASCII is written as it stands; others
 * become encoded-words, neighbours together with the blanks between them, because a reader drops
 * blanks between encoded-words. Lines are broken before a word, in front of the blanks that precede
 * it, so that unfolding gives the text back.
 */
#include "filters/base/utf8.h"
#include "filters/encoded_word.h"
#include "filters/header.h"
#include "filters/quoted.h"

#define LINE_WANTED   78  /* columns, RFC 5322, 2.1.1 */
#define PLAIN_MAX     900 /* bytes of a word written as it stands; a line has 998 at most */
#define GAP_MAX       60  /* blanks written as they stand */
#define WORD_SHORTEST (ENCODED_WORD_FRAME + 12) /* room for one character in either encoding */
#define GROWTH        48 /* a byte as a word of its own, with a fold, takes less */
#define SLACK         1024

struct encoder {
    struct bytes out;
    struct bytes run; /* what the encoded-words under way are to hold */
    struct slice run_gap;
    size_t column;
    bool addresses; /* quoted strings and brackets have a meaning */
};

/* One word of the text with the blanks before it. */
struct token {
    struct slice gap;
    struct slice word;
    bool plain;  /* may be written as it stands */
    bool quoted; /* "..." in a list of addresses */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* --- taking the text apart ----------------------------------------------------------------------
 */

/* In a list of addresses a word also ends before a quote or "<" and after a comma. */
static size_t word_length(struct slice s, bool addresses)
{
    size_t len = 0;

    while (len < s.len && !is_blank(s.ptr[len])) {
        char c = s.ptr[len];

        if (addresses && len > 0 && (c == '"' || c == '<'))
            break;
        len++;
        if (addresses && c == ',')
            break;
    }
    return len;
}

/* "=?" would make a reader see an encoded-word that the text does not have. */
static bool is_plain(struct slice word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] != '\t' && (word.ptr[i] < ' ' || word.ptr[i] > '~'))
            return false;
        if (word.ptr[i] == '=' && i + 1 < word.len && word.ptr[i + 1] == '?')
            return false;
    }
    return word.len <= PLAIN_MAX;
}

static struct token next_token(struct encoder *e, struct slice *rest)
{
    struct token token = {.gap = slice_first(*rest, rest->len - slice_trim_start(*rest).len)};
    struct slice s = slice_from(*rest, token.gap.len);
    size_t quoted = 0;

    if (e->addresses && s.len > 0 && *s.ptr == '"') {
        quoted = quoted_length(s);
        e->addresses = quoted > 0; /* an open quote: do not look again from each one that follows */
    }
    token.quoted = quoted > 0;
    token.word = slice_first(s, token.quoted ? quoted : word_length(s, e->addresses));
    token.plain = token.gap.len <= GAP_MAX && is_plain(token.word);
    *rest = slice_from(s, token.word.len);
    return token;
}

/* --- writing
 * -------------------------------------------------------------------------------------- */

static void append(struct encoder *e, struct slice s)
{
    bytes_append(&e->out, s); /* a failure sticks */
    e->column += s.len;
}

/* Begins the next word: its blanks, after a line break when ${room} columns are not left for both.
 */
static void begin_word(struct encoder *e, struct slice gap, size_t room)
{
    bool first = e->out.len == 1;
    bool fits = e->column + gap.len + room <= LINE_WANTED;
    bool fold = !fits && (!first || e->column > LINE_WANTED / 2);

    if (gap.len == 0 && (fold || !first))
        gap = SLICE(" ");
    if (fold) {
        append(e, SLICE("\r\n"));
        e->column = 0;
    }
    append(e, gap);
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

static void end_run(struct encoder *e)
{
    struct slice text, gap = e->run_gap;
    bool base64;

    if (bytes_take(&e->run, &text) != 0)
        return;
    base64 = encoded_word_length(text, true) < encoded_word_length(text, false);
    while (text.len > 0) {
        struct slice piece;
        size_t room;

        begin_word(e, gap, WORD_SHORTEST);
        room =
            e->column + ENCODED_WORD_MAX > LINE_WANTED ? LINE_WANTED - e->column : ENCODED_WORD_MAX;
        piece = piece_of(text, base64, room);
        e->column += encoded_word_length(piece, base64);
        if (encoded_word_append(piece, base64, &e->out) != 0)
            return;
        text = slice_from(text, piece.len);
        gap = SLICE(" ");
    }
    bytes_clear(&e->run);
}

/* A quoted string's text, its quotes and backslashes left out. */
static void append_unquoted(struct bytes *run, struct slice quoted)
{
    for (size_t i = 1; i + 1 < quoted.len; i++) {
        if (quoted.ptr[i] == '\\' && i + 2 < quoted.len)
            i++;
        bytes_append_char(run, quoted.ptr[i]); /* a failure sticks */
    }
}

static void add_to_run(struct encoder *e, const struct token *token)
{
    struct slice inside = token->gap;

    if (e->run.len == 0) { /* one blank of them parts the run from what precedes it */
        e->run_gap = slice_first(token->gap, 1);
        inside = slice_from(token->gap, 1);
        if (token->gap.len <= GAP_MAX) {
            e->run_gap = token->gap;
            inside = SLICE_NONE;
        }
    }
    bytes_append(&e->run, inside); /* a failure sticks */
    if (token->quoted)
        append_unquoted(&e->run, token->word);
    else
        bytes_append(&e->run, token->word);
}

static void write_tokens(struct encoder *e, struct slice text)
{
    while (text.len > 0) {
        struct token token = next_token(e, &text);

        if (!token.plain) {
            add_to_run(e, &token);
            continue;
        }
        end_run(e);
        begin_word(e, token.gap, token.word.len);
        append(e, token.word);
    }
    end_run(e);
}

/* ${text} as the encoder wants it: no CR, LF or NUL, and well-formed. */
static void append_clean(struct bytes *clean, struct slice text)
{
    size_t length;

    for (; text.len > 0; text = slice_from(text, length > 0 ? length : 1)) {
        length = utf8_length(text);
        if (length == 0)
            bytes_append(clean, SLICE("\xEF\xBF\xBD")); /* U+FFFD; a failure sticks */
        else if (length > 1 || (*text.ptr != '\r' && *text.ptr != '\n' && *text.ptr != '\0'))
            bytes_append(clean, slice_first(text, length));
    }
}

struct slice header_encode(struct slice name, struct slice text, struct arena *arena)
{
    struct encoder e = {.column = name.len + 2, .addresses = header_holds_addresses(name)};
    struct slice encoded = SLICE_NONE, text_clean, whole;
    struct bytes clean;

    bytes_init(&clean, 3 * text.len);
    bytes_init(&e.out, GROWTH * text.len + SLACK);
    bytes_init(&e.run, 3 * text.len);
    append_clean(&clean, text);
    bytes_append(&e.out, SLICE(" "));
    if (bytes_take(&clean, &text_clean) == 0) {
        write_tokens(&e, slice_trim(text_clean));
        if (bytes_end(&e.run) == 0 && bytes_take(&e.out, &whole) == 0)
            encoded = arena_copy(arena, whole);
    }
    if (encoded.ptr == NULL)
        arena_fail(arena);
    bytes_fini(&e.run);
    bytes_fini(&e.out);
    bytes_fini(&clean);
    return encoded;
}
