#include "proxy/explain/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char TEXT[] = "one\r\ntwo\r\n\r\nfour\r\n";

static const struct row {
    size_t offset, line;
} ROWS[] = {
    {0, 1}, {2, 1}, {4, 1}, {5, 2}, {9, 2}, {10, 3}, {11, 3}, {12, 4}, {17, 4}, {18, 4},
};

#define ROW_COUNT (sizeof(ROWS) / sizeof(*ROWS))

/* In any order, whatever was asked before. */
static void each_after_each(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROW_COUNT; i++)
        for (size_t k = 0; k < ROW_COUNT; k++) {
            struct lines lines = lines_begin(slice_str(TEXT));

            assert_int_equal(lines_at(&lines, TEXT + ROWS[i].offset), ROWS[i].line);
            assert_int_equal(lines_at(&lines, TEXT + ROWS[k].offset), ROWS[k].line);
        }
}

static void elsewhere(void **state)
{
    struct lines lines = lines_begin(slice_make(TEXT + 5, 5));
    struct lines none = lines_begin(SLICE(""));

    (void)state;
    assert_int_equal(lines_at(&lines, NULL), 0);
    assert_int_equal(lines_at(&lines, TEXT + 4), 0);
    assert_int_equal(lines_at(&lines, TEXT + 11), 0);
    assert_int_equal(lines_at(&lines, TEXT + 10), 1);
    assert_int_equal(lines_at(&none, none.message.ptr), 1);
}

static void last(void **state)
{
    struct lines lines = lines_begin(slice_str(TEXT));

    (void)state;
    assert_int_equal(lines_last(&lines, slice_make(TEXT, 10)), 2);
    assert_int_equal(lines_last(&lines, slice_make(TEXT, 11)), 3);
    assert_int_equal(lines_last(&lines, slice_make(TEXT + 10, 0)), 3);
    assert_int_equal(lines_last(&lines, SLICE("far")), 0);
}

static void one_by_one(void **state)
{
    struct slice text = SLICE("a\r\n\r\nb\nc\r\r\n\rd");

    (void)state;
    assert_true(slice_equal(lines_next(&text), SLICE("a")));
    assert_int_equal(lines_next(&text).len, 0);
    assert_true(slice_equal(lines_next(&text), SLICE("b")));
    assert_true(slice_equal(lines_next(&text), SLICE("c\r")));
    assert_true(slice_equal(lines_next(&text), SLICE("\rd")));
    assert_int_equal(text.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_after_each),
        cmocka_unit_test(elsewhere),
        cmocka_unit_test(last),
        cmocka_unit_test(one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
