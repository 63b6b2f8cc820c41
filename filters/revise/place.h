/* place: where in a text another is added, and whether it is there.
 */
#ifndef FILTERS_REVISE_PLACE_H
#define FILTERS_REVISE_PLACE_H

#include <stdbool.h>

#include "filters/base/slice.h"

/* place_html_end(octets): where the last end tag of body, else of html, begins; else the end. One
 * in a comment, or in a script, is none. In a charset that has ASCII's letters. Linear. */
size_t place_html_end(struct slice octets);

/* place_newline(octets): the line end that ${octets} has: LF where that is how its first line ends,
 * else CRLF. */
struct slice place_newline(struct slice octets);

/* place_ends_with(octets, html, text, others, count): whether ${octets} ends with ${text}, blanks
 * and line ends at the end aside, and those of ${others} that stand behind it. In plain text each
 * begins a line: what a reply quotes is no footer of its own. */
bool place_ends_with(struct slice octets, bool html, struct slice text, const struct slice *others,
                     size_t count);

#endif
