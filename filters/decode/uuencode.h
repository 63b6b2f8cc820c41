/* uuencode: files in a text between "begin 644 name" and "end" (POSIX, uuencode), as mail programs
 * show them beside the text. */
#ifndef FILTERS_DECODE_UUENCODE_H
#define FILTERS_DECODE_UUENCODE_H

#include "filters/base/allowance.h"
#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/base/reading.h"

struct uuencode_file {
    struct slice name; /* as written, of the text; not empty */
    struct slice body; /* its lines, without "begin" and "end" */
    size_t end;        /* past its "end", or the end of the text */
};

/* uuencode_next(text, from, allowance, file): the first file that begins in ${text} at or after
 * the offset ${from}, where a line begins. The line after "begin" must be one of uuencode's, and a
 * file goes on as long as they are. Returns 1 and fills ${file}; 0: there is none; -1: the
 * allowance was over. Going on from file->end, all of a text is read once. */
MUST_USE int uuencode_next(struct slice text, size_t from, struct allowance *allowance,
                           struct uuencode_file *file);

/* uuencode_decode(body, allowance, out): appends what such lines say. CONTENT_READ, CONTENT_OVER,
 * or CONTENT_MEMORY: ${out} has failed. */
MUST_USE enum content_result uuencode_decode(struct slice body, struct allowance *allowance,
                                             struct bytes *out);

#endif
