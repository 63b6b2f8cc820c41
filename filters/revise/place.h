/* place: where in a text another is added, and whether it is there.
 */
#ifndef FILTERS_REVISE_PLACE_H
#define FILTERS_REVISE_PLACE_H

#include <stdbool.h>

#include "filters/base/slice.h"

/* place_html_end(octets): where the last end tag of body, else of html, begins; else the end. In a
 * charset that has ASCII's letters. */
size_t place_html_end(struct slice octets);

/* place_newline(octets): the line end that ${octets} has: LF where that is how its first line ends,
 * else CRLF. */
struct slice place_newline(struct slice octets);

/* place_ends_with(octets, text, others, count): whether ${octets} ends with ${text}, blanks and
 * line ends at the end aside, and those of ${others} that stand behind it. */
bool place_ends_with(struct slice octets, struct slice text, const struct slice *others,
                     size_t count);

#endif
