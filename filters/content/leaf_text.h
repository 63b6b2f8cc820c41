/* leaf_text: what a part says as text: in each charset, as HTML, with the links and files in it. */
#ifndef FILTERS_CONTENT_LEAF_TEXT_H
#define FILTERS_CONTENT_LEAF_TEXT_H

#include "filters/content/builder.h"

/* Octets of a part, its transfer encoding undone. */
struct leaf_octets {
    struct slice text;
    struct bytes *buffer; /* it is in; NULL: it lives as long as the content */
    bool kept;            /* the buffer was given to the builder */
    bool other;           /* only some readers decode it so */
};

/* leaf_text_take(b, number, octets, charsets): adds the values of ${octets}, a text of the part
 * ${number}; may keep them. What goes wrong is b->result. */
void leaf_text_take(struct builder *b, uint32_t number, struct leaf_octets *octets,
                    const struct declared_text *charsets);

/* leaf_text_files(b, number, text): adds the files that are written out in ${text} (uuencode, yEnc)
 * alone. */
void leaf_text_files(struct builder *b, uint32_t number, struct slice text);

#endif
