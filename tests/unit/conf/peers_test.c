#include "conf/peers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct row {
    const char *address;
    bool one;
} ROWS[] = {
    {"10.1.2.3", true},   {"11.1.2.3", false},   {"192.0.2.1", true},
    {"192.0.2.2", false}, {"2001:db8::5", true}, {"2001:db9::5", false},
};

static void rows(void **state)
{
    struct address_range ranges[3];
    const struct peers peers = {ranges, 3};
    const struct address unix_socket = {.family = ADDRESS_UNIX};
    struct address address;

    (void)state;
    assert_int_equal(address_range_parse(SLICE("10.0.0.0/8"), &ranges[0]), 0);
    assert_int_equal(address_range_parse(SLICE("192.0.2.1"), &ranges[1]), 0);
    assert_int_equal(address_range_parse(SLICE("2001:db8::/32"), &ranges[2]), 0);
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        assert_int_equal(address_parse(slice_str(ROWS[i].address), &address), 0);
        assert_int_equal(peers_have(&peers, &address), ROWS[i].one);
        assert_false(peers_have(&(struct peers){NULL, 0}, &address));
    }
    assert_false(peers_have(&peers, &unix_socket));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
