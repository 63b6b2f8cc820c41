/* octets: numbers in little-endian order, as files of archives and documents hold them. */
#ifndef FILTERS_BASE_OCTETS_H
#define FILTERS_BASE_OCTETS_H

#include "filters/base/slice.h"

/* octets_le16(s), octets_le32(s), octets_le64(s): the number in the first 2, 4 or 8 octets of
 * ${s}, which must hold so many. */
static inline uint16_t octets_le16(struct slice s)
{
    const unsigned char *at = (const unsigned char *)s.ptr;

    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t octets_le32(struct slice s)
{
    return octets_le16(s) | (uint32_t)octets_le16(slice_from(s, 2)) << 16;
}

static inline uint64_t octets_le64(struct slice s)
{
    return octets_le32(s) | (uint64_t)octets_le32(slice_from(s, 4)) << 32;
}

#endif
