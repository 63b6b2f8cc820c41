/* lines: a text line by line, and on which line of a message something stands. */
#ifndef PROXY_EXPLAIN_LINES_H
#define PROXY_EXPLAIN_LINES_H

#include "filters/base/slice.h"

struct lines {
    struct slice message;
    size_t offset, line; /* where it was asked last: asked from top to bottom, it counts once */
};

/* lines_begin(message): of that message, which must outlive it. */
struct lines lines_begin(struct slice message);

/* lines_at(lines, at): the line, from 1, on which the byte ${at} stands; one past the last byte
 * counts as that. 0: it is not in the message. */
size_t lines_at(struct lines *lines, const char *at);

/* lines_last(lines, text): the same of the last byte of ${text}; of an empty one, where it stands.
 */
size_t lines_last(struct lines *lines, struct slice text);

/* lines_next(text): the first line of ${text}, which is not empty, without its line end, CRLF or
 * LF; takes both off. */
struct slice lines_next(struct slice *text);

#endif
