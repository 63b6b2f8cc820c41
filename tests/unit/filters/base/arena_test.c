#include "filters/base/arena.h"

#include "tests/unit/support.h"

static void alloc_is_zeroed_and_aligned(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 256, 4096);
    for (size_t size = 0; size < 64; size++) {
        char *p = arena_alloc(&arena, size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 'x', size);
    }
    arena_fini(&arena);
}

static void an_idle_arena_costs_nothing(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 256, 4096);
    assert_int_equal(arena.total_bytes, 0);
    assert_null(arena.blocks);
    arena_reset(&arena);
    arena_fini(&arena);
}

static void the_limit_holds(void **state)
{
    struct arena arena;
    size_t count = 0;

    (void)state;
    arena_init(&arena, 256, 1000);
    assert_null(arena_alloc(&arena, 1001));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 20));
    assert_int_equal(arena.total_bytes, 0);
    assert_non_null(arena_alloc(&arena, 16)); /* this one fits: the failure is remembered */
    assert_true(arena_failed(&arena));
    while (arena_alloc(&arena, 16) != NULL)
        count++;
    assert_true(count > 48 && count <= 1000 / 16);
    assert_true(arena.total_bytes <= 1000);
    assert_true(arena_failed(&arena));
    /* a refusal is no end: after a reset all is well */
    arena_reset(&arena);
    assert_false(arena_failed(&arena));
    assert_non_null(arena_alloc(&arena, 16));
    arena_fini(&arena);
}

static void large_requests_get_their_own_block(void **state)
{
    struct arena arena;
    char *large;

    (void)state;
    arena_init(&arena, 256, 100000);
    assert_non_null(arena_alloc(&arena, 8));
    large = arena_alloc(&arena, 50000);
    assert_non_null(large);
    memset(large, 'x', 50000);
    assert_true(arena.total_bytes > 50000);
    arena_fini(&arena);
}

static void reset_keeps_one_ordinary_block(void **state)
{
    struct arena arena;
    char *p;

    (void)state;
    arena_init(&arena, 256, 100000);
    for (int i = 0; i < 10; i++)
        assert_non_null(arena_alloc(&arena, 100));
    assert_non_null(arena_alloc(&arena, 50000));
    arena_reset(&arena);
    assert_int_equal(arena.total_bytes, 256);
    p = arena_alloc(&arena, 100);
    assert_non_null(p);
    assert_int_equal(arena.total_bytes, 256);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(p[i], 0);
    arena_fini(&arena);
    assert_int_equal(arena.total_bytes, 0);
    assert_non_null(arena_alloc(&arena, 100));
    arena_fini(&arena);
}

static void copies_end_in_a_nul(void **state)
{
    struct arena arena;
    struct slice copy;

    (void)state;
    arena_init(&arena, 256, 4096);
    copy = arena_copy(&arena, SLICE("a\0b"));
    assert_slice(copy, SLICE("a\0b"));
    assert_int_equal(copy.ptr[3], '\0');
    copy = arena_copy(&arena, SLICE_NONE);
    assert_non_null(copy.ptr);
    assert_int_equal(copy.len, 0);
    copy = arena_copy(&arena, SLICE("sixteen letters."));
    memset(arena_alloc(&arena, 16), 'x', 16);
    assert_int_equal(copy.ptr[16], '\0');
    copy = arena_format(&arena, "%s-%d", "x", 42);
    assert_text(copy, "x-42");
    assert_int_equal(copy.ptr[4], '\0');
    arena_fini(&arena);
}

static void copies_fail_at_the_limit(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 64, 64);
    assert_null(
        arena_copy(&arena, SLICE("this text is longer than what is left of sixty-four")).ptr);
    assert_null(arena_format(&arena, "%080d", 1).ptr);
    assert_int_equal(arena_format(&arena, "%080d", 1).len, 0);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc_is_zeroed_and_aligned),
        cmocka_unit_test(an_idle_arena_costs_nothing),
        cmocka_unit_test(the_limit_holds),
        cmocka_unit_test(large_requests_get_their_own_block),
        cmocka_unit_test(reset_keeps_one_ordinary_block),
        cmocka_unit_test(copies_end_in_a_nul),
        cmocka_unit_test(copies_fail_at_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
