/* patch: a part as written, with other octets in it. What does not differ (hunk.h) stays as it was
 * written, so that an edit changes no octet that it does not name; of base64 that is what stands
 * before the first difference.
 */
#ifndef FILTERS_REVISE_PATCH_H
#define FILTERS_REVISE_PATCH_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "filters/content/content.h"

#define PATCH_LINE_MAX 998 /* RFC 5322, 2.1.1, without the line end */

enum patch_result {
    PATCH_DONE,
    PATCH_UNFIT,  /* the part's encoding does not let it be written */
    PATCH_MEMORY, /* ${out} has failed */
};

/* patch_write(encoding, eight_bit, raw, before, after, out): appends ${raw}, which says ${before}
 * in that encoding (decode_whole), as it must be to say ${after}. Unencoded text that is new has
 * octets above 127 only with ${eight_bit}; a line that would be too long is broken in it, at a
 * blank if there is one. */
MUST_USE enum patch_result patch_write(enum content_encoding encoding, bool eight_bit,
                                       struct slice raw, struct slice before, struct slice after,
                                       struct bytes *out);

#endif
