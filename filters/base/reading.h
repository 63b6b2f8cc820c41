/* reading: the words that all share who read what a message contains: how that ended, how a part
 * was encoded, and why readers could disagree.
 */
#ifndef FILTERS_BASE_READING_H
#define FILTERS_BASE_READING_H

#include <stdint.h>

#define CONTENT_NO_PART UINT32_MAX

enum content_result {
    CONTENT_READ,
    CONTENT_LIMIT,  /* the structure is over a limit */
    CONTENT_OVER,   /* the allowance was over */
    CONTENT_MEMORY, /* memory was out */
};

enum content_encoding {
    CONTENT_7BIT, /* 7bit, 8bit, binary, or none: as it stands */
    CONTENT_BASE64,
    CONTENT_QUOTED,
    CONTENT_UNKNOWN,
};

/* Why readers could disagree. */
struct content_doubt {
    const char *why; /* "two Content-Type fields"; static */
    uint32_t part;   /* CONTENT_NO_PART: the whole */
};

#endif
