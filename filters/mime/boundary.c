/* boundary: see boundary.h. A table by hash; the hash of each beginning of a line comes by the way
 * as the line is read. */
#include "filters/mime/boundary.h"

#define HASH_START  UINT64_C(14695981039346656037) /* FNV-1a */
#define HASH_FACTOR UINT64_C(1099511628211)

struct boundary {
    struct boundary *next;  /* in its bucket */
    struct boundary *older; /* opened before it */
    struct slice text;
    uint64_t hash;
    size_t level;
};

static uint64_t hash_on(uint64_t hash, char c)
{
    return (hash ^ (unsigned char)c) * HASH_FACTOR;
}

static uint64_t hash_of(struct slice s)
{
    uint64_t hash = HASH_START;

    for (size_t i = 0; i < s.len; i++)
        hash = hash_on(hash, s.ptr[i]);
    return hash;
}

static size_t bucket_of(uint64_t hash)
{
    return (size_t)(hash >> 32) % BOUNDARY_BUCKETS;
}

static const struct boundary *find(const struct boundaries *set, struct slice text, uint64_t hash)
{
    const struct boundary *found = set->buckets[bucket_of(hash)];

    while (found != NULL && (found->hash != hash || !slice_equal(found->text, text)))
        found = found->next;
    return found;
}

void boundaries_init(struct boundaries *set, struct arena *arena)
{
    *set = (struct boundaries){.arena = arena};
}

static struct boundary *take(struct boundaries *set)
{
    struct boundary *boundary = set->spare;

    if (boundary == NULL)
        return arena_alloc(set->arena, sizeof(*boundary));
    set->spare = boundary->next;
    return boundary;
}

int boundaries_open(struct boundaries *set, struct slice text, size_t level)
{
    uint64_t hash = hash_of(text);
    const struct boundary *same = find(set, text, hash);
    struct boundary *boundary = take(set), **bucket = &set->buckets[bucket_of(hash)];

    if (boundary == NULL)
        return -1;
    *boundary = (struct boundary){
        .next = *bucket, .older = set->newest, .text = text, .hash = hash, .level = level};
    *bucket = boundary;
    set->newest = boundary;
    set->of_length[text.len]++;
    set->longest = text.len > set->longest ? text.len : set->longest;
    return same == NULL || same->level == level;
}

void boundaries_close(struct boundaries *set, size_t level)
{
    struct boundary *boundary;

    while ((boundary = set->newest) != NULL && boundary->level >= level) {
        set->newest = boundary->older;
        set->buckets[bucket_of(boundary->hash)] = boundary->next;
        set->of_length[boundary->text.len]--;
        boundary->next = set->spare;
        set->spare = boundary;
    }
    while (set->longest > 0 && set->of_length[set->longest] == 0)
        set->longest--;
}

/* The innermost of which ${text} is a delimiter as the standard has it. */
static bool match_exactly(const struct boundaries *set, struct slice text,
                          struct boundary_match *match)
{
    bool closes = text.len >= 2 && slice_equal(slice_from(text, text.len - 2), SLICE("--"));
    struct slice shorter = slice_first(text, closes ? text.len - 2 : 0);
    const struct boundary *next = find(set, text, hash_of(text));
    const struct boundary *last = closes ? find(set, shorter, hash_of(shorter)) : NULL;

    if (next == NULL && last == NULL)
        return false;
    match->last = next == NULL || (last != NULL && last->level > next->level);
    match->level = match->last ? last->level : next->level;
    match->exact = next == NULL || last == NULL;
    return true;
}

/* The longest that ${text} begins with. */
static bool match_front(const struct boundaries *set, struct slice text,
                        struct boundary_match *match)
{
    uint64_t hash = HASH_START;
    const struct boundary *found = NULL;

    for (size_t i = 0; i < text.len && i < set->longest; i++) {
        const struct boundary *here;

        hash = hash_on(hash, text.ptr[i]);
        here = set->of_length[i + 1] > 0 ? find(set, slice_first(text, i + 1), hash) : NULL;
        found = here != NULL ? here : found;
    }
    if (found == NULL)
        return false;
    match->level = found->level;
    match->last = slice_starts(slice_from(text, found->text.len), SLICE("--"));
    match->exact = false;
    return true;
}

bool boundaries_match(const struct boundaries *set, struct slice line, struct boundary_match *match)
{
    struct slice text = slice_from(line, 2);

    if (set->newest == NULL || !slice_starts(line, SLICE("--")))
        return false;
    while (text.len > 0 && ascii_is_space(text.ptr[text.len - 1]))
        text.len--;
    if (text.len <= set->longest + 2 && match_exactly(set, text, match))
        return true;
    return match_front(set, text, match);
}
