/* boundary: which open multipart a line is a delimiter of. */
#include "filters/mime/boundary.h"

#include "tests/unit/arena_kit.h"

static struct boundaries set;

static void open_some(void)
{
    boundaries_init(&set, &arena);
    assert_int_equal(boundaries_open(&set, SLICE("B"), 0), 1);
    assert_int_equal(boundaries_open(&set, SLICE("Bx"), 1), 1);
    assert_int_equal(boundaries_open(&set, SLICE("C--"), 2), 1);
    assert_int_equal(boundaries_open(&set, SLICE("C"), 3), 1);
}

static const struct {
    const char *line;
    bool matches;
    struct boundary_match want;
} ROWS[] = {
    {"--B", true, {0, false, true}},
    {"--B--", true, {0, true, true}},
    {"--B \t", true, {0, false, true}},
    {"--B-- ", true, {0, true, true}},
    {"--Bx", true, {1, false, true}},
    {"--By", true, {0, false, false}},
    {"--B--y", true, {0, true, false}},
    {"--Bxy", true, {1, false, false}},
    {"--B-", true, {0, false, false}},
    {"--C--", true, {3, true, false}},
    {"--C----", true, {2, true, true}},
    {"--A", false, {0}},
    {"--", false, {0}},
    {"-B", false, {0}},
    {"", false, {0}},
    {"B", false, {0}},
    {" --B", false, {0}},
    {"--b", false, {0}},
};

static void test_rows(void **state)
{
    (void)state;
    open_some();
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct boundary_match match;
        struct guard guard;
        struct slice line;

        guard_init(&guard, 64);
        line = guard_copy(&guard, slice_str(ROWS[i].line));
        assert_row(boundaries_match(&set, line, &match) == ROWS[i].matches, ROWS[i].line, 0);
        if (ROWS[i].matches) {
            assert_row(match.level == ROWS[i].want.level, ROWS[i].line, 1);
            assert_row(match.last == ROWS[i].want.last, ROWS[i].line, 2);
            assert_row(match.exact == ROWS[i].want.exact, ROWS[i].line, 3);
        }
        guard_fini(&guard);
    }
    arena_reset(&arena);
}

static void test_close(void **state)
{
    struct boundary_match match;

    (void)state;
    open_some();
    boundaries_close(&set, 1);
    assert_false(boundaries_match(&set, SLICE("--C"), &match));
    assert_true(boundaries_match(&set, SLICE("--Bx"), &match));
    assert_int_equal(match.level, 0);
    assert_false(match.exact);
    boundaries_close(&set, 0);
    assert_false(boundaries_match(&set, SLICE("--B"), &match));
    arena_reset(&arena);
}

/* The innermost has it; closed, it is the other's again. */
static void test_same(void **state)
{
    struct boundary_match match;

    (void)state;
    boundaries_init(&set, &arena);
    assert_int_equal(boundaries_open(&set, SLICE("B"), 0), 1);
    assert_int_equal(boundaries_open(&set, SLICE("B"), 0), 1);
    assert_int_equal(boundaries_open(&set, SLICE("B"), 4), 0);
    assert_true(boundaries_match(&set, SLICE("--B"), &match));
    assert_int_equal(match.level, 4);
    boundaries_close(&set, 4);
    assert_true(boundaries_match(&set, SLICE("--B"), &match));
    assert_int_equal(match.level, 0);
    arena_reset(&arena);
}

/* The empty one has a line of two hyphens and nothing else. */
static void test_empty(void **state)
{
    struct boundary_match match;

    (void)state;
    boundaries_init(&set, &arena);
    assert_int_equal(boundaries_open(&set, SLICE(""), 0), 1);
    assert_true(boundaries_match(&set, SLICE("--"), &match));
    assert_true(match.exact && !match.last);
    assert_true(boundaries_match(&set, SLICE("----"), &match));
    assert_true(match.exact && match.last);
    assert_false(boundaries_match(&set, SLICE("--x"), &match));
    arena_reset(&arena);
}

static void test_memory(void **state)
{
    struct arena none;

    (void)state;
    arena_init(&none, 64, 0);
    boundaries_init(&set, &none);
    assert_int_equal(boundaries_open(&set, SLICE("B"), 0), -1);
    arena_fini(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),  cmocka_unit_test(test_close),  cmocka_unit_test(test_same),
        cmocka_unit_test(test_empty), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
