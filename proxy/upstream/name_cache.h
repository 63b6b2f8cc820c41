/* name_cache: the addresses of upstreams that are given by name, of one worker: for as long as the
 * DNS says, and the last known ones for when it says nothing (PROTOCOL E01). Bounded: when it is
 * full, the name that was longest not looked up gives way.
 */
#ifndef PROXY_UPSTREAM_NAME_CACHE_H
#define PROXY_UPSTREAM_NAME_CACHE_H

#include "filters/base/hostname.h"
#include "proxy/net/resolver.h"

#define NAME_CACHE_MAX       32
#define NAME_CACHE_TTL_MIN_S 5    /* whatever a zone says, */
#define NAME_CACHE_TTL_MAX_S 3600 /* ... and however sure it is */
#define NAME_CACHE_RETRY_S   30   /* last known addresses serve so long before the next try */

struct cached_name {
    char name[HOSTNAME_MAX_BYTES];
    size_t len; /* 0: free */
    struct address addresses[RESOLVER_ADDRESSES_MAX];
    size_t count;
    uint64_t fresh_until_ms;
};

struct name_cache {
    struct cached_name items[NAME_CACHE_MAX];
};

/* name_cache_fresh(cache, name, now_ms): what needs no lookup now, or NULL; good until the next
 * call that changes the cache. */
const struct cached_name *name_cache_fresh(const struct name_cache *cache, struct slice name,
                                           uint64_t now_ms);

/* name_cache_take(cache, name, answer, now_ms): takes in what a lookup gave, and returns the
 * addresses to use: its own, or the last known ones when it failed; NULL: none. The DNS saying that
 * there are none ends the last known ones. */
const struct cached_name *name_cache_take(struct name_cache *cache, struct slice name,
                                          const struct resolver_answer *answer, uint64_t now_ms);

/* name_cache_expire(cache): every name is looked up again before it is used. */
void name_cache_expire(struct name_cache *cache);

#endif
