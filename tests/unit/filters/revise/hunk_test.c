#include "filters/revise/hunk.h"

#include "tests/unit/support.h"

static const struct {
    const char *before, *after, *want; /* each hunk as "FROM-TO:TEXT|" */
} ROWS[] = {
    {"", "", ""},
    {"same\n", "same\n", ""},
    {"abc", "axc", "1-2:x|"},
    {"abc", "", "0-3:|"},
    {"", "abc", "0-0:abc|"},
    {"one\ntwo\none\n", "ane\ntwo\nane\n", "0-1:a|8-9:a|"},
    {"one\ntwo", "one\ntwo three", "7-7: three|"},
    {"one\n", "one\ntwo", "4-4:two|"},
    {"one\ntwo", "one\n", "4-7:|"},
    /* as many lines as they have not: one */
    {"one\ntwo\none\n", "ane\none\n", "0-7:ane|"},
    {"aXbXc\n", "aYbYc\n", "1-4:YbY|"},
    /* whole lines that are put in */
    {"a\n</body>", "a\n<p>x</p>\n</body>", "2-2:<p>x</p>\n|"},
    {"</body>", "<p>x</p>\n</body>", "0-0:<p>x</p>\n|"},
    {"a</body>", "a<p>x</p>\n</body>", "2-2:p>x</p>\n<|"},
    {"ab\nab\n", "ab\nab\nab\n", "6-6:ab\n|"},
    {"abab", "ababab", "0-0:ab|"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char text[200] = "";
        struct hunks hunks;
        struct hunk hunk;

        hunks_begin(&hunks, slice_str(ROWS[i].before), slice_str(ROWS[i].after));
        while (hunks_next(&hunks, &hunk)) {
            size_t used = strlen(text);

            snprintf(text + used, sizeof(text) - used, "%zu-%zu:%.*s|", hunk.from, hunk.to,
                     SLICE_ARG(hunk.text));
        }
        assert_string_equal(text, ROWS[i].want);
    }
}

static void test_lines(void **state)
{
    struct slice text = SLICE("a\n\nb");

    (void)state;
    assert_int_equal(hunk_lines(text), 2);
    assert_text(hunk_line(&text), "a\n");
    assert_text(hunk_line(&text), "\n");
    assert_text(hunk_line(&text), "b");
    assert_text(hunk_line(&text), "");
    assert_int_equal(hunk_common(SLICE("abc"), SLICE("abd")), 2);
    assert_int_equal(hunk_common(SLICE("ab"), SLICE("abd")), 2);
    assert_int_equal(hunk_common(SLICE(""), SLICE("abd")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_lines)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
