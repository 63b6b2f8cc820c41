/* text: see text.h. */
#include "filters/decode/text.h"

#include "filters/base/charset_names.h"
#include "filters/base/utf8.h"

#define NAME_MAX_BYTES 64 /* of a charset; no name is so long */

/* --- what the text says of itself --- */

static const struct {
    struct slice mark;
    int charset;
} MARKS[] = {
    {SLICE_INIT("\xEF\xBB\xBF"), CHARSET_UTF_8},
    {SLICE_INIT("\xFF\xFE\0\0"), CHARSET_UTF_32LE}, /* before the one that begins as it does */
    {SLICE_INIT("\0\0\xFE\xFF"), CHARSET_UTF_32BE},
    {SLICE_INIT("\xFF\xFE"), CHARSET_UTF_16LE},
    {SLICE_INIT("\xFE\xFF"), CHARSET_UTF_16BE},
};

static int by_mark(struct slice text)
{
    for (size_t i = 0; i < sizeof(MARKS) / sizeof(MARKS[0]); i++)
        if (slice_starts(text, MARKS[i].mark))
            return MARKS[i].charset;
    return CHARSET_NONE;
}

static bool is_blank(char c)
{
    return ascii_is_blank(c) || c == '\r' || c == '\n' || c == '\f';
}

static struct slice skip_blanks(struct slice s)
{
    while (s.len > 0 && is_blank(*s.ptr))
        s = slice_from(s, 1);
    return s;
}

/* Past the next ${word} in ${s}, without case; ptr NULL: there is none. */
static struct slice past(struct slice s, struct slice word)
{
    for (; s.len >= word.len; s = slice_from(s, 1))
        if (slice_starts_case(s, word))
            return (struct slice){s.ptr + word.len, s.len - word.len};
    return SLICE_NONE;
}

/* The value behind "charset", in quotes or without: of an attribute, or inside of another's. */
static struct slice charset_value(struct slice s)
{
    size_t len = 0;

    s = skip_blanks(s);
    if (s.len == 0 || *s.ptr != '=')
        return SLICE_NONE;
    s = skip_blanks(slice_from(s, 1));
    if (s.len > 0 && (*s.ptr == '"' || *s.ptr == '\''))
        s = skip_blanks(slice_from(s, 1));
    while (len < s.len && len < NAME_MAX_BYTES && !is_blank(s.ptr[len]) &&
           strchr("\"';>/", s.ptr[len]) == NULL)
        len++;
    return slice_first(s, len);
}

/* The charset in a meta element's tag, or CHARSET_NONE. */
static int in_tag(struct slice s)
{
    int found = CHARSET_NONE;

    for (s = past(s, SLICE("charset")); s.ptr != NULL && found == CHARSET_NONE;
         s = past(s, SLICE("charset")))
        found = charset_find(charset_value(s));
    return found;
}

/* What a meta element declares; it cannot be read as UTF-16, so it is not meant. */
static int by_meta(struct slice text)
{
    int found = CHARSET_NONE;
    struct slice s = slice_first(text, TEXT_META_BYTES);

    for (s = past(s, SLICE("<meta")); s.ptr != NULL && found == CHARSET_NONE;
         s = past(s, SLICE("<meta"))) {
        struct slice tag = slice_first(s, slice_find(s, '>'));

        found = in_tag(tag);
        s = slice_from(s, tag.len); /* once through it, whatever stands in it */
    }
    if (found == CHARSET_UTF_16 || found == CHARSET_UTF_16LE || found == CHARSET_UTF_16BE)
        found = CHARSET_UTF_8;
    return found;
}

/* --- which they are --- */

struct choice {
    bool ascii, utf8; /* what the text is by its octets */
    int *charsets;
    size_t count;
};

