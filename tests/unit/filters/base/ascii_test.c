/* ascii: every byte there is, against the bytes of a class written out. */
#include "filters/base/ascii.h"

#include "filters/base/slice.h"
#include "tests/unit/support.h"

#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static void classes(void **state)
{
    static const struct {
        const char *name;
        bool (*is)(char c);
        struct slice members;
    } rows[] = {
        {"blank", ascii_is_blank, SLICE_INIT(" \t")},
        {"space", ascii_is_space, SLICE_INIT(" \t\r\n")},
        {"digit", ascii_is_digit, SLICE_INIT(DIGITS)},
        {"letter", ascii_is_letter, SLICE_INIT(UPPER LOWER)},
        {"alnum", ascii_is_alnum, SLICE_INIT(UPPER LOWER DIGITS)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int byte = 0; byte <= UINT8_MAX; byte++)
            if (rows[i].is((char)byte) !=
                (slice_find(rows[i].members, (char)byte) != SLICE_NOT_FOUND))
                fail_msg("%s: byte %d", rows[i].name, byte);
}

static void cases(void **state)
{
    (void)state;
    for (int byte = 0; byte <= UINT8_MAX; byte++) {
        char c = (char)byte;
        size_t upper = slice_find(SLICE(UPPER), c), lower = slice_find(SLICE(LOWER), c);

        assert_int_equal(ascii_lower(c), upper != SLICE_NOT_FOUND ? LOWER[upper] : c);
        assert_int_equal(ascii_upper(c), lower != SLICE_NOT_FOUND ? UPPER[lower] : c);
    }
}

static void hex(void **state)
{
    (void)state;
    for (int byte = 0; byte <= UINT8_MAX; byte++) {
        size_t small = slice_find(SLICE(DIGITS "abcdef"), (char)byte);
        size_t big = slice_find(SLICE(DIGITS "ABCDEF"), (char)byte);
        size_t value = small != SLICE_NOT_FOUND ? small : big;

        assert_int_equal(ascii_hex((char)byte), value != SLICE_NOT_FOUND ? (int)value : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes),
        cmocka_unit_test(cases),
        cmocka_unit_test(hex),
    };

    return cmocka_run_group_tests_name("ascii", tests, NULL, NULL);
}
