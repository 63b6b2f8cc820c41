/* literal_set: see literal_set.h. */
#include "filters/match/literal_set.h"

#include <endian.h>

#define FOLD_ALL       (UINT64_C(0x0101010101010101) * LITERAL_FOLD)
#define HASH_FACTOR    UINT64_C(0x9E3779B97F4A7C15) /* 2^64 by the golden ratio */
#define FRONT_BITS_MIN 8
#define FRONT_BITS_MAX 17
#define FRONT_ROOM     128 /* times as many as there are literals */
#define FRONTS_ALIKE   16  /* that share what is said of lengths */
#define LITERALS_END                                                                               \
    (2 * LITERAL_BYTES + STRIDE) /* bytes at the text's end, looked at one by one */
#define STRIDE 4                 /* places looked up together */

/* One owner of a literal. */
struct owner {
    uint32_t number;
    uint32_t next; /* of the same literal: number in ${owners} and one; 0: none */
};

struct slot {
    uint64_t key;   /* of the literal, 0: free */
    uint32_t first; /* its owners, as above */
};

struct literal_set {
    uint64_t *fronts;       /* a bit for the first bytes of each literal, hashed */
    unsigned char *lengths; /* of the literals of FRONTS_ALIKE: 1 << (length - LITERAL_MIN) */
    unsigned front_shift;   /* of the hash */
    uint64_t front_mask;    /* of a key, the bytes of the shortest literal */
    struct slot *slots;     /* by key, hashed; a power of two, half free */
    unsigned slot_shift;
    size_t slot_mask;
    struct owner *owners;
};

/* --- keys ------------------------------------------------------------------------------------- */

static inline uint64_t load(const unsigned char *bytes)
{
    uint64_t key;

    memcpy(&key, bytes, sizeof(key));
    return le64toh(key);
}

/* The first ${length} bytes of a key. */
static uint64_t first_bytes(uint64_t key, unsigned length)
{
    return key & (UINT64_MAX >> (8 * (LITERAL_BYTES - length)));
}

/* Which front ${key} has. */
static inline size_t front_of(const struct literal_set *set, uint64_t key)
{
    return (size_t)((key & set->front_mask) * HASH_FACTOR >> set->front_shift);
}

/* Whether some literal has that of ${key}. */
static inline uint64_t has_front(const struct literal_set *set, uint64_t key)
{
    size_t front = front_of(set, key);

    return set->fronts[front / 64] >> (front % 64) & 1;
}

static size_t slot_of(const struct literal_set *set, uint64_t key)
{
    return (size_t)(key * HASH_FACTOR >> set->slot_shift);
}

/* The slot of ${key}, or the free one where it would be. */
static struct slot *find(const struct literal_set *set, uint64_t key)
{
    size_t at = slot_of(set, key);

    while (set->slots[at].key != key && set->slots[at].key != 0)
        at = (at + 1) & set->slot_mask;
    return &set->slots[at];
}

/* --- making ----------------------------------------------------------------------------------- */

static unsigned shortest(const struct literal_owned *items, size_t count)
{
    unsigned length = LITERAL_BYTES;

    for (size_t i = 0; i < count; i++)
        length = items[i].literal.length < length ? items[i].literal.length : length;
    return length;
}

/* The power of two that is no less than ${size}, of at least ${bits}. */
static unsigned bits_for(size_t size, unsigned bits)
{
    while ((size_t)1 << bits < size)
        bits++;
    return bits;
}

static int make_tables(struct literal_set *set, size_t count, struct arena *arena)
{
    unsigned front_bits = bits_for(FRONT_ROOM * count, FRONT_BITS_MIN);
    unsigned slot_bits = bits_for(2 * count, 1);

    if (front_bits > FRONT_BITS_MAX)
        front_bits = FRONT_BITS_MAX;
    set->front_shift = 64 - front_bits;
    set->slot_shift = 64 - slot_bits;
    set->slot_mask = ((size_t)1 << slot_bits) - 1;
    set->fronts = arena_alloc(arena, ((size_t)1 << front_bits) / 8);
    set->lengths = arena_alloc(arena, ((size_t)1 << front_bits) / FRONTS_ALIKE);
    set->slots = arena_alloc(arena, (set->slot_mask + 1) * sizeof(*set->slots));
    set->owners = arena_alloc(arena, count * sizeof(*set->owners));
    return set->fronts != NULL && set->lengths != NULL && set->slots != NULL && set->owners != NULL
               ? 0
               : -1;
}

