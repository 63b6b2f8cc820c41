/* pattern_replace: every match of a pattern replaced. */
#include "filters/match/pattern.h"

void pattern_replace_begin(struct pattern_replacing *replacing, const struct pattern *pattern,
                           struct slice subject, size_t limit_bytes)
{
    *replacing = (struct pattern_replacing){.pattern = pattern, .subject = subject};
    if (subject.len == 0)
        replacing->subject = SLICE(""); /* so that a match's place is a difference of pointers */
    bytes_init(&replacing->text, limit_bytes);
}

void pattern_replace_end(struct pattern_replacing *replacing)
{
    bytes_fini(&replacing->text);
}

/* Appends what stands between the last match and this one, and what replaces this one. */
static int replace_one(struct pattern_replacing *r, const struct pattern_match *match,
                       pattern_expand *expand, void *ctx)
{
    struct slice whole = match->groups[0];
    size_t start = (size_t)(whole.ptr - r->subject.ptr);

    bytes_append(&r->text, slice_first(slice_from(r->subject, r->copied), start - r->copied));
    if (expand(ctx, match, &r->text) != 0)
        return -1;
    r->copied = start + whole.len;
    /* As Perl's s///g: after an empty match the next one at the same place must not be empty. */
    r->cursor.offset = r->copied;
    r->cursor.not_empty = whole.len == 0;
    return bytes_end(&r->text);
}

enum pattern_result pattern_replace(struct pattern_replacing *r, struct pattern_scratch *scratch,
                                    pattern_expand *expand, void *ctx)
{
    struct pattern_match match;
    enum pattern_result found = pattern_search(r->pattern, scratch, r->subject, &r->cursor, &match);

    switch (found) {
    case PATTERN_LIMIT:
    case PATTERN_MORE: return found;
    case PATTERN_YES:
        if (++r->count > PATTERN_REPLACE_MAX || replace_one(r, &match, expand, ctx) != 0)
            return PATTERN_LIMIT;
        return PATTERN_MORE;
    case PATTERN_NO: break;
    }
    if (r->count == 0)
        return PATTERN_NO;
    bytes_append(&r->text, slice_from(r->subject, r->copied));
    return bytes_end(&r->text) == 0 ? PATTERN_YES : PATTERN_LIMIT;
}
