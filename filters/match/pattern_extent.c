/* pattern_extent: see pattern_private.h. Read from the text alone and on the safe side: what only
 * looks like a repeat, in a class or quoted, counts as one. */
#include "filters/match/pattern_private.h"

#define BYTES_OF_BYTE 4  /* of the subject: one of the pattern is a whole character at most */
#define LOOK_AROUND   16 /* bytes beyond: a word's edge, a line's end */

static size_t times(size_t a, size_t b)
{
    return b > 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

/* Takes in the braces at the front of ${rest}, "{2}", "{2,}" or "{2,5}". Returns false when they
 * are a repeat without end. */
static bool take_braces(struct slice rest, struct pattern_extent *extent)
{
    struct slice inside = slice_first(rest, slice_find(rest, '}'));
    size_t number = 0, largest = 1;
    char last = '\0';

    for (size_t i = 0; i < inside.len; i++) {
        char c = inside.ptr[i];

        number = ascii_is_digit(c) ? times(number, 10) + (size_t)(c - '0') : 0;
        largest = number > largest ? number : largest;
        last = c != ' ' ? c : last;
    }
    extent->reach = times(extent->reach, largest);
    extent->repeat = largest > extent->repeat ? largest : extent->repeat;
    return last != ',';
}

/* Whether a group that begins with ${rest}, "(?...", is a call of another, which may be itself. */
static bool is_call(struct slice rest)
{
    return rest.len > 2 && rest.ptr[1] == '?' &&
           (ascii_is_digit(rest.ptr[2]) ||
            slice_find(SLICE("R&P+-"), rest.ptr[2]) != SLICE_NOT_FOUND);
}

/* Whether what is at the front of ${rest} leaves the reach bounded. */
static bool is_bounded(struct slice rest, struct pattern_extent *extent)
{
    switch (rest.ptr[0]) {
    case '*':
    case '+': return false;
    case '{': return take_braces(rest, extent);
    case '(': return !is_call(rest);
    case '\\': return rest.len < 2 || (rest.ptr[1] != 'g' && rest.ptr[1] != 'X');
    }
    return true;
}

struct pattern_extent pattern_extent(struct slice source)
{
    struct pattern_extent extent = {.reach = BYTES_OF_BYTE * (source.len + LOOK_AROUND)};
    bool bounded = true;

    for (size_t i = 0; i < source.len; i++)
        bounded = is_bounded(slice_from(source, i), &extent) && bounded;
    if (!bounded)
        extent.reach = SIZE_MAX;
    return extent;
}
