#include "proxy/net/both_families.h"

#include <limits.h>

void both_families_clear(struct both_families *b)
{
    b->v4_count = b->v6_count = 0;
    b->ttl_s = UINT_MAX;
}

void both_families_add(struct both_families *b, struct address address, int ttl_s)
{
    bool v4 = address.family == ADDRESS_V4;
    size_t *count = v4 ? &b->v4_count : &b->v6_count;
    unsigned ttl = ttl_s > 0 ? (unsigned)ttl_s : 0;
    if (*count == RESOLVER_ADDRESSES_MAX)
        return;
    (v4 ? b->v4 : b->v6)[(*count)++] = address;
    if (ttl < b->ttl_s)
        b->ttl_s = ttl;
}

size_t both_families_merge(const struct both_families *b,
                           struct address out[RESOLVER_ADDRESSES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < RESOLVER_ADDRESSES_MAX; i++) {
        if (i < b->v4_count && count < RESOLVER_ADDRESSES_MAX)
            out[count++] = b->v4[i];
        if (i < b->v6_count && count < RESOLVER_ADDRESSES_MAX)
            out[count++] = b->v6[i];
    }
    return count;
}
