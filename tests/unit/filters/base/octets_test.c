#include "filters/base/octets.h"

#include "tests/unit/support.h"

static void numbers(void **state)
{
    const struct slice s = SLICE("\x01\x82\x03\x84\x05\x86\x07\x88");

    (void)state;
    assert_int_equal(octets_le16(s), 0x8201);
    assert_int_equal(octets_le32(s), 0x84038201);
    assert_true(octets_le64(s) == 0x8807860584038201);
    assert_int_equal(octets_le16(SLICE("\xFF\xFF")), 0xFFFF);
    assert_int_equal(octets_le32(SLICE("\xFF\xFF\xFF\xFF")), 0xFFFFFFFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
