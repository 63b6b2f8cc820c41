/* audit_fit: what is cut for a record is cut between characters, and has room however it is
 * escaped. */
#include "filters/base/bytes.h"
#include "proxy/record/audit.h"
#include "tests/unit/support.h"

/* Each costs ${cost} bytes, and no less. */
static const struct {
    struct slice character;
    size_t cost;
} rows[] = {
    {SLICE_INIT("a"), 1},
    {SLICE_INIT(" "), 1},
    {SLICE_INIT("~"), 1},
    {SLICE_INIT("\""), 6},
    {SLICE_INIT("\\"), 6},
    {SLICE_INIT("\n"), 6},
    {SLICE_INIT("\0"), 6},
    {SLICE_INIT("\x7f"), 6},
    {SLICE_INIT("\xff"), 6},
    {SLICE_INIT("\xc3\xbc"), 2},
    {SLICE_INIT("\xe2\x82\xac"), 3},
    {SLICE_INIT("\xf0\x9f\x98\x80"), 4},
    {SLICE_INIT("\xe2\x80\xae"), 6}, /* turns what follows around */
    {SLICE_INIT("\xf3\xa0\x80\x81"), 12},
};

static void test_costs(void **state)
{
    struct guard guard;
    (void)state;
    guard_init(&guard, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t count = 1; count < 5; count++) {
            struct bytes text;
            bytes_init(&text, 64);
            for (size_t k = 0; k < count; k++)
                bytes_append(&text, rows[i].character);
            struct slice value = guard_copy(&guard, bytes_slice(&text));
            size_t cost = count * rows[i].cost;
            assert_input(audit_fit(value, cost).len == value.len, value, count);
            assert_input(audit_fit(value, cost - 1).len == value.len - rows[i].character.len, value,
                         count);
            bytes_fini(&text);
        }
    guard_fini(&guard);
}

static void test_nothing(void **state)
{
    (void)state;
    assert_int_equal(audit_fit(SLICE_NONE, 0).len, 0);
    assert_int_equal(audit_fit(SLICE("a"), 0).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
