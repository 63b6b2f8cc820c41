/* hunk: see hunk.h. */
#include "filters/revise/hunk.h"

size_t hunk_common(struct slice a, struct slice b)
{
    size_t most = a.len < b.len ? a.len : b.len, at = 0;

    while (at < most && a.ptr[at] == b.ptr[at])
        at++;
    return at;
}

struct slice hunk_line(struct slice *s)
{
    size_t end = slice_find(*s, '\n');
    struct slice line = slice_first(*s, end == SLICE_NOT_FOUND ? s->len : end + 1);

    *s = slice_from(*s, line.len);
    return line;
}

size_t hunk_lines(struct slice s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] == '\n';
    return count;
}

void hunks_begin(struct hunks *hunks, struct slice before, struct slice after)
{
    *hunks = (struct hunks){.before = before, .after = after};
    hunks->by_line = hunk_lines(before) == hunk_lines(after);
}

/* What is put in at the begin of a line where what follows begins alike ("<p>" before "</body>") is
 * not the octets behind that, but whole lines. */
static void align(struct slice after, size_t *prefix, size_t *suffix)
{
    size_t size = after.len - *prefix - *suffix, at = *prefix;

    while (at > 0 && after.ptr[at - 1] != '\n' && after.ptr[at - 1] == after.ptr[at - 1 + size])
        at--;
    if (at > 0 && after.ptr[at - 1] != '\n')
        return;
    *suffix += *prefix - at;
    *prefix = at;
}

static struct hunk compare(struct slice before, struct slice after)
{
    size_t prefix = hunk_common(before, after), suffix = 0;
    size_t most = (before.len < after.len ? before.len : after.len) - prefix;

    while (suffix < most &&
           before.ptr[before.len - suffix - 1] == after.ptr[after.len - suffix - 1])
        suffix++;
    if (prefix + suffix == before.len && after.len > before.len)
        align(after, &prefix, &suffix);
    return (struct hunk){.from = prefix,
                         .to = before.len - suffix,
                         .text = slice_part(after, prefix, after.len - suffix)};
}

bool hunks_next(struct hunks *hunks, struct hunk *hunk)
{
    while (hunks->before.len + hunks->after.len > 0) {
        struct slice before = hunks->before, after = hunks->after;
        size_t start = hunks->at;

        if (hunks->by_line) {
            before = hunk_line(&hunks->before);
            after = hunk_line(&hunks->after);
        } else {
            hunks->before = hunks->after = SLICE_NONE;
        }
        hunks->at += before.len;
        if (slice_equal(before, after))
            continue;
        *hunk = compare(before, after);
        hunk->from += start;
        hunk->to += start;
        return true;
    }
    return false;
}
