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
enum wildcard_result wildcard_search(struct slice pattern, struct slice value,
                                     struct wildcard_place *place)
{
    struct wildcard_place at = *place;

    for (size_t steps = 0; at.value < value.len; steps++) {
        if (steps == WILDCARD_STEPS) {
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
            at.pattern = at.star;
            at.value = ++at.star_end;
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
