#include "conf/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct row {
    const char *name, *value;
    const char *error; /* NULL: none */
};

static const struct row ROWS[] = {
    {"client", "198.51.100.7", NULL},
    {"client", "2001:db8::7", NULL},
    {"client", "198.51.100", "an IP address such as 192.0.2.1 or 2001:db8::1"},
    {"client", "198.51.100.7:25", "an IP address such as 192.0.2.1 or 2001:db8::1"},
    {"client", "", "an IP address such as 192.0.2.1 or 2001:db8::1"},
    {"client_port", "25", NULL},
    {"client_port", "0", "a port from 1 to 65535"},
    {"client_port", "65536", "a port from 1 to 65535"},
    {"client_port", "x", "a port from 1 to 65535"},
    {"listener", "inbound", NULL},
    {"helo", "mx.test", NULL},
    {"size", "20M", NULL},
    {"size", "big", "a size such as 5000 or 20M"},
    {"sender", "x", ORIGIN_UNKNOWN},
    {"", "x", ORIGIN_UNKNOWN},
    {"auth", "bob", NULL},
    {"auth", "", NULL},
    {"tls", "true", NULL},
    {"tls", "yes", "true or false"},
    {"tls_version", "1.3", NULL},
    {"tls_cipher", "x", NULL},
    {"tls_name", "x", NULL},
    {"client_cert", "CN=x", NULL},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct origin origin;
        const char *error;

        origin_init(&origin);
        error = origin_set(&origin, slice_str(ROWS[i].name), slice_str(ROWS[i].value));
        assert_int_equal(error != NULL, ROWS[i].error != NULL);
        if (error != NULL)
            assert_string_equal(error, ROWS[i].error);
    }
}

static void values(void **state)
{
    char text[ADDRESS_TEXT_MAX];
    struct origin origin;

    (void)state;
    origin_init(&origin);
    assert_string_equal(address_text(&origin.client, text).ptr, "192.0.2.1");
    assert_int_equal(origin.client.port, 0);
    assert_int_equal(origin.helo.len, 0);
    assert_int_equal(origin.listener.len, 0);
    assert_null(origin.auth.ptr); /* nobody has logged in: not the same as an unknown login */
    assert_int_equal(origin.declared_size, EVENT_SIZE_UNKNOWN);
    assert_null(origin_set(&origin, SLICE("client_port"), SLICE("2525")));
    assert_null(origin_set(&origin, SLICE("client"), SLICE("::1"))); /* the port stays */
    assert_string_equal(address_port_text(&origin.client, text).ptr, "[::1]:2525");
    assert_null(origin_set(&origin, SLICE("listener"), SLICE("in")));
    assert_null(origin_set(&origin, SLICE("helo"), SLICE("mx")));
    assert_null(origin_set(&origin, SLICE("size"), SLICE("20M")));
    assert_true(slice_equal(origin.listener, SLICE("in")));
    assert_true(slice_equal(origin.helo, SLICE("mx")));
    assert_null(origin_set(&origin, SLICE("auth"), SLICE("")));
    assert_non_null(origin.auth.ptr);
    assert_null(origin_set(&origin, SLICE("auth"), SLICE("bob")));
    assert_true(slice_equal(origin.auth, SLICE("bob")));
    assert_int_equal(origin.declared_size, 20 * 1024 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
