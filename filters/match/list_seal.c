/* list_seal: the patterns of a list made ready to be looked for in one pass, see list.h. */
#include "filters/match/list_private.h"

#define PATTERNS_MIN 8 /* of a block; fewer are asked as fast as they are looked for */

/* Notes which entries of ${block}, which begins at entry ${first}, have no literal. Returns how
 * many have. */
static size_t note_asked(const struct list *list, size_t first, struct slow_block *block)
{
    size_t held = 0;

    for (size_t i = 0; i < LIST_BLOCK && first + i < list->slow_count; i++)
        if (pattern_set_holds(block->patterns, i))
            held++;
        else
            block->asked[i / 64] |= UINT64_C(1) << i % 64;
    return held;
}

/* Makes the set of the block that begins at entry ${first}. Returns 1, 0 when its patterns are too
 * few, -1 when memory is out. */
static int make_block(struct list *list, size_t first, struct slow_block *block)
{
    const struct pattern *patterns[LIST_BLOCK];
    size_t count = 0, present = 0;

    for (; count < LIST_BLOCK && first + count < list->slow_count; count++) {
        patterns[count] = list->slow[first + count].pattern;
        present += patterns[count] != NULL;
    }
    if (present < PATTERNS_MIN)
        return 0;
    block->patterns = pattern_set_create(patterns, count, &list->arena);
    if (block->patterns == NULL)
        return -1;
    if (note_asked(list, first, block) >= PATTERNS_MIN)
        return 1;
    block->patterns = NULL;
    return 0;
}

int list_seal(struct list *list)
{
    size_t count = (list->slow_count + LIST_BLOCK - 1) / LIST_BLOCK;
    struct slow_block *blocks;
    int made = 0, result = 0;

    if (list->slow_count < PATTERNS_MIN)
        return 0;
    blocks = arena_alloc(&list->arena, count * sizeof(*blocks));
    if (blocks == NULL)
        return -1;
    for (size_t i = 0; i < count && result >= 0; i++) {
        result = make_block(list, i * LIST_BLOCK, &blocks[i]);
        made += result > 0;
    }
    if (result < 0)
        return -1;
    if (made > 0)
        list->blocks = blocks;
    return 0;
}

size_t list_bare_patterns(const struct list *list, list_bare_seen *seen, void *ctx)
{
    size_t count = 0;

    for (size_t i = 0; i < list->slow_count; i++) {
        const struct slow_entry *entry = &list->slow[i];
        struct literals literals;
        int found = entry->pattern != NULL ? pattern_literals(entry->pattern, &literals) : 1;

        if (found < 0)
            return SLICE_NOT_FOUND;
        count += entry->pattern != NULL;
        if (found == 0)
            seen(ctx, entry->origin, entry->pattern);
    }
    return count;
}
