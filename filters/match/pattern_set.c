/* pattern_set: see pattern_set.h. */
#include "filters/match/pattern_set.h"

#include <stdlib.h>

#define FIRST_ITEMS 256

struct member {
    bool held;
    size_t ahead;
};

struct pattern_set {
    const struct literal_set *literals; /* NULL: no pattern has any */
    struct member *members;
};

/* The literals of all patterns, while the set is made. */
struct gathering {
    struct literal_owned *items;
    size_t count, capacity;
};

static int make_room(struct gathering *all, size_t more)
{
    size_t capacity = all->capacity > 0 ? all->capacity : FIRST_ITEMS;
    struct literal_owned *items;

    while (capacity < all->count + more)
        capacity *= 2;
    if (capacity == all->capacity)
        return 0;
    items = realloc(all->items, capacity * sizeof(*items));
    if (items == NULL)
        return -1;
    all->items = items;
    all->capacity = capacity;
    return 0;
}

/* Takes in the literals of pattern ${number}. 0, or -1 when memory is out. */
static int gather(struct gathering *all, const struct pattern *pattern, size_t number,
                  struct member *member)
{
    struct literals literals;
    int found = pattern_literals(pattern, &literals);

    if (found <= 0)
        return found;
    if (all->count + literals.count > LITERAL_SET_MAX)
        return 0;
    if (make_room(all, literals.count) != 0)
        return -1;
    for (size_t i = 0; i < literals.count; i++)
        all->items[all->count++] = (struct literal_owned){literals.items[i], (uint32_t)number};
    *member = (struct member){true, literals.ahead};
    return 0;
}

struct pattern_set *pattern_set_create(const struct pattern *const *patterns, size_t count,
                                       struct arena *arena)
{
    struct pattern_set *set = arena_alloc(arena, sizeof(*set));
    struct gathering all = {.items = NULL};
    bool failed = set == NULL;

    if (!failed) {
        set->members = arena_alloc(arena, count * sizeof(*set->members));
        failed = set->members == NULL;
    }
    for (size_t i = 0; !failed && i < count; i++)
        failed = patterns[i] != NULL && gather(&all, patterns[i], i, &set->members[i]) != 0;
    if (!failed && all.count > 0) {
        set->literals = literal_set_create(all.items, all.count, arena);
        failed = set->literals == NULL;
    }
    free(all.items);
    return failed ? NULL : set;
}

bool pattern_set_holds(const struct pattern_set *set, size_t number)
{
    return set->members[number].held;
}

size_t pattern_set_ahead(const struct pattern_set *set, size_t number)
{
    return set->members[number].ahead;
}

void pattern_set_scan(const struct pattern_set *set, struct slice text, size_t first, size_t end,
                      literal_seen *seen, void *ctx)
{
    if (set->literals != NULL)
        literal_set_scan(set->literals, text, first, end, seen, ctx);
}
