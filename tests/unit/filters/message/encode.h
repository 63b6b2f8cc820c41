/* encode: a text that is in no field yet, as a field's value. */
#ifndef TESTS_UNIT_FILTERS_MESSAGE_ENCODE_H
#define TESTS_UNIT_FILTERS_MESSAGE_ENCODE_H

#include "filters/message/header_text.h"

/* header_encode(name, text, room): ${text} (UTF-8) for field ${name}; as header_text_encode. */
static inline struct slice header_encode(struct slice name, struct slice text, struct arena *room)
{
    struct header_text whole;
    header_text_init(&whole, room);
    header_text_add(&whole, slice_trim(text));
    return header_text_encode(&whole, name, room);
}

#endif
