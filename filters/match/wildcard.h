/* wildcard: `*` and `?` over a whole value, ASCII case-insensitive. */
#ifndef FILTERS_MATCH_WILDCARD_H
#define FILTERS_MATCH_WILDCARD_H

#include "filters/base/slice.h"

#define WILDCARD_STEPS 65536 /* of one wildcard_search: some hundred microseconds */

/* wildcard_present(text): whether ${text} has a `*` or `?`. */
bool wildcard_present(struct slice text);

/* wildcard_match(pattern, value): `*` stands for any run of bytes, `?` for one byte. Never worse
 * than length of pattern times length of value: for short values. */
bool wildcard_match(struct slice pattern, struct slice value);

/* Where a comparison is; all zero at its start. */
struct wildcard_place {
    size_t pattern, value; /* what was compared of each */
    size_t star;           /* past the last star met, 0: none yet */
    size_t star_end;       /* what that star takes of the value, up to here */
};

enum wildcard_result { WILDCARD_NO, WILDCARD_YES, WILDCARD_MORE /* call again */ };

/* wildcard_search(pattern, value, place): as wildcard_match, WILDCARD_STEPS at a time. */
enum wildcard_result wildcard_search(struct slice pattern, struct slice value,
                                     struct wildcard_place *place);

#endif
