/* readings: the parts of a message in all readings, as one list: first those that most readers see,
 * then what only others find. */
#ifndef FILTERS_CONTENT_READINGS_H
#define FILTERS_CONTENT_READINGS_H

#include "filters/content/builder.h"

/* readings_take(b, source, parent, other): adds the parts of ${source}, whose first is a child of
 * ${parent} (CONTENT_NO_PART: it is the message), and all their values. ${other}: only some readers
 * have them, or edits do not reach them. False: it failed. */
bool readings_take(struct builder *b, const struct outline_source *source, uint32_t parent,
                   bool other);

#endif
