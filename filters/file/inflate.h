/* inflate: what was deflated (RFC 1951), bounded. The only door to zlib. */
#ifndef FILTERS_FILE_INFLATE_H
#define FILTERS_FILE_INFLATE_H

#include "filters/base/allowance.h"
#include "filters/base/bytes.h"

enum inflate_result {
    INFLATE_WHOLE,  /* to its end */
    INFLATE_FULL,   /* ${out} has ${limit_bytes}, and there is more */
    INFLATE_BROKEN, /* not deflated, or cut short: ${out} has what came before */
    INFLATE_OVER,   /* the allowance was over */
    INFLATE_MEMORY,
};

/* inflate_raw(data, limit_bytes, allowance, out): appends what ${data}, a deflated stream without a
 * head, unpacks to, ${limit_bytes} at most, and spends what it unpacks. What follows the stream's
 * end is passed over. */
MUST_USE enum inflate_result inflate_raw(struct slice data, size_t limit_bytes,
                                         struct allowance *allowance, struct bytes *out);

/* inflate_extent(data, allowance, extent): as inflate_raw, but keeps nothing of it: only where the
 * stream ends is told, in ${extent}, when it is whole. */
MUST_USE enum inflate_result inflate_extent(struct slice data, struct allowance *allowance,
                                            size_t *extent);

#endif
