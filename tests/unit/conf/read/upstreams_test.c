#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/upstream_conf.h"
#include "tests/unit/conf/read/load.h"

#define LATER "is in the manual of a later version; this build does not have it yet"

#define FOUR    "\"127.0.0.1:25\", \"127.0.0.2:25\", \"127.0.0.3:25\", \"127.0.0.4:25\""
#define SIXTEEN FOUR ", " FOUR ", " FOUR ", " FOUR

static const struct load_row ROWS[] = {
    {"upstreams = ( { } );",
     "1: error: an upstream needs an 'address', such as \"127.0.0.1:10025\"; only that of "
     "transparent listeners does without"},
    {"upstreams = ( { adress = \"127.0.0.1:25\"; } );",
     "1: error: unknown setting 'adress' in upstreams; did you mean 'address'?\n"
     "1: error: an upstream needs an 'address'..."},
    {"upstreams = ( { address = [ \"127.0.0.1:25\" ]; } );", ""}, /* a list of one */
    {"upstreams = ( { address = [ \"127.0.0.1:25\", \"127.0.0.1:26\" ]; } );", ""},
    {"upstreams = ( { address = ( \"127.0.0.1:25\", \"unix:/mta\", \"[::1]:25\" ); } );", ""},
    {"upstreams = ( { address = [ \"127.0.0.1:25\", \"127.0.0.1\", \"127.0.0.1:0\" ]; } );",
     "1: error: 'address' must be an address with port...\n"
     "1: error: 'address' must be an address with a port from 1 to 65535..."},
    {"upstreams = ( { address = [ " SIXTEEN " ]; } );", ""},
    {"upstreams = ( { address = [ " SIXTEEN ", \"127.0.0.1:26\" ]; } );",
     "1: error: 'address' has 17 addresses: at most 16 can be tried"},
    {"upstreams = ( { address = [ \"127.0.0.1:25\", \"127.0.0.1:26\" ]; tls = \"verified\"; } );",
     "1: error: the certificates of several addresses can only be verified with 'tls_name'..."},
    {"upstreams = ( { address = [ \"127.0.0.1:25\", \"127.0.0.1:26\" ]; tls = \"verified\";"
     " tls_name = \"mx.example\"; } );",
     ""},
    {"upstreams = ( { address = [ ]; } );",
     "1: error: an upstream needs an 'address', such as \"127.0.0.1:10025\""},
    {"upstreams = ( { address = \"127.0.0.1:25\"; },\n{ address = \"127.0.0.1:25\"; } );",
     "2: error: upstream '127.0.0.1:25' is already there in line 1: give each its own 'name'"},
    {"upstreams = ( { address = \"127.0.0.1:25\"; name = \"a\"; },\n"
     "{ address = \"127.0.0.1:26\"; name = \"a\"; } );",
     "2: error: upstream 'a' is already there in line 1: give each its own 'name'"},
    {"upstreams = ( { address = \"127.0.0.1:25\"; identify = \"proxy-v1\"; keepalive = 0; },\n"
     " { address = \"127.0.0.1:26\"; identify = \"proxy-v2\"; } );",
     ""},
    {"upstreams = ( { address = \"127.0.0.1:25\"; identify = \"proxy-v2\";\n keepalive = 4; } );",
     "2: error: 'keepalive' and the PROXY protocol exclude..."},
    {"upstreams = ( { address = \"127.0.0.1:25\"; keepalive = 1001; } );",
     "1: error: 'keepalive' must be a whole number from 0 to 1000, not 1001"},
    {"upstreams = ( { address = \"127.0.0.1:25\"; keepalive = 1000; identify = \"xclient\"; } );",
     ""},
    {"upstreams = ( { address = \"127.0.0.1:25\"; identify = \"xclien\"; } );",
     "1: error: 'identify' must be one of \"none\", \"xclient\", \"xforward\", \"proxy-v1\", "
     "\"proxy-v2\", not \"xclien\"; did "
     "you mean 'xclient'?"},
    /* what means none of these is no error */
    {"upstreams = ( { address = \"127.0.0.1:25\"; protocol = \"smtp\"; tls = \"off\"; keepalive = "
     "0; "
     "identify = \"none\"; } );",
     ""},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static void values(void **state)
{
    const struct upstream_conf *upstreams;
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, "upstreams = ( { address = \"127.0.0.1:25\"; },\n"
                     "  { name = \"mta\"; address = \"[::1]:26\"; identify = \"xclient\"; "
                     "keepalive = 7; },\n"
                     "  { name = \"log\"; address = [ \"[::1]:27\", \"[::1]:28\" ]; identify = "
                     "\"xforward\"; } );");
    assert_int_equal(load.config->upstream_count, 3);
    upstreams = load.config->upstreams;
    assert_string_equal(upstreams[0].name.ptr, "127.0.0.1:25");
    assert_int_equal(upstreams[0].identify, IDENTIFY_NONE);
    assert_int_equal(upstreams[0].place.line, 1);
    assert_string_equal(upstreams[1].name.ptr, "mta");
    assert_int_equal(upstreams[1].identify, IDENTIFY_XCLIENT);
    assert_int_equal(upstreams[0].keepalive, 0);
    assert_int_equal(upstreams[1].keepalive, 7);
    assert_int_equal(upstreams[1].endpoints[0].address.port, 26);
    assert_int_equal(upstreams[1].place.line, 2);
    assert_int_equal(upstreams[2].identify, IDENTIFY_XFORWARD);
    assert_int_equal(upstreams[2].endpoint_count, 2);
    assert_int_equal(upstreams[2].endpoints[0].address.port, 27);
    assert_int_equal(upstreams[2].endpoints[1].address.port, 28);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
