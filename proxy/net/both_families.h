/* both_families: the addresses of one name, as they come: IPv4 and IPv6 are two questions. */
#ifndef PROXY_NET_BOTH_FAMILIES_H
#define PROXY_NET_BOTH_FAMILIES_H

#include <stddef.h>

#include "filters/base/address.h"
#include "proxy/net/resolver.h"

struct both_families {
    struct address v4[RESOLVER_ADDRESSES_MAX], v6[RESOLVER_ADDRESSES_MAX];
    size_t v4_count, v6_count;
    unsigned ttl_s; /* the shortest */
};

/* both_families_clear(b): none is known. both_families_add(b, address, ttl_s): one is, if there is
 * room; a time to live below 0 is 0. */
void both_families_clear(struct both_families *b);
void both_families_add(struct both_families *b, struct address address, int ttl_s);

/* both_families_merge(b, out): IPv4 and IPv6 in turn, so that a family that leads nowhere costs one
 * attempt, not all. Returns how many. */
size_t both_families_merge(const struct both_families *b,
                           struct address out[RESOLVER_ADDRESSES_MAX]);

#endif
