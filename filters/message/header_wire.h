/* header_wire: the bytes of a field that a stretch of its text stands for. */
#ifndef FILTERS_MESSAGE_HEADER_WIRE_H
#define FILTERS_MESSAGE_HEADER_WIRE_H

#include "filters/message/header_text.h"

/* header_wire_piece(piece, a, b): the bytes of ${piece} for its stretch from ${a} to ${b}; ptr NULL
 * when it is not kept, or an opaque one that is cut. */
struct slice header_wire_piece(const struct header_piece *piece, size_t a, size_t b);

/* header_wire(text, start, end): the bytes that the stretch from ${start} to ${end} stands for in
 * the field; ptr NULL unless all of it is kept and stands there in one. */
struct slice header_wire(const struct header_text *text, size_t start, size_t end);

/* header_wire_makes_word(text, start, end): whether the stretch has the beginning of an
 * encoded-word that nothing ended in the field, and what stands behind it now might. */
bool header_wire_makes_word(const struct header_text *text, size_t start, size_t end);

#endif
