/* leaf_file: what a part is as a file: the type its content shows, and what it holds. */
#ifndef FILTERS_CONTENT_LEAF_FILE_H
#define FILTERS_CONTENT_LEAF_FILE_H

#include "filters/content/builder.h"

/* leaf_file_take(b, number, octets, other): adds what ${octets}, the decoded content of the part
 * ${number} or a file in it, shows: to the values, and to the part unless ${other}. What goes wrong
 * is b->result. Keeps nothing of ${octets}. */
void leaf_file_take(struct builder *b, uint32_t number, struct slice octets, bool other);

#endif
