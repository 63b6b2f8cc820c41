/* wildcard: `*` and `?` over a whole value. */
#include "filters/match/wildcard.h"

static bool same(char pattern, char value)
{
    return pattern == '?' || ascii_lower(pattern) == ascii_lower(value);
}

bool wildcard_present(struct slice text)
{
    return slice_find(text, '*') != SLICE_NOT_FOUND || slice_find(text, '?') != SLICE_NOT_FOUND;
}

/* The first place from ${at} on, of at most ${count}, where ${c} could stand; else past them. */
static size_t skip_to(char c, struct slice value, size_t at, size_t count)
{
    size_t end = value.len - at > count ? at + count : value.len;
    char lower = ascii_lower(c);

    if (c == '?' || c == '*')
        return at;
    while (at < end && ascii_lower(value.ptr[at]) != lower)
        at++;
    return at;
}

/* Only the last star met is ever widened: what an earlier one could gain by taking more, the later
 * one can take as well. That is what bounds the work by one product of the lengths. */
enum wildcard_result wildcard_search(struct slice pattern, struct slice value,
                                     struct wildcard_place *place)
{
    struct wildcard_place at = *place;

    for (size_t left = WILDCARD_STEPS; at.value < value.len; left--) {
        if (left == 0) {
            *place = at;
            return WILDCARD_MORE;
        }
        if (at.pattern < pattern.len && pattern.ptr[at.pattern] == '*') {
            at.star = ++at.pattern;
            at.star_end = at.value;
            if (at.pattern == pattern.len)
                return WILDCARD_YES; /* it takes all the rest */
        } else if (at.pattern < pattern.len && same(pattern.ptr[at.pattern], value.ptr[at.value])) {
            at.pattern++;
            at.value++;
        } else if (at.star > 0) {
            size_t next = skip_to(pattern.ptr[at.star], value, at.star_end + 1, left - 1);

            left -= next - at.star_end - 1;
            at.pattern = at.star;
            at.value = at.star_end = next;
        } else {
            return WILDCARD_NO;
        }
    }
    while (at.pattern < pattern.len && pattern.ptr[at.pattern] == '*')
        at.pattern++;
    return at.pattern == pattern.len ? WILDCARD_YES : WILDCARD_NO;
}

bool wildcard_match(struct slice pattern, struct slice value)
{
    struct wildcard_place place = {0};
    enum wildcard_result result;

    do {
        result = wildcard_search(pattern, value, &place);
    } while (result == WILDCARD_MORE);
    return result == WILDCARD_YES;
}
