/* lookup: see lookup.h. Open addressing with linear probing, because keys are never taken out. */
#include "filters/match/lookup.h"

#include <stdlib.h>

#define FIRST_CAPACITY 16

/* FNV-1a: short keys of the operator's own choosing need nothing stronger. */
static uint32_t hash(struct slice key, bool fold)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < key.len; i++) {
        char c = fold ? ascii_lower(key.ptr[i]) : key.ptr[i];

        h = (h ^ (unsigned char)c) * UINT64_C(0x100000001b3);
    }
    return (uint32_t)((h * UINT64_C(0x9e3779b97f4a7c15)) >>
                      32); /* its high bits depend on all bytes */
}

static bool same_key(const struct lookup *lookup, const struct lookup_entry *entry,
                     struct slice key, uint32_t hashed)
{
    if (entry->hash != hashed)
        return false;
    return lookup->fold ? slice_equal_case(entry->key, key) : slice_equal(entry->key, key);
}

/* The place of ${key}, or the free place where it belongs. There is always a free one. */
static struct lookup_entry *place_of(const struct lookup *lookup, struct slice key, uint32_t hashed)
{
    size_t mask = lookup->capacity - 1;
    size_t at = hashed & mask;

    while (lookup->entries[at].key.ptr != NULL &&
           !same_key(lookup, &lookup->entries[at], key, hashed))
        at = (at + 1) & mask;
    return &lookup->entries[at];
}

/* For an entry that no other there equals. */
static void move(struct lookup *larger, const struct lookup_entry *entry)
{
    size_t mask = larger->capacity - 1;
    size_t at = entry->hash & mask;

    while (larger->entries[at].key.ptr != NULL)
        at = (at + 1) & mask;
    larger->entries[at] = *entry;
}

static int grow(struct lookup *lookup)
{
    struct lookup larger = {
        .fold = lookup->fold, .count = lookup->count, .longest = lookup->longest};

    larger.capacity = lookup->capacity > 0 ? 2 * lookup->capacity : FIRST_CAPACITY;
    larger.entries = calloc(larger.capacity, sizeof(*larger.entries));
    if (larger.entries == NULL)
        return -1;
    for (size_t i = 0; i < lookup->capacity; i++)
        if (lookup->entries[i].key.ptr != NULL)
            move(&larger, &lookup->entries[i]);
    free(lookup->entries);
    *lookup = larger;
    return 0;
}

int lookup_add(struct lookup *lookup, struct slice key, const void *item)
{
    uint32_t hashed = hash(key, lookup->fold);
    struct lookup_entry *entry;

    if (2 * (lookup->count + 1) > lookup->capacity && grow(lookup) != 0)
        return -1;
    entry = place_of(lookup, key, hashed);
    if (entry->key.ptr != NULL)
        return 0;
    *entry = (struct lookup_entry){key, item, hashed};
    if (key.len > lookup->longest)
        lookup->longest = key.len;
    lookup->count++;
    return 0;
}

const struct lookup_entry *lookup_find(const struct lookup *lookup, struct slice key)
{
    const struct lookup_entry *entry;

    if (lookup->count == 0 || key.len > lookup->longest)
        return NULL;
    entry = place_of(lookup, key, hash(key, lookup->fold));
    return entry->key.ptr != NULL ? entry : NULL;
}

size_t lookup_bytes(const struct lookup *lookup)
{
    return lookup->capacity * sizeof(*lookup->entries);
}

void lookup_fini(struct lookup *lookup)
{
    free(lookup->entries);
    *lookup = (struct lookup){.fold = lookup->fold};
}
