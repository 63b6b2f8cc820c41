/* others: what GMime finds in a message beside what the outline has. */
#ifndef FILTERS_CONTENT_OTHERS_H
#define FILTERS_CONTENT_OTHERS_H

#include "filters/content/builder.h"

/* One reading of the outline, and the numbers that its parts have in the content. */
struct others_known {
    struct outline outline;
    uint32_t *numbers;
    size_t at; /* where it was looked at last */
};

/* others_take(b, source, known, count): has GMime read the message ${source}, of which ${count}
 * readings are ${known}, that of most first. Parts and names that only it sees are added, and are
 * doubts. What goes wrong is b->result. */
void others_take(struct builder *b, const struct outline_source *source, struct others_known *known,
                 size_t count);

#endif
