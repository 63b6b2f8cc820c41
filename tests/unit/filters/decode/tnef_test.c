/* tnef: names and files in a winmail.dat, and what is cut off anywhere. */
#include "filters/decode/tnef.h"

#include "tests/unit/support.h"

#define HEAD "\x78\x9f\x3e\x22\x01\x00"
#define TITLE                                                                                      \
    "\x02\x10\x80\x01\x00\x06\x00\x00\x00"                                                         \
    "a.exe\0"                                                                                      \
    "\x00\x00"
#define OTHER                                                                                      \
    "\x01\x04\x80\x01\x00\x02\x00\x00\x00"                                                         \
    "xx"                                                                                           \
    "\x00\x00"
#define DATA                                                                                       \
    "\x02\x0f\x80\x06\x00\x03\x00\x00\x00"                                                         \
    "MZ!"                                                                                          \
    "\x00\x00"
/* four properties: a number, a date, one with a name of its own, the long name of the file */
#define PROPERTIES                                                                                 \
    "\x04\x00\x00\x00"                                                                             \
    "\x03\x00\x05\x37\x01\x00\x00\x00"                                                             \
    "\x40\x00\x07\x30\x01\x02\x03\x04\x05\x06\x07\x08"                                             \
    "\x03\x00\x01\x80"                                                                             \
    "0123456789abcdef"                                                                             \
    "\x00\x00\x00\x00\x01\x00\x00\x00\x09\x00\x00\x00"                                             \
    "\x1f\x00\x07\x37\x01\x00\x00\x00\x06\x00\x00\x00"                                             \
    "b\0c\0\0\0"                                                                                   \
    "\x00\x00"
#define ATTACHMENT "\x02\x05\x90\x06\x00\x4c\x00\x00\x00" PROPERTIES "\x00\x00"

static const struct slice WHOLE = SLICE_INIT(HEAD OTHER TITLE DATA ATTACHMENT);

static void test_items(void **state)
{
    struct tnef tnef;
    struct tnef_item item;

    (void)state;
    assert_int_equal(sizeof(PROPERTIES) - 1, 0x4c);
    assert_true(tnef_begin(&tnef, WHOLE));
    assert_true(tnef_next(&tnef, &item));
    assert_int_equal(item.kind, TNEF_NAME);
    assert_text(item.octets, "a.exe");
    assert_true(tnef_next(&tnef, &item));
    assert_int_equal(item.kind, TNEF_FILE);
    assert_text(item.octets, "MZ!");
    assert_true(tnef_next(&tnef, &item));
    assert_int_equal(item.kind, TNEF_WIDE);
    assert_slice(item.octets, SLICE("b\0c\0"));
    assert_false(tnef_next(&tnef, &item));
    assert_false(tnef_begin(&tnef, SLICE("\x78\x9f\x3e\x23\x01\x00\x00")));
    assert_false(tnef_begin(&tnef, SLICE("")));
}

static void test_cut(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, WHOLE.len);
    for (size_t len = 0; len < WHOLE.len; len++) {
        struct tnef tnef;
        struct tnef_item item;
        size_t count = 0;

        if (tnef_begin(&tnef, guard_copy(&guard, slice_first(WHOLE, len))))
            while (tnef_next(&tnef, &item))
                count++;
        assert_true(count <= 3);
    }
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
