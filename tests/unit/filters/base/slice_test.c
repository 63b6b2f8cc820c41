#include "filters/base/slice.h"

#include "tests/unit/support.h"

static void parts(void **state)
{
    struct slice s = SLICE("a\0bc");

    (void)state;
    assert_slice(slice_first(s, 2), SLICE("a\0"));
    assert_slice(slice_first(s, 9), s);
    assert_slice(slice_from(s, 2), SLICE("bc"));
    assert_int_equal(slice_from(s, 4).len, 0);
    assert_int_equal(slice_from(s, 99).len, 0);
    assert_int_equal(slice_str(NULL).len, 0);
    assert_int_equal(slice_first(SLICE_NONE, 3).len, 0);
}

static void comparisons(void **state)
{
    (void)state;
    assert_true(slice_equal(SLICE("a\0b"), SLICE("a\0b")));
    assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    assert_false(slice_equal(SLICE("ab"), SLICE("abc")));
    assert_true(slice_equal(SLICE_NONE, SLICE("")));
    assert_true(slice_equal_case(SLICE("MaIl-[1]"), SLICE("mAiL-[1]")));
    assert_false(slice_equal_case(SLICE("["), SLICE("{"))); /* they differ by the case bit */
    assert_false(slice_equal_case(SLICE("\xc4"), SLICE("\xe4")));
    assert_true(slice_starts(SLICE("abc"), SLICE("ab")));
    assert_false(slice_starts(SLICE("abc"), SLICE("AB")));
    assert_true(slice_starts_case(SLICE("abc"), SLICE("AB")));
    assert_false(slice_starts_case(SLICE("a"), SLICE("AB")));
    assert_true(slice_starts(SLICE("a"), SLICE_NONE));
}

static void finding(void **state)
{
    (void)state;
    assert_int_equal(slice_find(SLICE("a\0b@c@"), '@'), 3);
    assert_int_equal(slice_find_last(SLICE("a\0b@c@"), '@'), 5);
    assert_int_equal(slice_find(SLICE("abc"), '\0'), SLICE_NOT_FOUND);
    assert_int_equal(slice_find(SLICE_NONE, 'a'), SLICE_NOT_FOUND);
    assert_int_equal(slice_find_last(SLICE_NONE, 'a'), SLICE_NOT_FOUND);
}

static void trimming(void **state)
{
    (void)state;
    assert_text(slice_trim(SLICE(" \t a b\t ")), "a b");
    assert_text(slice_trim_start(SLICE(" \t a ")), "a ");
    assert_int_equal(slice_trim(SLICE(" \t ")).len, 0);
    assert_int_equal(slice_trim(SLICE_NONE).len, 0);
    assert_slice(slice_trim(SLICE("\r\n")), SLICE("\r\n")); /* line ends are no blanks */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(finding),
        cmocka_unit_test(trimming),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
