/* milter_address: both notations, and what is neither. */
#include "conf/milter_address.h"
#include "filters/base/address.h"
#include "filters/base/endpoint.h"
#include "tests/unit/support.h"

static const struct {
    const char *text, *want; /* NULL: none */
} rows[] = {
    {"inet:8891@127.0.0.1", "127.0.0.1:8891"},
    {"inet:127.0.0.1:8891", "127.0.0.1:8891"},
    {"inet:8891@localhost", "127.0.0.1:8891"},
    {"inet:LocalHost:25", "127.0.0.1:25"},
    {"inet6:8891@::1", "[::1]:8891"},
    {"inet6:[::1]:8891", "[::1]:8891"},
    {"inet6:65535@localhost", "[::1]:65535"},
    {"unix:/run/m", "local"},
    {"local:/run/m", "local"},
    {"unix:", "local"},
    {"", NULL},
    {"inet:", NULL},
    {"inet:8891", "127.0.0.1:8891"},
    {"inet:0@127.0.0.1", NULL},
    {"inet:65536@127.0.0.1", NULL},
    {"inet:1a@127.0.0.1", NULL},
    {"inet:@127.0.0.1", NULL},
    {"inet:8891@mail.example.org", NULL},
    {"127.0.0.1:8891", "127.0.0.1:8891"},
    {"/run/m", NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct endpoint endpoint;
        char text[ADDRESS_TEXT_MAX];
        bool found = milter_address_parse(slice_str(rows[i].text), false, &endpoint);

        assert_row(found == (rows[i].want != NULL), rows[i].text, i);
        if (!found)
            continue;
        if (endpoint.address.family == ADDRESS_UNIX)
            assert_row_slice(address_text(&endpoint.address, text), slice_str(rows[i].want),
                             rows[i].text, i);
        else
            assert_row_slice(address_port_text(&endpoint.address, text), slice_str(rows[i].want),
                             rows[i].text, i);
        assert_row_slice(endpoint.text, slice_str(rows[i].text), rows[i].text, i);
    }
}

static void test_path(void **state)
{
    struct endpoint endpoint;

    (void)state;
    assert_true(milter_address_parse(SLICE("local:run/m:1"), false, &endpoint));
    assert_true(slice_equal(endpoint.path, SLICE("run/m:1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_path)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
