/* leaf: what a part says: its text, names, type and size, as values of the content. */
#ifndef FILTERS_CONTENT_LEAF_H
#define FILTERS_CONTENT_LEAF_H

#include "filters/content/builder.h"

/* leaf_take(b, number, from): adds the values of the part ${number}, which the outline has as
 * ${from}, and completes it. What goes wrong is b->result. */
void leaf_take(struct builder *b, uint32_t number, const struct outline_part *from);

#endif
