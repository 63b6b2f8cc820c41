/* token: see token.h. */
#include "conf/read/token.h"

#include <stdlib.h>

#include "filters/base/utf8.h"

#define MARKS      "=:;,()[]{}"
#define NUMBER_MAX 64 /* longer ones are none */

static bool is_name(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || c == '*' || c == '-' || c == '_';
}

static bool is_number(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || c == '.';
}

static bool is_blank(char c)
{
    return ascii_is_space(c) || c == '\f';
}

static bool is_mark(char c)
{
    return c != '\0' && strchr(MARKS, c) != NULL;
}

static bool is_word(char c)
{
    return !is_blank(c) && c != '"' && c != '=' && (!is_mark(c) || c == ':');
}

static size_t run_length(struct slice s, bool (*is)(char))
{
    size_t length = 0;

    while (length < s.len && is(s.ptr[length]))
        length++;
    return length;
}

static void pass(struct token_scan *scan, size_t length)
{
    for (size_t i = 0; i < length; i++)
        scan->line += scan->rest.ptr[i] == '\n';
    scan->rest = slice_from(scan->rest, length);
}

/* The length of the comment at the front, 0: there is none. One that never ends is all that is
 * left.
 */
static size_t comment_length(struct slice s)
{
    if (slice_starts(s, SLICE("#")) || slice_starts(s, SLICE("//")))
        return slice_first(s, slice_find(s, '\n')).len;
    if (!slice_starts(s, SLICE("/*")))
        return 0;
    for (size_t i = 2; i + 1 < s.len; i++)
        if (s.ptr[i] == '*' && s.ptr[i + 1] == '/')
            return i + 2;
    return s.len;
}

static void pass_blanks(struct token_scan *scan)
{
    for (size_t length = 1; length > 0;) {
        pass(scan, run_length(scan->rest, is_blank));
        length = comment_length(scan->rest);
        pass(scan, length);
    }
}

/* With its quotes; SLICE_NOT_FOUND: it never ends. */
static size_t string_length(struct slice s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '"')
            return i + 1;
        if (s.ptr[i] == '\\')
            i++;
    }
    return SLICE_NOT_FOUND;
}

/* Whether libconfig reads it so: 10, 0x1F, 10L, 1.5, 1e10. */
static bool reads_as_number(struct slice s)
{
    char text[NUMBER_MAX], *end;

    if (s.len >= sizeof(text))
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    (void)strtoll(text, &end, slice_starts_case(s, SLICE("0x")) ? 16 : 10);
    if (*end == 'L')
        end += end[1] == 'L' ? 2 : 1;
    if (*end == '\0')
        return true;
    if (strpbrk(text, "xXnNiI") != NULL)
        return false; /* strtod knows more than libconfig: 0x1p3, nan, inf */
    (void)strtod(text, &end);
    return *end == '\0';
}

static bool starts_number(struct slice s)
{
    size_t sign = *s.ptr == '-' || *s.ptr == '+' ? 1 : 0;

    return s.len > sign &&
           (ascii_is_digit(s.ptr[sign]) ||
            (s.ptr[sign] == '.' && s.len > sign + 1 && ascii_is_digit(s.ptr[sign + 1])));
}

static struct token take(struct token_scan *scan, enum token_kind kind, size_t length)
{
    struct token token = {kind, slice_first(scan->rest, length), scan->line};

    pass(scan, length);
    return token;
}

static struct token take_string(struct token_scan *scan)
{
    size_t length = string_length(scan->rest);

    if (length == SLICE_NOT_FOUND)
        return take(scan, TOKEN_OPEN_STRING, scan->rest.len);
    return take(scan, TOKEN_STRING, length);
}

/* An exponent may have a sign of its own. */
static size_t number_length(struct slice s)
{
    size_t length = 1 + run_length(slice_from(s, 1), is_number);
    bool sign = length + 1 < s.len && (s.ptr[length] == '-' || s.ptr[length] == '+') &&
                ascii_is_digit(s.ptr[length + 1]);

    if (sign && ascii_lower(s.ptr[length - 1]) == 'e' && !slice_starts_case(s, SLICE("0x")))
        length += 1 + run_length(slice_from(s, length + 1), ascii_is_digit);
    return length;
}

static struct token take_number(struct token_scan *scan)
{
    size_t length = number_length(scan->rest);
    bool good = reads_as_number(slice_first(scan->rest, length));

    return take(scan, good ? TOKEN_NUMBER : TOKEN_JUNK, length);
}

static struct token take_name(struct token_scan *scan)
{
    struct slice text = slice_first(scan->rest, run_length(scan->rest, is_name));
    bool boolean = slice_equal_case(text, SLICE("true")) || slice_equal_case(text, SLICE("false"));

    return take(scan, boolean ? TOKEN_BOOLEAN : TOKEN_NAME, text.len);
}

struct token token_next(struct token_scan *scan)
{
    pass_blanks(scan);
    if (scan->rest.len == 0)
        return take(scan, TOKEN_END, 0);
    char c = *scan->rest.ptr;
    if (c == '"')
        return take_string(scan);
    if (is_mark(c))
        return take(scan, TOKEN_MARK, 1);
    if (ascii_is_letter(c) || c == '*')
        return take_name(scan);
    if (starts_number(scan->rest))
        return take_number(scan);
    size_t length = utf8_length(scan->rest);
    return take(scan, TOKEN_JUNK, length > 0 ? length : 1);
}

bool token_is(const struct token *token, char mark)
{
    return token->kind == TOKEN_MARK && *token->text.ptr == mark;
}

unsigned token_lines(const struct token *token)
{
    unsigned lines = 0;

    for (size_t i = 0; i < token->text.len; i++)
        lines += token->text.ptr[i] == '\n';
    return lines;
}

struct slice token_word(struct slice text)
{
    return slice_first(text, run_length(text, is_word));
}
