/* pattern_replace: every match of a pattern replaced. */
#include "filters/base/bytes.h"
#include "filters/pattern_private.h"

struct expander {
    struct slice (*expand)(void *ctx, const struct pattern_match *match);
    void *ctx;
};

/* Appends what stands between the last match and this one, and what replaces this one. */
static int replace_one(const struct pattern_cursor *cursor, const struct pattern_match *match,
                       const struct expander *expander, struct bytes *out)
{
    size_t start = (size_t)(match->groups[0].ptr - cursor->subject.ptr);
    struct slice text = expander->expand(expander->ctx, match);

    if (text.ptr == NULL)
        return -1;
    bytes_append(out, slice_first(slice_from(cursor->subject, cursor->offset),
                                  start - cursor->offset)); /* a failure sticks */
    bytes_append(out, text);
    return bytes_end(out);
}

/* As Perl's s///g: after an empty match the next one at the same place must not be empty. */
static enum pattern_result replace_all(struct pattern_cursor *cursor,
                                       const struct expander *expander, struct bytes *out)
{
    enum pattern_result found;
    struct pattern_match match;
    int count = 0;

    while ((found = pattern_search_next(cursor, &match)) == PATTERN_YES) {
        struct slice whole = match.groups[0];

        if (++count > PATTERN_REPLACE_MAX || replace_one(cursor, &match, expander, out) != 0)
            return PATTERN_LIMIT;
        cursor->offset = (size_t)(whole.ptr - cursor->subject.ptr) + whole.len;
        cursor->not_empty = whole.len == 0;
    }
    if (found == PATTERN_LIMIT)
        return PATTERN_LIMIT;
    bytes_append(out, slice_from(cursor->subject, cursor->offset));
    return count > 0 ? PATTERN_YES : PATTERN_NO;
}

enum pattern_result pattern_replace(const struct pattern *pattern, struct pattern_scratch *scratch,
                                    struct slice subject,
                                    struct slice (*expand)(void *ctx,
                                                           const struct pattern_match *match),
                                    void *ctx, struct arena *arena, struct slice *out)
{
    const struct expander expander = {expand, ctx};
    struct pattern_cursor cursor = {.pattern = pattern, .scratch = scratch, .subject = subject};
    enum pattern_result result;
    struct bytes text;
    struct slice replaced;

    if (subject.len == 0)
        cursor.subject = SLICE(""); /* so that a match's place is a difference of pointers */
    bytes_init(&text, arena->limit_bytes);
    result = replace_all(&cursor, &expander, &text);
    if (result == PATTERN_YES) {
        *out = bytes_take(&text, &replaced) == 0 ? arena_copy(arena, replaced) : SLICE_NONE;
        if (out->ptr == NULL)
            result = PATTERN_LIMIT;
    }
    bytes_fini(&text);
    return result;
}
