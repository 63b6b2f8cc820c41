/* place: see place.h. */
#include "filters/revise/place.h"

#include "filters/html/element.h"
#include "filters/html/markup.h"

/* What the text of an element like script holds is no tag. */
static void pass_raw(struct slice octets, size_t *at, struct slice name)
{
    static const enum markup_model MODELS[] = {
        [ELEMENT_RCDATA] = MARKUP_RCDATA,
        [ELEMENT_RAWTEXT] = MARKUP_RAWTEXT,
        [ELEMENT_SCRIPT] = MARKUP_SCRIPT,
    };
    enum element_model model = element_find(name)->model;
    struct markup token;

    if (model == ELEMENT_PLAINTEXT)
        *at = octets.len;
    else if (model != ELEMENT_DATA)
        markup_raw(octets, at, MODELS[model], name, &token);
}

size_t place_html_end(struct slice octets)
{
    size_t at = 0, body = SLICE_NOT_FOUND, html = SLICE_NOT_FOUND;
    struct markup token = {.kind = MARKUP_TEXT};

    while (token.kind != MARKUP_END) {
        markup_next(octets, &at, false, &token);
        if (token.kind == MARKUP_OPEN)
            pass_raw(octets, &at, token.text);
        if (token.kind != MARKUP_CLOSE)
            continue;
        if (element_find(token.text)->id == ELEMENT_BODY)
            body = (size_t)(token.text.ptr - octets.ptr) - 2; /* "</" */
        if (element_find(token.text)->id == ELEMENT_HTML)
            html = (size_t)(token.text.ptr - octets.ptr) - 2;
    }
    if (body != SLICE_NOT_FOUND)
        return body;
    return html != SLICE_NOT_FOUND ? html : octets.len;
}

struct slice place_newline(struct slice octets)
{
    size_t end = slice_find(octets, '\n');
    bool bare = end != SLICE_NOT_FOUND && (end == 0 || octets.ptr[end - 1] != '\r');

    return bare ? SLICE("\n") : SLICE("\r\n");
}

static struct slice without_end(struct slice s)
{
    while (s.len > 0 && ascii_is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Takes ${end} off the end of ${s}, line ends being written as they will, of a plain text only
 * where it begins a line: else it is quoted. False: it is not there. */
static bool take_end(struct slice *s, struct slice end, bool html)
{
    size_t left = s->len;

    end = without_end(end);
    if (end.len == 0)
        return true;
    for (; end.len > 0; end.len--) {
        char c = end.ptr[end.len - 1];

        if (c == '\r')
            continue;
        while (left > 0 && s->ptr[left - 1] == '\r')
            left--;
        if (left == 0 || s->ptr[left - 1] != c)
            return false;
        left--;
    }
    if (!html && left > 0 && s->ptr[left - 1] != '\n')
        return false;
    *s = without_end(slice_first(*s, left));
    return true;
}

static bool take_other(struct slice *s, const struct slice *others, size_t count, bool html)
{
    for (size_t i = 0; i < count; i++)
        if (without_end(others[i]).len > 0 && take_end(s, others[i], html))
            return true;
    return false;
}

bool place_ends_with(struct slice octets, bool html, struct slice text, const struct slice *others,
                     size_t count)
{
    struct slice rest = without_end(octets);

    for (size_t i = 0; i <= count; i++) { /* each of the others is there once at most */
        struct slice whole = rest;

        if (take_end(&whole, text, html))
            return true;
        if (!take_other(&rest, others, count, html))
            break;
    }
    return false;
}
