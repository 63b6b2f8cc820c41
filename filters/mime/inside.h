/* inside: what some readers find in a part that most take as a whole. */
#ifndef FILTERS_MIME_INSIDE_H
#define FILTERS_MIME_INSIDE_H

#include "filters/mime/declared.h"

/* inside_doubts(type, declared, body): why some find parts in ${body}, that of a leaf or of an
 * encoded message: DOUBT_LEAF, for a boundary is declared and comes in it, and some do not ask for
 * the type; DOUBT_MESSAGE, for it is a kind of message that most do not open, or is said to be
 * encoded, and yet has fields of MIME. One pass over the lines. */
doubt_set inside_doubts(struct slice type, const struct declared *declared, struct slice body);

/* inside_header(body): whether ${body}, what stands below an empty header, begins with a header for
 * those who pass over empty lines in front of one: fields of MIME before its first empty line or
 * delimiter. */
bool inside_header(struct slice body);

#endif
