#include "filters/match/confusables.h"

#include "filters/base/utf8.h"
#include "tests/unit/support.h"

static const struct {
    struct slice text, skeleton;
} rows[] = {
    {SLICE_INIT(""), SLICE_INIT("")},
    {SLICE_INIT("example.org"), SLICE_INIT("exarnple.org")},
    {SLICE_INIT("Paypal"), SLICE_INIT("paypal")},
    {SLICE_INIT("paypa1"), SLICE_INIT("paypal")},
    {SLICE_INIT("paypaI"), SLICE_INIT("paypal")}, /* a capital i */
    {SLICE_INIT("paypai"), SLICE_INIT("paypai")},
    {SLICE_INIT("G00GLE"), SLICE_INIT("google")},
    {SLICE_INIT("M"), SLICE_INIT("rn")},
    {SLICE_INIT("g\xD0\xBE\xCE\xBFgle"), SLICE_INIT("google")},
    {SLICE_INIT("\xD0\xB0\xD1\x80\xD1\x80\xD3\x8F\xD0\xB5"), SLICE_INIT("apple")},
    {SLICE_INIT("\xC3\xA9"), SLICE_INIT("e\xCC\x81")}, /* taken apart, an accent counts */
    {SLICE_INIT("\xD0\xB5\xCC\x81"), SLICE_INIT("e\xCC\x81")},
    {SLICE_INIT("\xE1\xBF\x96"), SLICE_INIT("i\xCC\x83")}, /* three octets */
    {SLICE_INIT("\xC9\xB1"), SLICE_INIT("rn\xCC\xA6")},    /* more than two characters */
    {SLICE_INIT("a-b_c"), SLICE_INIT("a-b_c")},
    {SLICE_INIT("\xE4\xB8\xAD\xE5\x9B\xBD"), SLICE_INIT("\xE4\xB8\xAD\xE5\x9B\xBD")},
    {SLICE_INIT("\xF0\x9F\x98\x80"), SLICE_INIT("\xF0\x9F\x98\x80")}, /* beyond the table */
    {SLICE_INIT("\xF0\x90\x80\xB0"), SLICE_INIT("\xF0\x90\x80\xB0")}, /* U+10030 is no "0" */
    {SLICE_INIT("\xFF\xC3"), SLICE_INIT("\xFF\xC3")},
};

static void skeletons(void **state)
{
    struct guard guard;
    struct bytes out;

    (void)state;
    guard_init(&guard, 64);
    bytes_init(&out, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bytes_clear(&out);
        assert_int_equal(confusables_fold(guard_copy(&guard, rows[i].text), &out), 0);
        assert_row_slice(bytes_slice(&out), rows[i].skeleton, rows[i].text.ptr, i);
    }
    bytes_fini(&out);
    guard_fini(&guard);
}

/* Of every character of the first plane: a skeleton is its own, and text. */
static void skeletons_of_skeletons(void **state)
{
    struct bytes once, twice;
    size_t others = 0;

    (void)state;
    bytes_init(&once, 64);
    bytes_init(&twice, 64);
    for (unsigned code = 0x800; code < 0xFFFF; code++) {
        const char text[3] = {(char)(0xE0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3F)),
                              (char)(0x80 | (code & 0x3F))};
        struct slice character = slice_make(text, sizeof(text));

        bytes_clear(&once);
        bytes_clear(&twice);
        if (!utf8_valid(character))
            continue;
        assert_int_equal(confusables_fold(character, &once), 0);
        assert_int_equal(confusables_fold(bytes_slice(&once), &twice), 0);
        assert_slice(bytes_slice(&twice), bytes_slice(&once));
        assert_true(utf8_valid(bytes_slice(&once)));
        others += !slice_equal(bytes_slice(&once), character);
    }
    assert_true(others > 1000);
    bytes_fini(&once);
    bytes_fini(&twice);
}

static void no_room(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 3);
    assert_int_equal(confusables_fold(SLICE("abcd"), &out), -1);
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skeletons),
        cmocka_unit_test(skeletons_of_skeletons),
        cmocka_unit_test(no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
