/* pattern_source: see pattern_private.h. */
#include "filters/match/pattern_private.h"

/* --- what is refused -------------------------------------------------------------------------- */

/* Backtracking verbs (pcre2pattern(3)): "(*" and one of these, or no name, and ":" or ")". */
static const struct slice VERBS[] = {
    SLICE_INIT("ACCEPT"), SLICE_INIT("COMMIT"), SLICE_INIT("F"),    SLICE_INIT("FAIL"),
    SLICE_INIT("MARK"),   SLICE_INIT("PRUNE"),  SLICE_INIT("SKIP"), SLICE_INIT("THEN"),
};

/* The verb at the front of ${rest}; empty when there is none. */
static struct slice verb_at(struct slice rest)
{
    struct slice name;
    size_t end = 2;

    if (!slice_starts(rest, SLICE("(*")))
        return SLICE_NONE;
    while (end < rest.len && rest.ptr[end] >= 'A' && rest.ptr[end] <= 'Z')
        end++;
    if (end == rest.len || (rest.ptr[end] != ':' && rest.ptr[end] != ')'))
        return SLICE_NONE;
    name = slice_first(slice_from(rest, 2), end - 2);
    if (name.len == 0 && rest.ptr[end] == ':')
        return SLICE("(*:");
    for (size_t i = 0; i < sizeof(VERBS) / sizeof(*VERBS); i++)
        if (slice_equal(VERBS[i], name))
            return slice_first(rest, end);
    return SLICE_NONE;
}

/* How far ${rest}, which begins with "[", goes until its "]", or until it is none. Inside "]" is a
 * byte like others where it comes first, and "[:alpha:]" holds one of its own. */
static size_t class_length(struct slice rest)
{
    size_t at = 1;
    bool quoted = false;

    at += at < rest.len && rest.ptr[at] == '^';
    at += at < rest.len && rest.ptr[at] == ']';
    for (; at < rest.len; at++) {
        struct slice here = slice_from(rest, at);

        if (slice_starts(here, SLICE("\\Q")) || (quoted && slice_starts(here, SLICE("\\E"))))
            quoted = here.ptr[1] == 'Q';
        if (quoted)
            continue;
        if (here.ptr[0] == ']')
            return at + 1;
        if (here.ptr[0] == '\\')
            at++;
        else if (slice_starts(here, SLICE("[:")) &&
                 slice_find(here, ']') == slice_find(slice_from(here, 2), ':') + 3)
            at += slice_find(here, ']');
    }
    return rest.len;
}

/* What stands at the front of ${rest} and is passed over as a whole: a class, a comment, an escape,
 * text between \Q and \E; else one byte. */
static size_t item_length(struct slice rest)
{
    size_t end;

    if (slice_starts(rest, SLICE("\\Q"))) {
        for (end = 2; end < rest.len; end++)
            if (slice_starts(slice_from(rest, end), SLICE("\\E")))
                return end + 2;
        return rest.len;
    }
    if (rest.ptr[0] == '\\')
        return slice_starts(rest, SLICE("\\c")) ? 3 : 2;
    if (rest.ptr[0] == '[')
        return class_length(rest);
    if (slice_starts(rest, SLICE("(?#"))) {
        end = slice_find(rest, ')');
        return end != SLICE_NOT_FOUND ? end + 1 : rest.len;
    }
    return 1;
}

struct slice pattern_source_refused(struct slice source)
{
    while (source.len > 0) {
        struct slice verb = verb_at(source);

        if (verb.len > 0)
            return verb;
        if (slice_starts(source, SLICE("\\G")))
            return slice_first(source, 2);
        source = slice_from(source, item_length(source));
    }
    return SLICE_NONE;
}

bool pattern_source_negates(struct slice source)
{
    while (source.len > 0) {
        if (slice_starts(source, SLICE("\\S")) || slice_starts(source, SLICE("\\W")) ||
            slice_starts(source, SLICE("\\D")))
            return true;
        source = slice_from(source, item_length(source));
    }
    return false;
}

/* --- escapes ---------------------------------------------------------------------------------- */

size_t pattern_source_restore(struct slice in, struct pattern_source *out, size_t stop)
{
    static const char letters[] = "abtnvfr";
    bool escaped = false, quoted = false;
    size_t at;

    *out = (struct pattern_source){.text = out->text};
    for (at = 0; at < in.len && out->len < stop; at++) {
        char c = in.ptr[at];

        if (c >= 0x07 && c <= 0x0D && !quoted) {
            if (!escaped)
                out->text[out->len++] = '\\';
            c = letters[c - 0x07];
        } else if (escaped) {
            quoted = quoted ? c != 'E' : c == 'Q';
        }
        escaped = c == '\\' && (quoted || !escaped);
        out->text[out->len++] = c;
    }
    return at;
}
