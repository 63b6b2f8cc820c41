#include "filters/base/utf8.h"

#include "tests/unit/support.h"

/* The bounds of RFC 3629's grammar, from both sides. */
static const struct {
    struct slice bytes;
    size_t length;
} characters[] = {
    {SLICE_INIT(""), 0},
    {SLICE_INIT("\0"), 1},
    {SLICE_INIT("\x7F"), 1},
    {SLICE_INIT("\x80"), 0},
    {SLICE_INIT("\xBF"), 0},
    {SLICE_INIT("\xC1\xBF"), 0}, /* overlong */
    {SLICE_INIT("\xC2\x80"), 2},
    {SLICE_INIT("\xC2"), 0}, /* cut */
    {SLICE_INIT("\xC2\x7F"), 0},
    {SLICE_INIT("\xC2\xC0"), 0},
    {SLICE_INIT("\xDF\xBF"), 2},
    {SLICE_INIT("\xE0\x9F\xBF"), 0}, /* overlong */
    {SLICE_INIT("\xE0\xA0\x80"), 3},
    {SLICE_INIT("\xE2\x82"), 0},
    {SLICE_INIT("\xE2\x82\xAC"), 3},
    {SLICE_INIT("\xE2\x82\x2C"), 0},
    {SLICE_INIT("\xED\x9F\xBF"), 3},
    {SLICE_INIT("\xED\xA0\x80"), 0}, /* surrogate */
    {SLICE_INIT("\xEF\xBF\xBF"), 3},
    {SLICE_INIT("\xF0\x8F\xBF\xBF"), 0}, /* overlong */
    {SLICE_INIT("\xF0\x90\x80\x80"), 4},
    {SLICE_INIT("\xF0\x9F\x98"), 0},
    {SLICE_INIT("\xF4\x8F\xBF\xBF"), 4},
    {SLICE_INIT("\xF4\x90\x80\x80"), 0}, /* above U+10FFFF */
    {SLICE_INIT("\xF5\x80\x80\x80"), 0},
    {SLICE_INIT("\xFF"), 0},
};

static void length_of_characters(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 16);
    for (size_t i = 0; i < COUNT_OF(characters); i++)
        assert_row(utf8_length(guard_copy(&guard, characters[i].bytes)) == characters[i].length,
                   "characters", i);
    assert_int_equal(utf8_length(SLICE("\xC3\xA4"
                                       "rest")),
                     2);
    guard_fini(&guard);
}

static void whole_texts(void **state)
{
    (void)state;
    assert_true(utf8_valid(SLICE_NONE));
    assert_true(utf8_valid(SLICE("Gr\xC3\xBC\xC3\x9F"
                                 "e \xF0\x9F\x98\x80")));
    assert_false(utf8_valid(SLICE("Gr\xFC\xDF"
                                  "e")));
    assert_false(utf8_valid(SLICE("abc\xC3")));
}

static void cutting(void **state)
{
    struct slice s = SLICE("a\xC3\xBC"
                           "b\xE2\x82\xAC\xF0\x9F\x98\x80");
    static const size_t want[] = {0, 1, 1, 3, 4, 4, 4, 7, 7, 7, 7, 11, 11};

    (void)state;
    for (size_t limit = 0; limit < COUNT_OF(want); limit++)
        assert_row(utf8_cut(s, limit).len == want[limit], "limit", limit);
    /* what is no UTF-8 is cut where the limit is */
    assert_int_equal(utf8_cut(SLICE("\xFF\xFF\xFF\xFF\xFF\xFF"), 3).len, 3);
    assert_int_equal(utf8_cut(SLICE("\x80\x80\x80\x80\x80\x80"), 5).len, 5);
    assert_int_equal(utf8_cut(SLICE_NONE, 0).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length_of_characters),
        cmocka_unit_test(whole_texts),
        cmocka_unit_test(cutting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
