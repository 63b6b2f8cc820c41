/* encoded: a message in a part, or a multipart, that is encoded as a whole. RFC 2045, 6.4, has it
 * forbidden; mail programs write the first and read both. */
#ifndef FILTERS_CONTENT_ENCODED_H
#define FILTERS_CONTENT_ENCODED_H

#include "filters/content/builder.h"

/* encoded_take(b, number, from): decodes the part ${number}, which the outline has as ${from}, and
 * puts what it is into the builder's queue. What goes wrong is b->result. */
void encoded_take(struct builder *b, uint32_t number, const struct outline_part *from);

#endif
