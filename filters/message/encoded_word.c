/* encoded_word: see encoded_word.h. */
#include "filters/message/encoded_word.h"

#include "filters/base/base64.h"

#include "filters/base/charset.h"

#define CHARSET_NAME_MAX 64 /* with its language; also what keeps a header of "=?" linear */

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char HEX[] = "0123456789ABCDEF";

/* --- reading -------------------------------------------------------------------------------- */

/* The length of the encoded text at the front of ${s}; SLICE_NOT_FOUND when no "?=" ends it. Any
 * byte may stand in it: readers take what RFC 2047 forbids there. */
static size_t text_length(struct slice s)
{
    size_t mark = slice_find(s, '?');

    return mark != SLICE_NOT_FOUND && mark + 1 < s.len && s.ptr[mark + 1] == '=' ? mark
                                                                                 : SLICE_NOT_FOUND;
}

/* Also in the alphabet for URLs (RFC 4648, 5). */
static int any_digit(char c)
{
    return c == '-' ? 62 : c == '_' ? 63 : base64_digit(c);
}

/* Whether ${s} begins as a word does, "=?charset?q?", of whatever charset; where its text begins.
 */
static bool split_head(struct slice s, struct slice *charset, bool *base64, size_t *text_at)
{
    struct slice rest = slice_from(s, 2);
    size_t mark = slice_find(slice_first(rest, CHARSET_NAME_MAX), '?');
    char encoding;

    if (!slice_starts(s, SLICE("=?")) || mark == SLICE_NOT_FOUND || mark + 2 >= rest.len)
        return false;
    encoding = ascii_lower(rest.ptr[mark + 1]);
    if ((encoding != 'b' && encoding != 'q') || rest.ptr[mark + 2] != '?')
        return false;
    *charset = slice_first(rest, mark);
    *base64 = encoding == 'b';
    *text_at = 2 + mark + 3;
    return true;
}

bool encoded_word_parse(struct slice s, struct encoded_word *word)
{
    struct slice charset, rest;
    size_t text_at, text_len;

    if (!split_head(s, &charset, &word->base64, &text_at))
        return false;
    word->charset = charset_find(charset);
    word->standard = false;
    word->closed = true;
    rest = slice_from(s, text_at);
    text_len = text_length(rest);
    if (word->charset == CHARSET_NONE || text_len == SLICE_NOT_FOUND)
        return false;
    word->text = slice_first(rest, text_len);
    word->length = text_at + text_len + 2;
    return true;
}

bool encoded_word_opens(struct slice s)
{
    struct slice charset;
    size_t text_at;
    bool base64;

    return split_head(s, &charset, &base64, &text_at) && charset_find(charset) != CHARSET_NONE &&
           slice_find(slice_from(s, text_at), '?') == SLICE_NOT_FOUND;
}

/* The length of the text at the front of ${s}: up to "?=" or to where another word begins; *${mark}
 * is how long what ends it is. Only in Q the end of all may be its end. */
static size_t guessed_length(struct slice s, bool base64, size_t *mark)
{
    for (size_t i = 0; i + 1 < s.len; i++) {
        bool closes = s.ptr[i] == '?' && s.ptr[i + 1] == '=';
        struct slice charset;
        size_t text_at;
        bool other;

        *mark = closes ? 2 : 0;
        if (closes || (s.ptr[i] == '=' && s.ptr[i + 1] == '?' &&
                       split_head(slice_from(s, i), &charset, &other, &text_at)))
            return i;
    }
    *mark = 0;
    return base64 ? SLICE_NOT_FOUND : s.len;
}

static bool surrounds_name(char c)
{
    return c == ' ' || c == '\t' || c == '"' || c == '\'';
}

bool encoded_word_guess(struct slice s, struct encoded_word *word)
{
    struct slice charset, rest;
    size_t text_at, text_len, mark;

    if (!split_head(s, &charset, &word->base64, &text_at))
        return false;
    while (charset.len > 0 && surrounds_name(charset.ptr[0]))
        charset = slice_from(charset, 1);
    while (charset.len > 0 && surrounds_name(charset.ptr[charset.len - 1]))
        charset.len--;
    word->charset = charset_find(charset);
    word->standard = true;
    rest = slice_from(s, text_at);
    text_len = guessed_length(rest, word->base64, &mark);
    if (text_len == SLICE_NOT_FOUND)
        return false;
    word->text = slice_first(rest, text_len);
    word->closed = mark > 0;
    word->length = text_at + text_len + mark;
    return true;
}

