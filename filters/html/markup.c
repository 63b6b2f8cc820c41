/* markup: see markup.h. The states are named as in the standard. */
#include "filters/html/markup.h"

/* Where ${what} begins in ${s} at ${at} or behind it; the end of ${s} if nowhere. */
static size_t find_from(struct slice s, size_t at, struct slice what)
{
    const char *found = at < s.len ? memmem(s.ptr + at, s.len - at, what.ptr, what.len) : NULL;

    return found != NULL ? (size_t)(found - s.ptr) : s.len;
}

static size_t find_char(struct slice s, size_t at, char c)
{
    size_t found = slice_find(slice_from(s, at), c);

    return found == SLICE_NOT_FOUND ? s.len : at + found;
}

/* --- attributes ----------------------------------------------------------------------------- */

/* "After attribute name state" and those of values: the value at *${at}, which stands behind a
 * name. */
static struct slice read_value(struct slice s, size_t *at)
{
    size_t from = *at;

    while (from < s.len && markup_space(s.ptr[from]))
        from++;
    if (from == s.len || s.ptr[from] != '=')
        return SLICE_NONE;
    for (from++; from < s.len && markup_space(s.ptr[from]);)
        from++;
    if (from < s.len && (s.ptr[from] == '"' || s.ptr[from] == '\'')) {
        size_t end = find_char(s, from + 1, s.ptr[from]);

        *at = end < s.len ? end + 1 : s.len;
        return end < s.len ? slice_part(s, from + 1, end) : SLICE_NONE;
    }
    for (*at = from; *at < s.len && !markup_space(s.ptr[*at]) && s.ptr[*at] != '>';)
        ++*at;
    return slice_part(s, from, *at);
}

/* "Before attribute name state" and "attribute name state". False at ">" or at the end. */
static bool read_attribute(struct slice s, size_t *at, struct markup_attribute *attribute)
{
    size_t from = *at, end;

    while (from < s.len && (markup_space(s.ptr[from]) || s.ptr[from] == '/'))
        from++;
    *at = from;
    if (from == s.len || s.ptr[from] == '>')
        return false;
    for (end = from + 1; end < s.len && !markup_space(s.ptr[end]) && s.ptr[end] != '/' &&
                         s.ptr[end] != '>' && s.ptr[end] != '=';)
        end++;
    attribute->name = slice_part(s, from, end);
    *at = end;
    attribute->value = read_value(s, at);
    return true;
}

bool markup_attribute(struct slice *rest, struct markup_attribute *attribute)
{
    size_t at = 0;
    bool found = read_attribute(*rest, &at, attribute);

    *rest = slice_from(*rest, at);
    return found;
}

/* --- tags and comments ---------------------------------------------------------------------- */

/* "Tag name state", from the name's first letter. False: the source ends in it. */
static bool read_tag(struct slice s, size_t *at, enum markup_kind kind, struct markup *token)
{
    struct markup_attribute attribute;
    size_t end = *at, from, last;

    while (end < s.len && !markup_space(s.ptr[end]) && s.ptr[end] != '/' && s.ptr[end] != '>')
        end++;
    token->kind = kind;
    token->text = slice_part(s, *at, end);
    from = last = end;
    while (read_attribute(s, &end, &attribute))
        last = end;
    if (end == s.len) {
        *at = s.len;
        return false;
    }
    token->attributes = slice_part(s, from, end);
    token->empty = end > last && s.ptr[end - 1] == '/'; /* and not of a value */
    *at = end + 1;
    return true;
}

/* "Comment start state" and what follows: ends at "-->" and "--!>", at once at ">" and "->". */
static void read_comment(struct slice s, size_t *at, struct markup *token)
{
    size_t from = *at, end = from;

    token->kind = MARKUP_COMMENT;
    if (slice_starts(slice_from(s, from), SLICE(">")) ||
        slice_starts(slice_from(s, from), SLICE("->"))) {
        token->text = SLICE_NONE;
        *at = find_char(s, from, '>') + 1;
        return;
    }
    for (;; end++) {
        struct slice tail;

        end = find_from(s, end, SLICE("--"));
        tail = slice_from(s, end + 2);
        if (end == s.len || slice_starts(tail, SLICE(">")) || slice_starts(tail, SLICE("!>")))
            break;
    }
    token->text = slice_part(s, from, end);
    *at = end == s.len ? s.len : find_char(s, end, '>') + 1;
}

