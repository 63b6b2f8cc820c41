/* wildcard: `*` and `?` over a whole value. */
#include "filters/wildcard.h"

static bool same(char pattern, char value)
{
    return pattern == '?' || slice_lower(pattern) == slice_lower(value);
}

bool wildcard_present(struct slice text)
{
    return slice_find(text, '*') != SLICE_NOT_FOUND || slice_find(text, '?') != SLICE_NOT_FOUND;
}

/* Only the last star met is ever widened: what an earlier one could gain by taking more, the later
 * one can take as well. That is what bounds the work by one product of the lengths. */
bool wildcard_match(struct slice pattern, struct slice value)
{
    size_t p = 0, v = 0;
    size_t after_star = SLICE_NOT_FOUND, star_end = 0;

    while (v < value.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            after_star = ++p;
            star_end = v;
        } else if (p < pattern.len && same(pattern.ptr[p], value.ptr[v])) {
            p++;
            v++;
        } else if (after_star != SLICE_NOT_FOUND) {
            p = after_star;
            v = ++star_end;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}
