/* identity: XCLIENT and XFORWARD commands (PROTOCOL X06, R125, R126). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proxy/upstream/identity.h"

#define ALL_XCLIENT                                                                                \
    (IDENTITY_NAME | IDENTITY_ADDR | IDENTITY_PORT | IDENTITY_PROTO | IDENTITY_HELO |              \
     IDENTITY_LOGIN)

struct row {
    const char *client; /* with port; NULL: a unix socket */
    const char *helo;
    bool esmtp, local;
    unsigned attributes;
    const char *xclient;
    const char *xforward;
};

static const struct row rows[] = {
    {"192.0.2.7:4711", "mail.example", true, false, ALL_XCLIENT,
     "XCLIENT NAME=[UNAVAILABLE] PROTO=ESMTP HELO=mail.example PORT=4711 ADDR=192.0.2.7\r\n",
     "XFORWARD NAME=[UNAVAILABLE] PROTO=ESMTP HELO=mail.example PORT=4711 ADDR=192.0.2.7\r\n"},
    {"[2001:db8::1]:25", "", false, false, IDENTITY_ADDR | IDENTITY_HELO | IDENTITY_PROTO,
     "XCLIENT PROTO=SMTP HELO=[UNAVAILABLE] ADDR=IPV6:2001:db8::1\r\n",
     "XFORWARD PROTO=SMTP HELO=[UNAVAILABLE] ADDR=IPV6:2001:db8::1\r\n"},
    /* A value that would end the attribute or the line is encoded, never sent. */
    {"192.0.2.7:1", "a b=c+d\r\nRCPT", true, false, IDENTITY_HELO,
     "XCLIENT HELO=a+20b+3Dc+2Bd+0D+0ARCPT\r\n", "XFORWARD HELO=a+20b+3Dc+2Bd+0D+0ARCPT\r\n"},
    {NULL, "h", true, false, IDENTITY_ADDR | IDENTITY_PORT | IDENTITY_SOURCE,
     "XCLIENT PORT=[UNAVAILABLE] ADDR=[UNAVAILABLE]\r\n",
     "XFORWARD SOURCE=REMOTE PORT=[UNAVAILABLE] ADDR=[UNAVAILABLE]\r\n"},
    {"192.0.2.7:1", "h", true, true, IDENTITY_ADDR | IDENTITY_SOURCE, "XCLIENT ADDR=192.0.2.7\r\n",
     "XFORWARD SOURCE=LOCAL ADDR=192.0.2.7\r\n"},
    {"192.0.2.7:1", "h", true, false, IDENTITY_LOGIN, "", ""},
    {"192.0.2.7:1", "h", true, false, 0, "", ""},
};

static void check(int said, const struct bytes *out, const char *expected)
{
    assert_int_equal(said, expected[0] != '\0');
    assert_int_equal(out->len, strlen(expected));
    if (out->len > 0)
        assert_memory_equal(out->data, expected, out->len);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct identity identity = {
            .helo = slice_str(row->helo), .esmtp = row->esmtp, .local = row->local};
        identity.client.family = ADDRESS_UNIX;
        if (row->client != NULL)
            assert_int_equal(address_parse_port(slice_str(row->client), &identity.client), 0);
        struct bytes out;
        bytes_init(&out, IDENTITY_LINE_MAX);
        check(identity_xclient(&out, &identity, row->attributes), &out, row->xclient);
        bytes_renew(&out);
        check(identity_xforward(&out, &identity, row->attributes), &out, row->xforward);
        bytes_fini(&out);
    }
}

/* Postfix takes TEMPUNAVAIL in XCLIENT, and refuses an XFORWARD that has it. */
static void test_name_that_nobody_knows_now(void **state)
{
    (void)state;
    struct identity identity = {.helo = SLICE("h"), .name_later = true};
    assert_int_equal(address_parse_port(SLICE("192.0.2.7:1"), &identity.client), 0);
    struct bytes out;
    bytes_init(&out, IDENTITY_LINE_MAX);
    check(identity_xclient(&out, &identity, IDENTITY_NAME | IDENTITY_ADDR), &out,
          "XCLIENT NAME=[TEMPUNAVAIL] ADDR=192.0.2.7\r\n");
    bytes_renew(&out);
    check(identity_xforward(&out, &identity, IDENTITY_NAME | IDENTITY_ADDR), &out,
          "XFORWARD NAME=[UNAVAILABLE] ADDR=192.0.2.7\r\n");
    bytes_fini(&out);
}

/* Whatever the client says, it is named. */
static void test_long_helo_is_cut(void **state)
{
    (void)state;
    static const char *const names[] = {"", "n", NULL}; /* NULL: as long as a name can be */
    const unsigned all = ALL_XCLIENT | IDENTITY_SOURCE;
    char helo[2000], longest[255];
    memset(longest, 'n', sizeof longest);
    for (size_t i = 0; i < 2 * sizeof names / sizeof names[0]; i++) {
        const char *name = names[i / 2];
        memset(helo, i % 2 ? '=' : 'h', sizeof helo); /* "=" is three octets in xtext */
        struct identity identity = {.helo = slice_make(helo, sizeof helo), .esmtp = true};
        identity.name = name != NULL ? slice_str(name) : slice_make(longest, sizeof longest);
        assert_int_equal(address_parse_port(SLICE("[2001:db8:1111:2222:3333:4444:5555:6666]:65535"),
                                            &identity.client),
                         0);
        struct bytes out;
        bytes_init(&out, IDENTITY_LINE_MAX);
        assert_int_equal(identity_xclient(&out, &identity, all), 1);
        assert_in_range(out.len, IDENTITY_LINE_MAX - 200, IDENTITY_LINE_MAX);
        bytes_renew(&out);
        assert_int_equal(identity_xforward(&out, &identity, all), 1);
        bytes_fini(&out);
    }
}

static void test_header(void **state)
{
    (void)state;
    struct identity identity = {.helo = SLICE("h")};
    assert_int_equal(address_parse_port(SLICE("192.0.2.7:4711"), &identity.client), 0);
    assert_int_equal(address_parse_port(SLICE("203.0.113.1:25"), &identity.server), 0);
    struct bytes out;
    bytes_init(&out, IDENTITY_LINE_MAX);
    assert_int_equal(identity_header(&out, &identity, IDENTIFY_XCLIENT), 0);
    assert_int_equal(out.len, 0);
    check(identity_header(&out, &identity, IDENTIFY_PROXY_V1), &out,
          "PROXY TCP4 192.0.2.7 203.0.113.1 4711 25\r\n");
    bytes_renew(&out);
    assert_int_equal(identity_header(&out, &identity, IDENTIFY_PROXY_V2), 1);
    assert_int_equal(out.len, 28);
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_name_that_nobody_knows_now),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_long_helo_is_cut),
    };
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