/* A section of CDATA, whose "<![CDATA[" stands at *${at}. */
static void read_cdata(struct slice s, size_t *at, struct markup *token)
{
    size_t from = *at + 9, end = find_from(s, from, SLICE("]]>"));

    *token = (struct markup){.kind = MARKUP_TEXT, .text = slice_part(s, from, end), .plain = true};
    *at = end == s.len ? s.len : end + 3;
}

/* "Tag open state", "end tag open state" and "markup declaration open state": what begins with "<"
 * at *${at}. False: nothing that is a token, or the source's end. */
static bool read_markup(struct slice s, size_t *at, bool foreign, struct markup *token)
{
    struct slice rest = slice_from(s, *at);
    size_t name;

    if (ascii_is_letter(rest.ptr[1])) {
        *at += 1;
        return read_tag(s, at, MARKUP_OPEN, token);
    }
    if (rest.ptr[1] == '/' && rest.len > 2 && ascii_is_letter(rest.ptr[2])) {
        *at += 2;
        return read_tag(s, at, MARKUP_CLOSE, token);
    }
    if (slice_starts(rest, SLICE("<!--"))) {
        *at += 4;
        read_comment(s, at, token);
        return true;
    }
    if (foreign && slice_starts(rest, SLICE("<![CDATA["))) {
        read_cdata(s, at, token);
        return true;
    }
    name = find_char(s, *at, '>'); /* "bogus comment state"; doctypes end so, too */
    *at = name < s.len ? name + 1 : s.len;
    return false;
}

/* Whether "<" at ${at} begins a tag, a comment or the like: "tag open state". */
static bool is_markup(struct slice s, size_t at)
{
    char next = at + 1 < s.len ? s.ptr[at + 1] : '\0';

    if (next == '/')
        return at + 2 < s.len;
    return ascii_is_letter(next) || next == '!' || next == '?';
}

void markup_next(struct slice source, size_t *at, bool foreign, struct markup *token)
{
    *token = (struct markup){.kind = MARKUP_END};
    while (*at < source.len) {
        size_t from = *at, end = find_char(source, from, '<');

        while (end < source.len && !is_markup(source, end))
            end = find_char(source, end + 1, '<');
        if (end > from) {
            *token = (struct markup){.kind = MARKUP_TEXT, .text = slice_part(source, from, end)};
            *at = end;
            return;
        }
        if (read_markup(source, at, foreign, token))
            return;
        *token = (struct markup){.kind = MARKUP_END};
    }
}

/* --- texts up to an end tag ----------------------------------------------------------------- */

/* Whether ${s} begins with ${name} and what ends a tag's name. */
static bool names(struct slice s, struct slice name)
{
    struct slice rest = slice_from(s, name.len);

    return slice_starts_case(s, name) && rest.len > 0 &&
           (markup_space(rest.ptr[0]) || rest.ptr[0] == '/' || rest.ptr[0] == '>');
}

/* Where "</name" stands at ${at} or behind it; the end of ${s} if nowhere. */
static size_t find_close(struct slice s, size_t at, struct slice name)
{
    for (at = find_from(s, at, SLICE("</")); at < s.len; at = find_from(s, at + 2, SLICE("</")))
        if (names(slice_from(s, at + 2), name))
            break;
    return at;
}

/* "Script data state" and its escaped ones: in "<!--" a "<script" must be closed before the script
 * can be. */
static size_t find_script_end(struct slice s, size_t at)
{
    enum { DATA, ESCAPED, DOUBLE } state = DATA;

    for (; at < s.len; at++) {
        struct slice rest = slice_from(s, at);

        if (s.ptr[at] == '-' && state != DATA && slice_starts(rest, SLICE("-->")))
            state = DATA;
        if (s.ptr[at] != '<')
            continue;
        if (state == DATA && slice_starts(rest, SLICE("<!--"))) {
            state = ESCAPED;
            at += 1; /* "<!-->" ends it at once */
        } else if (state == ESCAPED && names(slice_from(rest, 1), SLICE("script"))) {
            state = DOUBLE;
        } else if (slice_starts(rest, SLICE("</")) && names(slice_from(rest, 2), SLICE("script"))) {
            if (state != DOUBLE)
                return at;
            state = ESCAPED;
        }
    }
    return s.len;
}

void markup_raw(struct slice source, size_t *at, enum markup_model model, struct slice name,
                struct markup *token)
{
    size_t end =
        model == MARKUP_SCRIPT ? find_script_end(source, *at) : find_close(source, *at, name);

    *token = (struct markup){
        .kind = MARKUP_TEXT, .text = slice_part(source, *at, end), .plain = model != MARKUP_RCDATA};
    *at = end;
}
