/* ranges: see ranges.h. */
#include "filters/match/ranges.h"

#define KEY_BYTES 18 /* family, prefix length, the address with all past the prefix zero */

static void make_key(char key[KEY_BYTES], const struct address *address, unsigned prefix_bits)
{
    memset(key, 0, KEY_BYTES);
    key[0] = (char)address->family;
    key[1] = (char)prefix_bits;
    memcpy(key + 2, address->bytes, prefix_bits / 8);
    if (prefix_bits % 8 != 0) {
        unsigned mask = 0xFFU << (8 - prefix_bits % 8);

        key[2 + prefix_bits / 8] = (char)(address->bytes[prefix_bits / 8] & mask);
    }
}

int ranges_add(struct ranges *ranges, const struct address_range *range, const void *item,
               struct arena *arena)
{
    char key[KEY_BYTES];
    struct slice kept;

    make_key(key, &range->base, range->prefix_bits);
    kept = arena_copy(arena, slice_make(key, sizeof(key)));
    if (kept.ptr == NULL || lookup_add(&ranges->by_prefix, kept, item) != 0)
        return -1;
    if (range->base.family == ADDRESS_V4)
        ranges->v4[range->prefix_bits] = true;
    else
        ranges->v6[range->prefix_bits] = true;
    return 0;
}

static const void *find_from(const struct ranges *ranges, const bool *in_use, unsigned longest,
                             const struct address *address)
{
    char key[KEY_BYTES];

    for (unsigned bits = longest + 1; bits-- > 0;) {
        const struct lookup_entry *entry;

        if (!in_use[bits])
            continue;
        make_key(key, address, bits);
        entry = lookup_find(&ranges->by_prefix, slice_make(key, sizeof(key)));
        if (entry != NULL)
            return entry->item;
    }
    return NULL;
}

const void *ranges_find(const struct ranges *ranges, const struct address *address)
{
    switch (address->family) {
    case ADDRESS_V4: return find_from(ranges, ranges->v4, 32, address);
    case ADDRESS_V6: return find_from(ranges, ranges->v6, 128, address);
    case ADDRESS_NONE:
    case ADDRESS_UNIX: break;
    }
    return NULL;
}

void ranges_fini(struct ranges *ranges)
{
    lookup_fini(&ranges->by_prefix);
    *ranges = (struct ranges){0};
}
