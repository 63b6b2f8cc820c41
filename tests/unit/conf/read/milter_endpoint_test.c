/* Addresses of milters, in the notations of libmilter and of Postfix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "filters/base/address.h"
#include "filters/base/endpoint.h"
#include "tests/unit/conf/read/load.h"

struct row {
    const char *text, *address; /* as read, with the port; or the end of the path */
};

static const struct row GOOD[] = {
    {"inet:8891@127.0.0.1", "127.0.0.1:8891"},
    {"inet:127.0.0.1:8891", "127.0.0.1:8891"},
    {"INET:8891@192.0.2.1", "192.0.2.1:8891"},
    {"inet:8891@localhost", "127.0.0.1:8891"},
    {"inet:localhost:8891", "127.0.0.1:8891"},
    {"inet6:8891@localhost", "[::1]:8891"},
    {"inet:8891", "0.0.0.0:8891"},
    {"inet6:8891", "[::]:8891"},
    {"inet6:8891@2001:db8::1", "[2001:db8::1]:8891"},
    {"inet6:8891@[2001:db8::1]", "[2001:db8::1]:8891"},
    {"inet6:[2001:db8::1]:8891", "[2001:db8::1]:8891"},
    {"inet:8891@::1", "[::1]:8891"},
    {"inet:[::1]:8891", "[::1]:8891"},
    {"127.0.0.1:8891", "127.0.0.1:8891"},
    {"8891@127.0.0.1", "127.0.0.1:8891"},
    {"[::1]:8891", "[::1]:8891"},
    {"unix:/run/x.sock", "/run/x.sock"},
    {"local:/run/x.sock", "/run/x.sock"},
    {"Unix:x.sock", "/x.sock"},
};

static const char *const BAD[] = {
    "",
    "inet",
    "inet:",
    "inet:@127.0.0.1",
    "inet:127.0.0.1",
    "inet:127.0.0.1:",
    "inet:8891@",
    "inet::8891",
    "inet:0@127.0.0.1",
    "inet:65536@127.0.0.1",
    "inet:123456@127.0.0.1",
    "inet:8891@mail.example.org",
    "inet:mail.example.org:8891",
    "inet:88x1@127.0.0.1",
    "inet:8891@127.0.0.1@127.0.0.1",
    "inet5:8891@127.0.0.1",
    "unix:",
    "/run/x.sock",
};

static void try(struct load *load, const char *address)
{
    char text[200];

    load_begin(load);
    (void)snprintf(text, sizeof(text), "milter = { address = \"%s\"; };", address);
    load_text(load, text);
}

static void good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(GOOD) / sizeof(*GOOD); i++) {
        struct load load;
        char out[ADDRESS_TEXT_MAX];
        struct slice read;

        try(&load, GOOD[i].text);
        if (load.config == NULL)
            fail_msg("%s: %s", GOOD[i].text, load.problems.data);
        const struct endpoint *endpoint = &load.config->milter.endpoint;
        read = endpoint->address.family == ADDRESS_UNIX
                   ? endpoint->path
                   : address_port_text(&endpoint->address, out);
        struct slice wanted = slice_str(GOOD[i].address);
        if (!slice_equal(slice_from(read, read.len - wanted.len), wanted))
            fail_msg("%s was read as %.*s", GOOD[i].text, SLICE_ARG(read));
        load_end(&load);
    }
}

static void bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
        struct load load;

        try(&load, BAD[i]);
        if (load.config != NULL ||
            strstr(load.problems.data, "1: error: 'address' must be ") == NULL)
            fail_msg("%s gives: %s", BAD[i], load.problems.data);
        load_end(&load);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(bad)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
