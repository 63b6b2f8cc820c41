#include "filters/base/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct pair_row {
    const char *to, *listener;
    bool equal, reaches, covers; /* ${listener} all that arrives at ${to} */
};

static const struct pair_row PAIRS[] = {
    {"127.0.0.1:25", "127.0.0.1:25", true, true, false},
    {"127.0.0.1:25", "127.0.0.1:26", false, false, false},
    {"127.0.0.1:25", "127.0.0.2:25", false, false, false},
    {"127.0.0.1:25", "0.0.0.0:25", false, true, true},
    {"127.0.0.1:25", "[::]:25", false, true, true}, /* dual stack */
    {"[::1]:25", "[::]:25", false, true, true},
    {"[::1]:25", "0.0.0.0:25", false, false, false},
    {"192.0.2.1:25", "0.0.0.0:25", false, false,
     true}, /* whose address that is, nobody can say here */
    {"0.0.0.0:25", "[::]:25", false, true, true},
    {"[::ffff:127.0.0.1]:25", "127.0.0.1:25", true, true, false},
};

static void pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(PAIRS) / sizeof(*PAIRS); i++) {
        struct endpoint to = {.path = SLICE_NONE}, listener = {.path = SLICE_NONE};

        assert_int_equal(address_parse_port(slice_str(PAIRS[i].to), &to.address), 0);
        assert_int_equal(address_parse_port(slice_str(PAIRS[i].listener), &listener.address), 0);
        assert_int_equal(endpoint_equal(&to, &listener), PAIRS[i].equal);
        assert_int_equal(endpoint_reaches(&to, &listener), PAIRS[i].reaches);
        assert_int_equal(endpoint_covers(&listener, &to), PAIRS[i].covers);
    }
}

static void unix_pairs(void **state)
{
    struct endpoint a = {.address = {.family = ADDRESS_UNIX}, .path = SLICE("/a")};
    struct endpoint b = {.address = {.family = ADDRESS_UNIX}, .path = SLICE("/b")};

    (void)state;
    assert_true(endpoint_reaches(&a, &a));
    assert_false(endpoint_reaches(&a, &b));
    assert_false(endpoint_covers(&a, &a)); /* a path has no port */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs), cmocka_unit_test(unix_pairs)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
