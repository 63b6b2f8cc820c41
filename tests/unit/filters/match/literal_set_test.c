#include "filters/match/literal_set.h"

#include "tests/unit/support.h"

#define ITEMS_MAX 400
#define TEXT_MAX  300

static uint32_t state_of_chance;

static unsigned chance(unsigned below)
{
    state_of_chance = state_of_chance * 1103515245U + 12345U;
    return (state_of_chance >> 16) % below;
}

/* --- what must be found ----------------------------------------------------------------------- */

struct found {
    uint64_t hash; /* of places and owners, in no order of owners */
    size_t count;
};

static void add(void *ctx, size_t at, uint32_t owner)
{
    struct found *found = ctx;

    found->hash += (at + 1) * UINT64_C(0x9E3779B97F4A7C15) * (owner + 7);
    found->count++;
}

static bool stands_at(const struct literal *literal, struct slice text, size_t at)
{
    if (at + literal->length > text.len)
        return false;
    for (unsigned i = 0; i < literal->length; i++)
        if (((unsigned char)text.ptr[at + i] | LITERAL_FOLD) != literal->bytes[i])
            return false;
    return true;
}

/* One place and one literal after the other. */
static struct found find_slowly(const struct literal_owned *items, size_t count, struct slice text)
{
    struct found found = {.count = 0};

    for (size_t at = 0; at < text.len; at++)
        for (size_t i = 0; i < count; i++)
            if (stands_at(&items[i].literal, text, at))
                add(&found, at, items[i].owner);
    return found;
}

/* In slices of ${step}; nothing may be read past the text's end. */
static struct found find(const struct literal_set *set, struct slice text, size_t step)
{
    struct found found = {.count = 0};

    for (size_t at = 0; at < text.len; at += step)
        literal_set_scan(set, text, at, at + step, add, &found);
    return found;
}

static struct literal make_literal(const char *letters, unsigned length)
{
    struct literal literal = {.length = length};

    for (unsigned i = 0; i < length; i++)
        literal.bytes[i] = (unsigned char)letters[chance((unsigned)strlen(letters))] | LITERAL_FOLD;
    return literal;
}

/* Few letters and few lengths: many literals are parts of others, many stand at one place. */
static void as_one_by_one(void **state)
{
    static const char *const letters[] = {"ab", "abcdefgh", "a\x01 \xFF\xC3z"};
    static const size_t steps[] = {SIZE_MAX / 2, 1, 3, 7, 64};
    struct literal_owned items[ITEMS_MAX];
    struct guard guard;
    char room[TEXT_MAX];
    size_t hits = 0;

    (void)state;
    state_of_chance = 3;
    guard_init(&guard, TEXT_MAX);
    for (size_t trial = 0; trial < 300; trial++) {
        const char *some = letters[trial % COUNT_OF(letters)];
        size_t count = 1 + chance(trial % 2 == 0 ? 5 : ITEMS_MAX - 1), length = chance(TEXT_MAX);
        unsigned shortest = LITERAL_MIN + chance(LITERAL_BYTES - LITERAL_MIN + 1);
        struct arena arena;
        const struct literal_set *set;
        struct slice text;
        struct found wanted;

        for (size_t i = 0; i < count; i++)
            items[i] = (struct literal_owned){
                make_literal(some, shortest + chance(LITERAL_BYTES - shortest + 1)), chance(50)};
        for (size_t i = 0; i < length; i++)
            room[i] = some[chance((unsigned)strlen(some))];
        text = guard_copy(&guard, slice_make(room, length));
        arena_init(&arena, 4096, SIZE_MAX);
        set = literal_set_create(items, count, &arena);
        assert_non_null(set);
        wanted = find_slowly(items, count, text);
        for (size_t i = 0; i < COUNT_OF(steps); i++) {
            struct found found = find(set, text, steps[i]);

            assert_row(found.count == wanted.count && found.hash == wanted.hash, some, trial);
        }
        hits += wanted.count;
        arena_fini(&arena);
    }
    assert_true(hits > 10000);
    guard_fini(&guard);
}

static void in_either_case(void **state)
{
    const struct literal_owned items[] = {
        {{"casino", 6}, 1}, {{"viagra!!", 8}, 2}, {{"blank ", 6}, 3}};
    struct arena arena;
    struct found found = {.count = 0};
    const struct literal_set *set;

    (void)state;
    arena_init(&arena, 4096, SIZE_MAX);
    set = literal_set_create(items, COUNT_OF(items), &arena);
    assert_non_null(set);
    literal_set_scan(set, SLICE("CaSiNo casin viagra!"), 0, 100, add, &found);
    assert_int_equal(found.count, 1);
    literal_set_scan(set, SLICE("Viagra!!"), 0, 100, add, &found);
    assert_int_equal(found.count, 2);
    literal_set_scan(set, SLICE_NONE, 0, 100, add, &found);
    assert_int_equal(found.count, 2);
    literal_set_scan(set, SLICE("x blank"), 0, 100, add, &found); /* and none follows */
    assert_int_equal(found.count, 2);
    arena_fini(&arena);
}

static void without_memory(void **state)
{
    const struct literal_owned item = {{"casino", 6}, 1};

    (void)state;
    for (size_t limit = 0; limit < 2000; limit += 64) {
        struct arena arena;
        const struct literal_set *set;

        arena_init(&arena, 64, limit);
        set = literal_set_create(&item, 1, &arena);
        assert_true((set != NULL) == !arena_failed(&arena));
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_one_by_one),
                                       cmocka_unit_test(in_either_case),
                                       cmocka_unit_test(without_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
