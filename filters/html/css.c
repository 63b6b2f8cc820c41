/* css: see css.h. */
#include "filters/html/css.h"

static bool is_space(char c)
{
    return ascii_is_space(c) || c == '\f';
}

/* --- finding ends --------------------------------------------------------------------------- */

/* Behind the comment that begins at ${at}. */
static size_t skip_comment(struct slice s, size_t at)
{
    const char *end = memmem(s.ptr + at + 2, s.len - at - 2, "*/", 2);

    return end != NULL ? (size_t)(end - s.ptr) + 2 : s.len;
}

/* Behind the string whose quote stands at ${at}; one that its line ends is over there. */
static size_t skip_string(struct slice s, size_t at)
{
    char quote = s.ptr[at++];

    while (at < s.len && s.ptr[at] != quote && s.ptr[at] != '\n')
        at += s.ptr[at] == '\\' ? 2 : 1;
    return at < s.len ? at + 1 : s.len;
}

static bool is_comment(struct slice s, size_t at)
{
    return s.ptr[at] == '/' && at + 1 < s.len && s.ptr[at + 1] == '*';
}

/* Behind the piece at ${at}: a string, a comment, an escape or one character. */
static size_t skip_piece(struct slice s, size_t at)
{
    if (s.ptr[at] == '"' || s.ptr[at] == '\'')
        return skip_string(s, at);
    if (is_comment(s, at))
        return skip_comment(s, at);
    return s.ptr[at] == '\\' && at + 1 < s.len ? at + 2 : at + 1;
}

/* Where one of ${ends} stands at ${at} or behind it, outside of strings, comments and brackets. */
static size_t find_end(struct slice s, size_t at, struct slice ends)
{
    size_t depth = 0;

    while (at < s.len) {
        char c = s.ptr[at];

        if (depth == 0 && slice_find(ends, c) != SLICE_NOT_FOUND)
            return at;
        if (c == '(' || c == '[' || c == '{')
            depth++;
        else if ((c == ')' || c == ']' || c == '}') && depth > 0)
            depth--;
        at = skip_piece(s, at);
    }
    return s.len;
}

/* --- what a text means ---------------------------------------------------------------------- */

/* The character of the escape at *${at}, ASCII or "?"; *${at} goes behind it. */
static char read_escape(struct slice s, size_t *at)
{
    uint32_t code = 0;
    size_t from = ++*at;

    while (*at < s.len && *at < from + 6 && ascii_hex(s.ptr[*at]) >= 0)
        code = code << 4 | (uint32_t)ascii_hex(s.ptr[(*at)++]);
    if (*at == from)
        return *at < s.len ? s.ptr[(*at)++] : '?';
    if (*at < s.len && is_space(s.ptr[*at]))
        ++*at;
    return code > 0 && code < 0x80 ? (char)code : '?';
}

static struct slice understand(struct slice s, char text[CSS_TEXT_MAX])
{
    size_t len = 0, at = 0;

    while (at < s.len && len < CSS_TEXT_MAX) {
        char c = s.ptr[at];

        if (is_comment(s, at)) { /* parts words */
            at = skip_comment(s, at);
            c = ' ';
        } else if (c == '\\')
            c = read_escape(s, &at);
        else
            at++;
        if (!is_space(c))
            text[len++] = ascii_lower(c);
        else if (len > 0 && text[len - 1] != ' ')
            text[len++] = ' ';
    }
    return slice_trim(slice_make(text, len));
}

static struct slice without_importance(struct slice value)
{
    size_t mark = slice_find(value, '!');

    return slice_trim(slice_first(value, mark));
}

bool css_declaration(struct slice *rest, struct css_declaration *declaration)
{
    while (rest->len > 0) {
        size_t colon = find_end(*rest, 0, SLICE(":;"));
        size_t end = find_end(*rest, colon, SLICE(";"));
        struct slice name = slice_first(*rest, colon), value = slice_part(*rest, colon + 1, end);

        *rest = slice_from(*rest, end + 1);
        if (colon >= end)
            continue;
        declaration->name = understand(name, declaration->name_text);
        declaration->value = without_importance(understand(value, declaration->value_text));
        return true;
    }
    return false;
}

/* --- rules ---------------------------------------------------------------------------------- */

/* Blanks, comments, and the marks of comments of HTML. */
static size_t skip_blank(struct slice s)
{
    size_t at = 0;

    while (at < s.len) {
        if (is_comment(s, at))
            at = skip_comment(s, at);
        else if (slice_starts(slice_from(s, at), SLICE("<!--")))
            at += 4;
        else if (slice_starts(slice_from(s, at), SLICE("-->")))
            at += 3;
        else if (is_space(s.ptr[at]) || s.ptr[at] == '}')
            at++;
        else
            break;
    }
    return at;
}

bool css_rule(struct slice *rest, struct slice *selectors, struct slice *block)
{
    for (;;) {
        size_t open, close;
        bool special;

        *rest = slice_from(*rest, skip_blank(*rest));
        special = rest->len > 0 && rest->ptr[0] == '@';
        open = find_end(*rest, 0, special ? SLICE("{;") : SLICE("{"));
        if (open >= rest->len)
            return false;
        close = rest->ptr[open] == ';' ? open : find_end(*rest, open + 1, SLICE("}"));
        *selectors = slice_first(*rest, open);
        *block = slice_part(*rest, open + 1, close);
        *rest = slice_from(*rest, close + 1);
        if (!special)
            return true;
    }
}
