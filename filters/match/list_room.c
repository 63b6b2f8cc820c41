/* list_room: see list_room.h. */
#include "filters/match/list_room.h"

#define STRETCHES        64
#define STRETCH_BITS_MIN 12 /* a search goes in slices as long: PATTERN_SLICE_BYTES */

struct list_room {
    uint64_t passes;       /* begun so far */
    size_t scanned;        /* bytes of the text, in the last one */
    unsigned stretch_bits; /* of the length of a stretch */
    uint64_t
        candidates[LIST_BLOCK_BITS]; /* a bit for each entry that is seen, or is asked anyway */
    uint64_t stretches[LIST_BLOCK];  /* of each that is seen: a bit for each stretch where a literal
                                      * begins */
};

struct list_room *list_room_create(struct arena *arena)
{
    _Static_assert(sizeof(struct list_room) <= LIST_ROOM_BYTES, "what list.h says");
    return arena_alloc(arena, sizeof(struct list_room));
}

static void begin(struct list_room *room, const struct slow_block *block, size_t length)
{
    room->passes++;
    room->scanned = 0;
    room->stretch_bits = STRETCH_BITS_MIN;
    while (length >> room->stretch_bits >= STRETCHES)
        room->stretch_bits++;
    memcpy(room->candidates, block->asked, sizeof(room->candidates));
}

/* For pattern_set_scan. */
static void see(void *ctx, size_t at, uint32_t number)
{
    struct list_room *room = ctx;
    uint64_t *candidates = &room->candidates[number / 64], bit = UINT64_C(1) << number % 64;
    uint64_t stretch = UINT64_C(1) << (at >> room->stretch_bits);

    room->stretches[number] =
        (*candidates & bit) != 0 ? room->stretches[number] | stretch : stretch;
    *candidates |= bit;
}

bool list_room_look(struct list_room *room, const struct slow_block *block, struct slice text,
                    uint64_t *seen)
{
    size_t first;

    if (*seen == 0 || *seen != room->passes) {
        begin(room, block, text.len);
        *seen = room->passes;
    }
    if (room->scanned < text.len) {
        first = room->scanned;
        room->scanned += LIST_SLICE_BYTES;
        pattern_set_scan(block->patterns, text, first, room->scanned, see, room);
    }
    return room->scanned >= text.len;
}

size_t list_room_next(const struct list_room *room, size_t number)
{
    size_t word = number / 64;
    uint64_t bits = room->candidates[word] & (UINT64_MAX << number % 64);

    while (bits == 0 && ++word < LIST_BLOCK_BITS)
        bits = room->candidates[word];
    return bits != 0 ? 64 * word + (size_t)__builtin_ctzll(bits) : LIST_BLOCK;
}

size_t list_room_start(const struct list_room *room, const struct slow_block *block, size_t number,
                       size_t offset)
{
    size_t stretch = offset >> room->stretch_bits, ahead, start;
    uint64_t bits;

    if (!pattern_set_holds(block->patterns, number))
        return offset;
    ahead = pattern_set_ahead(block->patterns, number);
    if (ahead == SIZE_MAX)
        return offset;
    bits = room->stretches[number] & (UINT64_MAX << stretch);
    if (bits == 0)
        return SLICE_NOT_FOUND;
    start = (size_t)__builtin_ctzll(bits) << room->stretch_bits;
    return start > offset && start - offset > ahead ? start - ahead : offset;
}
