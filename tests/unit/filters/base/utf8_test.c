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

/* Each end of each range, and its neighbour outside. */
static void what_deceives(void **state)
{
    static const struct {
        struct slice character;
        uint32_t code;
        bool deceives;
    } rows[] = {
        {SLICE_INIT("a"), 'a', false},
        {SLICE_INIT("\x7F"), 0x7F, false},
        {SLICE_INIT("\xC2\x80"), 0x80, true},
        {SLICE_INIT("\xC2\x9F"), 0x9F, true},
        {SLICE_INIT("\xC2\xA0"), 0xA0, false},
        {SLICE_INIT("\xC2\xAC"), 0xAC, false},
        {SLICE_INIT("\xC2\xAD"), 0xAD, true},
        {SLICE_INIT("\xC2\xAE"), 0xAE, false},
        {SLICE_INIT("\xC3\xBC"), 0xFC, false},
        {SLICE_INIT("\xD8\x9B"), 0x61B, false},
        {SLICE_INIT("\xD8\x9C"), 0x61C, true},
        {SLICE_INIT("\xD8\x9D"), 0x61D, false},
        {SLICE_INIT("\xE2\x80\x8A"), 0x200A, false},
        {SLICE_INIT("\xCD\x8F"), 0x34F, true},
        {SLICE_INIT("\xE1\x85\x9F"), 0x115F, true},
        {SLICE_INIT("\xE1\x9E\xB5"), 0x17B5, true},
        {SLICE_INIT("\xE1\xA0\x8E"), 0x180E, true},
        {SLICE_INIT("\xE2\x80\x8B"), 0x200B, true},
        {SLICE_INIT("\xE3\x85\xA4"), 0x3164, true},
        {SLICE_INIT("\xEF\xBF\xBB"), 0xFFFB, true},
        {SLICE_INIT("\xEF\xBF\xBC"), 0xFFFC, false},
        {SLICE_INIT("\xF0\x9B\xB2\xA0"), 0x1BCA0, true},
        {SLICE_INIT("\xF0\x9D\x85\xBA"), 0x1D17A, true},
        {SLICE_INIT("\xE2\x80\x8F"), 0x200F, true},
        {SLICE_INIT("\xE2\x80\x90"), 0x2010, false},
        {SLICE_INIT("\xE2\x80\xA7"), 0x2027, false},
        {SLICE_INIT("\xE2\x80\xA8"), 0x2028, true},
        {SLICE_INIT("\xE2\x80\xAE"), 0x202E, true},
        {SLICE_INIT("\xE2\x80\xAF"), 0x202F, false},
        {SLICE_INIT("\xE2\x81\x9F"), 0x205F, false},
        {SLICE_INIT("\xE2\x81\xA0"), 0x2060, true},
        {SLICE_INIT("\xE2\x81\xA6"), 0x2066, true},
        {SLICE_INIT("\xE2\x81\xA9"), 0x2069, true},
        {SLICE_INIT("\xE2\x81\xAF"), 0x206F, true},
        {SLICE_INIT("\xE2\x81\xB0"), 0x2070, false},
        {SLICE_INIT("\xEF\xBB\xBE"), 0xFEFE, false},
        {SLICE_INIT("\xEF\xBB\xBF"), 0xFEFF, true},
        {SLICE_INIT("\xEF\xBC\x80"), 0xFF00, false},
        {SLICE_INIT("\xF0\x9F\x98\x80"), 0x1F600, false},
        {SLICE_INIT("\xF3\x9F\xBF\xBF"), 0xDFFFF, false},
        {SLICE_INIT("\xF3\xA0\x80\x80"), 0xE0000, true},
        {SLICE_INIT("\xF3\xA0\xBF\xBF"), 0xE0FFF, true},
        {SLICE_INIT("\xF3\xA1\x80\x80"), 0xE1000, false},
        {SLICE_INIT("\xF4\x8F\xBF\xBF"), 0x10FFFF, false},
    };
    struct guard guard;

    (void)state;
    guard_init(&guard, 16);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice character = guard_copy(&guard, rows[i].character);

        char written[UTF8_CHARACTER_MAX];

        assert_input(utf8_code(character) == rows[i].code, character, i);
        assert_slice(slice_make(written, utf8_write(rows[i].code, written)), character);
        assert_input(utf8_deceives(character) == rows[i].deceives, character, i);
    }
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length_of_characters),
        cmocka_unit_test(whole_texts),
        cmocka_unit_test(what_deceives),
        cmocka_unit_test(cutting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
