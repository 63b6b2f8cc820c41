/* place: see place.h. */
#include "filters/revise/place.h"

static bool is_end_tag(struct slice s, struct slice name)
{
    struct slice rest;

    if (!slice_starts(s, SLICE("</")) || !slice_starts_case(slice_from(s, 2), name))
        return false;
    rest = slice_from(s, 2 + name.len);
    return rest.len > 0 && (*rest.ptr == '>' || ascii_is_space(*rest.ptr));
}

/* Where the last such tag begins; SLICE_NOT_FOUND: nowhere. */
static size_t last_end_tag(struct slice octets, struct slice name)
{
    for (size_t at = octets.len; at > 0; at--)
        if (octets.ptr[at - 1] == '<' && is_end_tag(slice_from(octets, at - 1), name))
            return at - 1;
    return SLICE_NOT_FOUND;
}

size_t place_html_end(struct slice octets)
{
    size_t at = last_end_tag(octets, SLICE("body"));

    if (at == SLICE_NOT_FOUND)
        at = last_end_tag(octets, SLICE("html"));
    return at != SLICE_NOT_FOUND ? at : octets.len;
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

/* Takes ${end} off the end of ${s}, line ends being written as they will; false: it is not there.
 */
static bool take_end(struct slice *s, struct slice end)
{
    size_t left = s->len;

    for (end = without_end(end); end.len > 0; end.len--) {
        char c = end.ptr[end.len - 1];

        if (c == '\r')
            continue;
        while (left > 0 && s->ptr[left - 1] == '\r')
            left--;
        if (left == 0 || s->ptr[left - 1] != c)
            return false;
        left--;
    }
    *s = without_end(slice_first(*s, left));
    return true;
}

static bool take_other(struct slice *s, const struct slice *others, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (without_end(others[i]).len > 0 && take_end(s, others[i]))
            return true;
    return false;
}

bool place_ends_with(struct slice octets, struct slice text, const struct slice *others,
                     size_t count)
{
    struct slice rest = without_end(octets);

    for (size_t i = 0; i <= count; i++) { /* each of the others is there once at most */
        struct slice whole = rest;

        if (take_end(&whole, text))
            return true;
        if (!take_other(&rest, others, count))
            break;
    }
    return false;
}
