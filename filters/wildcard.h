/* wildcard: `*` and `?` over a whole value, ASCII case-insensitive. */
#ifndef FILTERS_WILDCARD_H
#define FILTERS_WILDCARD_H

#include "filters/base/slice.h"

/* wildcard_present(text): whether ${text} has a `*` or `?`. */
bool wildcard_present(struct slice text);

/* wildcard_match(pattern, value): `*` stands for any run of bytes, `?` for one byte. Never worse
 * than length of pattern times length of value. */
bool wildcard_match(struct slice pattern, struct slice value);

#endif