bool encoded_word_is_odd(const struct encoded_word *word)
{
    struct slice text = word->text;
    size_t digits = 0;

    if (!word->base64)
        return (text.len > 0 && text.ptr[text.len - 1] == '=') ||
               (text.len > 1 && text.ptr[text.len - 2] == '=');
    for (size_t i = 0; i < text.len; i++) {
        if (any_digit(text.ptr[i]) != base64_digit(text.ptr[i]))
            return true;
        digits += base64_digit(text.ptr[i]) >= 0;
        digits = text.ptr[i] == '=' ? 0 : digits;
    }
    return digits % 4 != 0;
}

/* What is no digit is passed over, as blanks of a fold; but padding begins anew. */
static void decode_base64(struct slice text, bool standard, struct bytes *out)
{
    uint32_t bits = 0;
    unsigned have = 0; /* bits not yet put out */

    for (size_t i = 0; i < text.len; i++) {
        int digit = standard ? base64_digit(text.ptr[i]) : any_digit(text.ptr[i]);

        if (text.ptr[i] == '=')
            have = 0;
        if (digit < 0)
            continue;
        bits = (bits << 6 | (uint32_t)digit) & 0xFFFFFF;
        have += 6;
        if (have >= 8) {
            have -= 8;
            bytes_append_char(out, (char)(bits >> have & 0xFF)); /* a failure sticks */
        }
    }
}

static void decode_q(struct slice text, struct bytes *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '_') {
            c = ' ';
        } else if (c == '=' && i + 2 < text.len && ascii_hex(text.ptr[i + 1]) >= 0 &&
                   ascii_hex(text.ptr[i + 2]) >= 0) {
            c = (char)(ascii_hex(text.ptr[i + 1]) << 4 | ascii_hex(text.ptr[i + 2]));
            i += 2;
        }
        bytes_append_char(out, c); /* a failure sticks */
    }
}

int encoded_word_decode(const struct encoded_word *word, struct bytes *out)
{
    if (word->base64)
        decode_base64(word->text, word->standard, out);
    else
        decode_q(word->text, out);
    return bytes_end(out);
}

/* --- writing -------------------------------------------------------------------------------- */

static bool stands_for_itself(char c)
{
    return base64_digit(c) >= 0 || c == '!' || c == '*' || c == '-';
}

size_t encoded_word_length(struct slice text, bool base64)
{
    size_t length = ENCODED_WORD_FRAME;

    if (base64)
        return length + (text.len + 2) / 3 * 4;
    for (size_t i = 0; i < text.len; i++)
        length += stands_for_itself(text.ptr[i]) || text.ptr[i] == ' ' ? 1 : 3;
    return length;
}

static void append_base64(struct slice text, struct bytes *out)
{
    for (size_t i = 0; i < text.len; i += 3) {
        uint32_t bits = 0;
        char quantum[4];

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < text.len ? (unsigned char)text.ptr[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            quantum[k] = i + k <= text.len ? BASE64[bits >> (18 - 6 * k) & 0x3F] : '=';
        bytes_append(out, slice_make(quantum, sizeof(quantum))); /* a failure sticks */
    }
}

static void append_q(struct slice text, struct bytes *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        char hex[3] = {'=', HEX[c >> 4], HEX[c & 0xF]};

        if (c == ' ')
            bytes_append_char(out, '_'); /* a failure sticks */
        else if (stands_for_itself((char)c))
            bytes_append_char(out, (char)c);
        else
            bytes_append(out, slice_make(hex, sizeof(hex)));
    }
}

int encoded_word_append(struct slice text, bool base64, struct bytes *out)
{
    bytes_append(out, base64 ? SLICE("=?UTF-8?B?") : SLICE("=?UTF-8?Q?"));
    if (base64)
        append_base64(text, out);
    else
        append_q(text, out);
    bytes_append(out, SLICE("?="));
    return bytes_end(out);
}
