#include "proxy/upstream/name_cache.h"

static size_t find(const struct name_cache *cache, struct slice name)
{
    size_t i = 0;
    while (i < NAME_CACHE_MAX &&
           (cache->items[i].len == 0 ||
            !slice_equal_case(slice_make(cache->items[i].name, cache->items[i].len), name)))
        i++;
    return i;
}

/* A free place was never fresh: it is the first to go. */
static size_t find_place(const struct name_cache *cache)
{
    size_t first = 0;
    for (size_t i = 1; i < NAME_CACHE_MAX; i++)
        if (cache->items[i].fresh_until_ms < cache->items[first].fresh_until_ms)
            first = i;
    return first;
}

const struct cached_name *name_cache_fresh(const struct name_cache *cache, struct slice name,
                                           uint64_t now_ms)
{
    size_t i = find(cache, name);
    return i < NAME_CACHE_MAX && now_ms < cache->items[i].fresh_until_ms ? &cache->items[i] : NULL;
}

static uint64_t bounded_ttl_ms(unsigned ttl_s)
{
    if (ttl_s < NAME_CACHE_TTL_MIN_S)
        ttl_s = NAME_CACHE_TTL_MIN_S;
    return (ttl_s < NAME_CACHE_TTL_MAX_S ? ttl_s : NAME_CACHE_TTL_MAX_S) * UINT64_C(1000);
}

static const struct cached_name *keep(struct name_cache *cache, struct slice name,
                                      const struct resolver_answer *answer, uint64_t now_ms)
{
    size_t i = find(cache, name);
    if (name.len > HOSTNAME_MAX_BYTES)
        return NULL;
    struct cached_name *item = &cache->items[i < NAME_CACHE_MAX ? i : find_place(cache)];
    memcpy(item->name, name.ptr, name.len);
    item->len = name.len;
    item->count = answer->address_count;
    memcpy(item->addresses, answer->addresses, item->count * sizeof item->addresses[0]);
    item->fresh_until_ms = now_ms + bounded_ttl_ms(answer->ttl_s);
    return item;
}

const struct cached_name *name_cache_take(struct name_cache *cache, struct slice name,
                                          const struct resolver_answer *answer, uint64_t now_ms)
{
    size_t i = find(cache, name);
    if (answer->result == RESOLVER_OK)
        return keep(cache, name, answer, now_ms);
    if (i == NAME_CACHE_MAX)
        return NULL;
    if (answer->result == RESOLVER_NONE) {
        cache->items[i] = (struct cached_name){.len = 0};
        return NULL;
    }
    cache->items[i].fresh_until_ms = now_ms + NAME_CACHE_RETRY_S * UINT64_C(1000);
    return &cache->items[i];
}

void name_cache_expire(struct name_cache *cache)
{
    for (size_t i = 0; i < NAME_CACHE_MAX; i++)
        cache->items[i].fresh_until_ms = 0;
}