static void add(struct literal_set *set, const struct literal_owned *item, uint32_t number)
{
    uint64_t key = load(item->literal.bytes);
    struct slot *slot = find(set, key);
    size_t front = front_of(set, key);

    set->fronts[front / 64] |= UINT64_C(1) << front % 64;
    set->lengths[front / FRONTS_ALIKE] |=
        (unsigned char)(1U << (item->literal.length - LITERAL_MIN));
    set->owners[number] = (struct owner){item->owner, slot->first};
    slot->key = key;
    slot->first = number + 1;
}

struct literal_set *literal_set_create(const struct literal_owned *items, size_t count,
                                       struct arena *arena)
{
    struct literal_set *set = arena_alloc(arena, sizeof(*set));

    if (set == NULL || make_tables(set, count, arena) != 0)
        return NULL;
    set->front_mask = first_bytes(UINT64_MAX, shortest(items, count));
    for (size_t i = 0; i < count; i++)
        add(set, &items[i], (uint32_t)i);
    return set;
}

/* --- scanning --------------------------------------------------------------------------------- */

struct scan {
    const struct literal_set *set;
    literal_seen *seen;
    void *ctx;
};

/* Looks up what begins at ${at} with ${key}, of the lengths in ${lengths} that are no longer than
 * ${left}. */
__attribute__((noinline)) static void look_up(const struct scan *scan, size_t at, uint64_t key,
                                              size_t left)
{
    const struct literal_set *set = scan->set;
    unsigned lengths = set->lengths[front_of(set, key) / FRONTS_ALIKE];

    for (unsigned length = LITERAL_MIN; lengths != 0 && length <= left; length++, lengths >>= 1) {
        const struct slot *slot;

        if ((lengths & 1) == 0)
            continue;
        slot = find(set, first_bytes(key, length));
        for (uint32_t i = slot->first; i != 0; i = set->owners[i - 1].next)
            scan->seen(scan->ctx, at, set->owners[i - 1].number);
    }
}

static void look_at(const struct scan *scan, size_t at, uint64_t key, size_t left)
{
    if (has_front(scan->set, key) != 0)
        look_up(scan, at, key, left);
}

/* The places up to ${end} that have LITERAL_BYTES and STRIDE before the text's end. Returns where
 * it stopped. */
static size_t scan_middle(const struct scan *scan, const unsigned char *bytes, size_t at,
                          size_t end)
{
    const struct literal_set *set = scan->set;

    for (; at + STRIDE <= end; at += STRIDE) {
        uint64_t one = has_front(set, load(bytes + at) | FOLD_ALL);
        uint64_t two = has_front(set, load(bytes + at + 1) | FOLD_ALL);
        uint64_t three = has_front(set, load(bytes + at + 2) | FOLD_ALL);
        uint64_t four = has_front(set, load(bytes + at + 3) | FOLD_ALL);

        if ((one | two | three | four) == 0)
            continue;
        for (size_t i = 0; i < STRIDE; i++)
            look_at(scan, at + i, load(bytes + at + i) | FOLD_ALL, LITERAL_BYTES);
    }
    return at;
}

/* The last places, behind which there is no room for the longest literal. */
static void scan_end(const struct scan *scan, struct slice text, size_t at, size_t end)
{
    unsigned char last[LITERALS_END + LITERAL_BYTES] = {0};
    size_t from = at;

    memcpy(last, text.ptr + from, text.len - from);
    for (; at < end; at++)
        look_at(scan, at, load(last + (at - from)) | FOLD_ALL, text.len - at);
}

void literal_set_scan(const struct literal_set *set, struct slice text, size_t first, size_t end,
                      literal_seen *seen, void *ctx)
{
    const struct scan scan = {set, seen, ctx};
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    size_t room = LITERAL_BYTES + STRIDE;

    if (end > text.len)
        end = text.len;
    if (text.len >= room)
        first = scan_middle(&scan, bytes, first, end < text.len - room ? end : text.len - room);
    if (first < end && text.len - first <= LITERALS_END)
        scan_end(&scan, text, first, end);
    else
        for (; first < end; first++)
            look_at(&scan, first, load(bytes + first) | FOLD_ALL, LITERAL_BYTES);
}
