#include "conf/config.h"
#include "conf/read/build.h"
#include "conf/upstream_conf.h"
#include "filters/base/address.h"
#include "filters/base/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define WANTED                                                                                     \
    "1: error: 'address' must be an address with port such as \"127.0.0.1:25\" or "                \
    "\"mail.example.org:25\", or \"unix:/path\", not "

#define UPSTREAM(address) "upstreams = ( { address = " address "; } );"

#define PATH_100                                                                                   \
    "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aa"                                                                                           \
    "aaaaaa"

#define LONG_PATH                                                                                  \
    "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaa"                                                                                          \
    "aaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct load_row ROWS[] = {
    {UPSTREAM("\"127.0.0.1:25\""), ""},
    {UPSTREAM("\"[2001:db8::1]:25\""), ""},
    {UPSTREAM("\"unix:/run/x\""), ""},
    {UPSTREAM("\"localhost:25\""), ""},
    {UPSTREAM("\"127.0.0.1\""), WANTED "\"127.0.0.1\""},
    {UPSTREAM("\"127.0.0.1:99999\""), WANTED "\"127.0.0.1:99999\""},
    {UPSTREAM("\"127.0.0.1:\""), WANTED "\"127.0.0.1:\""},
    {UPSTREAM("\"2001:db8::1:25\""), WANTED "\"2001:db8::1:25\""},
    {UPSTREAM("\":25\""), WANTED "\":25\""},
    {UPSTREAM("\"*:25\""), WANTED "\"*:25\""},
    {UPSTREAM("\"\""), WANTED "\"\""},
    {UPSTREAM("25"), WANTED "25"},
    {UPSTREAM("\"unix:\""),
     "1: error: 'address' must be \"unix:\" and a path, such as \"unix:/run/mta\", not \"unix:\""},
    {UPSTREAM("\"localhost:x\""), WANTED "\"localhost:x\""},
    {UPSTREAM("\"mx.example.org:25\""), ""},
    {UPSTREAM("\"mx..org:25\""), WANTED "\"mx..org:25\""},
    {UPSTREAM("\"mx.example.org.:25\""), WANTED "\"mx.example.org.:25\""},
    {UPSTREAM("\"mx example.org:25\""), WANTED "\"mx example.org:25\""},
    {UPSTREAM("\"mx.example.org\""), WANTED "\"mx.example.org\""},
    {UPSTREAM("\"mx.example.org:\""), WANTED "\"mx.example.org:\""},
    {UPSTREAM("\"mx.example.org:65536\""), WANTED "\"mx.example.org:65536\""},
    {UPSTREAM("\"mx.example.org:0\""),
     "1: error: 'address' must be an address with a port from 1 to 65535, not "
     "\"mx.example.org:0\""},
    {"listeners = ( { address = \"mx.example.org:25\"; } );",
     "1: error: 'address' must be a numeric address such as \"192.0.2.1:25\": a listener has no "
     "name, as in \"mx.example.org:25\""},
    {UPSTREAM("\"127.0.0.1:0\""),
     "1: error: 'address' must be an address with a port from 1 to 65535, not \"127.0.0.1:0\""},
    {"listeners = ( { address = \"127.0.0.1:0\"; } );", ""}, /* any free port */
    {UPSTREAM("\"unix:" PATH_100 "aaaaaaa\""), ""},
    {UPSTREAM("\"unix:" PATH_100 "aaaaaaaa\""),
     "1: error: 'address': the path of a unix socket is at most 107 bytes long, this one has 108"},
    {UPSTREAM("\"unix:" LONG_PATH "\""),
     "1: error: 'address': the path of a unix socket is at most 107 bytes long, this one has 120"},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static void values(void **state)
{
    struct load load;
    char path[128];
    const struct endpoint *endpoint;

    (void)state;
    load_begin(&load);
    load_good(&load, UPSTREAM("\"unix:sock/mta\""));
    endpoint = &load.config->upstreams[0].endpoints[0];
    (void)snprintf(path, sizeof(path), "%s/sock/mta", load.folder);
    assert_int_equal(endpoint->address.family, ADDRESS_UNIX);
    assert_string_equal(endpoint->path.ptr, path);
    assert_string_equal(endpoint->text.ptr, "unix:sock/mta");
    load_good(&load, UPSTREAM("\"localhost:2525\""));
    endpoint = &load.config->upstreams[0].endpoints[0];
    assert_int_equal(endpoint->address.family, ADDRESS_V4);
    assert_memory_equal(endpoint->address.bytes, "\x7F\0\0\x01", 4);
    assert_int_equal(endpoint->address.port, 2525);
    load_good(&load, UPSTREAM("\"mx.example.org:587\""));
    endpoint = &load.config->upstreams[0].endpoints[0];
    assert_int_equal(endpoint->address.family, ADDRESS_NONE);
    assert_string_equal(endpoint->host.ptr, "mx.example.org");
    assert_int_equal(endpoint->address.port, 587);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
