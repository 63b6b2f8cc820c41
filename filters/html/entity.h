/* entity: character references of HTML ("13.2.5.72 Character reference state" and what follows it):
 * "&eacute;", "&#233;", "&#xE9;", and the forms that browsers take without a semicolon. */
#ifndef FILTERS_HTML_ENTITY_H
#define FILTERS_HTML_ENTITY_H

#include "filters/base/bytes.h"

#define ENTITY_BYTES_MAX 8 /* two characters */

/* entity_read(s, attribute, out, len): the reference that ${s}, which begins with "&", begins with:
 * its characters in UTF-8 are put into ${out}, *${len} octets. Returns how many bytes of ${s} it
 * takes, or 0 when there is none and the "&" is text. In an attribute's value a name without
 * semicolon is none where a letter, a digit or "=" follows. Never looks at more than it takes and a
 * name's length. */
size_t entity_read(struct slice s, bool attribute, char out[ENTITY_BYTES_MAX], size_t *len);

/* entity_append(value, out): appends an attribute's value with its references undone; a NUL is
 * U+FFFD. A failure sticks in ${out}. */
void entity_append(struct slice value, struct bytes *out);

#endif
