/* The group `resolver`. */
#include "conf/config.h"
#include "conf/resolver_conf.h"
#include "filters/base/address.h"
#include "tests/unit/conf/read/load.h"
#include "tests/unit/support.h"

#define WANTED                                                                                     \
    "1: error: 'servers' must be the address of a name server such as \"127.0.0.1:53\" or "        \
    "\"[::1]:53\", not "

static const struct load_row ROWS[] = {
    {"resolver = { };", ""},
    {"resolver = { servers = [ ]; };", ""},
    {"resolver = { servers = \"127.0.0.1:5300\"; timeout = \"100ms\"; client_names = true; };", ""},
    {"resolver = { servers = [ \"192.0.2.1\", \"[2001:db8::1]:53\" ]; timeout = \"30s\"; };", ""},
    {"resolver = { servers = \"dns.example.org\"; };", WANTED "\"dns.example.org\""},
    {"resolver = { servers = [ \"127.0.0.1:0\" ]; };", WANTED "\"127.0.0.1:0\""},
    {"resolver = { servers = [ \"\" ]; };", WANTED "\"\""},
    {"resolver = { servers = 53; };", WANTED "53"},
    {"resolver = { servers = [ \"::1\", \"::2\", \"::3\", \"::4\", \"::5\", \"::6\", \"::7\", "
     "\"::8\", "
     "\"::9\" ]; };",
     "1: error: 'servers' has 9 name servers: at most 8 are asked"},
    {"resolver = { timeout = \"31s\"; };", "1: error: 'timeout' must be..."},
    {"resolver = { client_names = 1; };", "1: error: 'client_names' must be..."},
    {"resolver = { server = \"::1\"; };", "1: error: ..."},
    {"resolver = \"127.0.0.1\";", "1: error: 'resolver' must be..."},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static void values(void **state)
{
    struct load load;
    const struct resolver_conf *conf;

    (void)state;
    load_begin(&load);
    load_good(&load, "");
    conf = &load.config->resolver;
    assert_int_equal(conf->server_count, 0);
    assert_int_equal(conf->timeout_ms, 2000);
    assert_false(conf->client_names);
    load_good(&load, "resolver = { servers = [ \"192.0.2.1\", \"[2001:db8::1]:5353\" ]; "
                     "timeout = \"1s\"; client_names = true; };");
    conf = &load.config->resolver;
    assert_int_equal(conf->server_count, 2);
    assert_int_equal(conf->servers[0].port, 53);
    assert_int_equal(conf->servers[1].port, 5353);
    assert_int_equal(conf->servers[1].family, ADDRESS_V6);
    assert_int_equal(conf->timeout_ms, 1000);
    assert_true(conf->client_names);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
