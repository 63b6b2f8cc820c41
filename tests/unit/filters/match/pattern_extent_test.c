/* How much of a subject a pattern can have to do with. */
#include "filters/match/pattern_private.h"
#include "tests/unit/support.h"

#define ALL   SIZE_MAX
#define OF(n) (4 * ((n) + 16))

static const struct {
    const char *source;
    size_t reach, repeat;
} rows[] = {
    {"", OF(0), 0},
    {"abc", OF(3), 0},
    {"a?b", OF(3), 0},
    {"a*", ALL, 0},
    {"a+?", ALL, 0},
    {"[+]", ALL, 0}, /* on the safe side */
    {"a{3}", OF(4) * 3, 3},
    {"a{2,30}", OF(7) * 30, 30},
    {"a{7,}", ALL, 7},
    {"a{7, }", ALL, 7},
    {"(a{20}){300}", OF(12) * 6000, 300},
    {"a{65535}b{65535}c{65535}d{65535}e{65535}", ALL, 65535},
    {"a{", OF(2), 1},
    {"\\x{2E}", OF(6) * 2, 2},
    {"(a|b(?1))", ALL, 0},
    {"(?R)?", ALL, 0},
    {"(?&x)", ALL, 0},
    {"(?P>x)", ALL, 0},
    {"(?+1)(a)", ALL, 0},
    {"\\g<1>", ALL, 0},
    {"\\X", ALL, 0},
    {"(?:a)(?=b)(?<n>c)", OF(17), 0},
    {"\\", OF(1), 0},
    {"(?", OF(2), 0},
};

static void extents(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pattern_extent extent =
            pattern_extent(guard_copy(&guard, slice_str(rows[i].source)));

        assert_row(extent.reach == rows[i].reach, rows[i].source, i);
        assert_row(extent.repeat == rows[i].repeat, rows[i].source, i);
    }
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(extents)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