/* As readers take a charset that is declared. */
static int as_read(const struct choice *choice, int charset)
{
    if (choice->ascii && charset <= CHARSET_CP1258) /* UTF-8, and those of Europe: all ASCII's */
        return CHARSET_UTF_8;
    if (charset == CHARSET_NONE || charset == CHARSET_ASCII)
        return choice->utf8 ? CHARSET_UTF_8 : CHARSET_CP1252;
    return charset == CHARSET_LATIN1 ? CHARSET_CP1252 : charset;
}

static void add(struct choice *choice, int charset)
{
    charset = as_read(choice, charset);
    for (size_t i = 0; i < choice->count; i++)
        if (choice->charsets[i] == charset)
            return;
    choice->charsets[choice->count++] = charset;
}

/* Whether ASCII in ${charset} is other octets than in nearly all: in EBCDIC, UTF-7, UTF-16. As
 * charset_names.h has them in order. */
static bool is_other_ascii(int charset)
{
    return (charset >= CHARSET_UTF_7 && charset <= CHARSET_EBCDIC_IS_FRISS) ||
           charset == CHARSET_UTF_7_IMAP || charset == CHARSET_IBM037 || charset == CHARSET_IBM500;
}

/* Whether so many octets are zero that ${text} is UTF-16 or UTF-32 to everybody. */
static bool is_wide(struct slice text)
{
    size_t zeros = 0;

    for (size_t i = 0; i < text.len; i++)
        zeros += text.ptr[i] == '\0';
    return zeros >= text.len / 4 + 1;
}

/* Readers who do not know ${charset}, or do not believe in it, show ASCII that stands in it; of
 * UTF-16 that does not say so, some begin with the high octet (RFC 2781, 4.3), some with the low.
 */
static void add_others(struct choice *choice, int charset, struct slice text)
{
    if (charset == CHARSET_UTF_16) {
        add(choice, CHARSET_UTF_16LE);
        add(choice, CHARSET_UTF_16BE);
    }
    if (is_other_ascii(charset) && !is_wide(text))
        add(choice, CHARSET_NONE);
}

bool text_is_doubtful(struct slice text, struct slice declared)
{
    return text.len > 0 && is_other_ascii(charset_find(declared)) && utf8_valid(text) &&
           slice_find(text, '\0') == SLICE_NOT_FOUND;
}

size_t text_charsets(struct slice text, struct slice declared, bool html,
                     int charsets[TEXT_CHARSETS_MAX])
{
    int of_mark = by_mark(text), of_type = charset_find(declared);
    int of_meta = html ? by_meta(text) : CHARSET_NONE;
    struct choice choice = {.ascii = !utf8_beyond_ascii(text), .charsets = charsets};

    choice.utf8 = choice.ascii || utf8_valid(text);
    if (of_mark != CHARSET_NONE)
        add(&choice, of_mark);
    if (of_type != CHARSET_NONE && (of_type != CHARSET_UTF_16 || of_mark != CHARSET_NONE))
        add(&choice, of_type);
    if (of_meta != CHARSET_NONE)
        add(&choice, of_meta);
    if (of_mark == CHARSET_NONE && text.len > 0)
        add_others(&choice, of_type, text);
    if (choice.count == 0)
        add(&choice, CHARSET_NONE);
    return choice.count;
}

/* --- in UTF-8 --- */

static struct slice without_mark(int charset, struct slice text)
{
    for (size_t i = 0; i < sizeof(MARKS) / sizeof(MARKS[0]); i++)
        if (MARKS[i].charset == charset && slice_starts(text, MARKS[i].mark))
            return slice_from(text, MARKS[i].mark.len);
    return text;
}

enum content_result text_to_utf8(struct charset_set *set, int charset, struct slice text,
                                 struct allowance *allowance, struct bytes *out)
{
    const int ways[] = {charset, CHARSET_CP1252, CHARSET_LATIN1};

    text = without_mark(charset, text);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (charset_convert(set, ways[i], text, allowance, out) == 0)
            return CONTENT_READ;
        if (bytes_end(out) != 0)
            return CONTENT_MEMORY;
        if (allowance->ended)
            return CONTENT_OVER;
    }
    return CONTENT_MEMORY; /* the last way needs nothing but that */
}
