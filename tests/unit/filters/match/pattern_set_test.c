#include "filters/match/pattern_set.h"

#include "tests/unit/filters/match/pattern_kit.h"

#define MANY 700

static void mark(void *ctx, size_t at, uint32_t number)
{
    bool *seen = ctx;

    (void)at;
    seen[number] = true;
}

static void what_has_literals_is_looked_for(void **state)
{
    const struct pattern *patterns[] = {compile(SLICE("casino"), 0), compile(SLICE("\\d+"), 0),
                                        NULL, compile(SLICE(".lotter(y|ies)"), PATTERN_CASELESS)};
    bool seen[COUNT_OF(patterns)] = {false};
    const struct pattern_set *set;
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096, SIZE_MAX);
    set = pattern_set_create(patterns, COUNT_OF(patterns), &arena);
    assert_non_null(set);
    assert_true(pattern_set_holds(set, 0) && pattern_set_holds(set, 3));
    assert_false(pattern_set_holds(set, 1) || pattern_set_holds(set, 2));
    assert_int_equal(pattern_set_ahead(set, 0), 0);
    assert_int_equal(pattern_set_ahead(set, 3), 4);
    pattern_set_scan(set, SLICE("12 LOTTERIES"), 0, SIZE_MAX, mark, seen);
    assert_true(!seen[0] && !seen[1] && !seen[2] && seen[3]);
    arena_fini(&arena);
    for (size_t i = 0; i < COUNT_OF(patterns); i++)
        pattern_destroy((struct pattern *)(uintptr_t)patterns[i]);
}

static void of_nothing(void **state)
{
    const struct pattern *patterns[] = {compile(SLICE("."), 0)};
    bool seen[1] = {false};
    const struct pattern_set *set;
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096, SIZE_MAX);
    set = pattern_set_create(patterns, 1, &arena);
    assert_non_null(set);
    pattern_set_scan(set, SLICE("text"), 0, SIZE_MAX, mark, seen);
    assert_false(seen[0] || pattern_set_holds(set, 0));
    arena_fini(&arena);
    pattern_destroy((struct pattern *)(uintptr_t)patterns[0]);
}

static void many(void **state)
{
    struct pattern *patterns[MANY];
    static bool seen[MANY];
    const struct pattern_set *set;
    struct arena arena;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        char source[32];

        (void)snprintf(source, sizeof(source), "key%03zu(word)?", i);
        patterns[i] = compile(slice_str(source), 0);
    }
    arena_init(&arena, 4096, SIZE_MAX);
    set = pattern_set_create((const struct pattern *const *)patterns, MANY, &arena);
    assert_non_null(set);
    pattern_set_scan(set, SLICE("a key007word, a key699, key700"), 0, SIZE_MAX, mark, seen);
    for (size_t i = 0; i < MANY; i++)
        assert_row(seen[i] == (i == 7 || i == 699), "key", i);
    arena_fini(&arena);
    for (size_t limit = 0; limit < 60000; limit += 5000) { /* what memory there is not is said */
        arena_init(&arena, 4096, limit);
        set = pattern_set_create((const struct pattern *const *)patterns, MANY, &arena);
        assert_true(set == NULL || !arena_failed(&arena));
        arena_fini(&arena);
    }
    for (size_t i = 0; i < MANY; i++)
        pattern_destroy(patterns[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_has_literals_is_looked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many, set_up, tear_down)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
