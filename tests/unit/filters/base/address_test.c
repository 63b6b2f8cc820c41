#include "filters/base/address.h"

#include "tests/unit/support.h"

/* Addresses as written and as we write them; NULL: no address. */
static const struct {
    const char *text;
    const char *want;
} addresses[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"0.0.0.0", "0.0.0.0"},
    {"255.255.255.255", "255.255.255.255"},
    {"256.0.0.1", NULL},
    {"192.0.2.01", NULL},
    {"192.0.2", NULL},
    {"192.0.2.1 ", NULL},
    {" 192.0.2.1", NULL},
    {"[192.0.2.1]", NULL},
    {"192.0.2.1:25", NULL},
    {"0x7f.1", NULL},
    {"2001:DB8::1", "2001:db8::1"},
    {"[2001:db8::1]", "2001:db8::1"},
    {"[2001:db8::1", NULL},
    {"[[::1]]", NULL},
    {"[]", NULL},
    {"[", NULL},
    {"]", NULL},
    {"", NULL},
    {"::", "::"},
    {"::1", "::1"},
    {"1::", "1::"},
    {"::1:2", "::1:2"},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"},
    {"2001:db8:1:2:3:4:0:0", "2001:db8:1:2:3:4::"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"::ffff:10.1.2.3", "10.1.2.3"},
    {"[::FFFF:a01:203]", "10.1.2.3"},
    {"fe80::1%eth0", NULL},
    {"localhost", NULL},
    {"1:2:3:4:5:6:7:8:9", NULL},
    {"0000000000000000000000000000000000000000000000000000000000000000000000000000::1", NULL},
};

static void parse_and_write(void **state)
{
    char out[ADDRESS_TEXT_MAX];
    struct address a;
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        struct slice text = guard_copy(&guard, slice_str(addresses[i].text));
        int result = address_parse(text, &a);

        assert_row((result == 0) == (addresses[i].want != NULL), addresses[i].text, 0);
        if (result == 0)
            assert_row_slice(address_text(&a, out), slice_str(addresses[i].want), addresses[i].text,
                             0);
        assert_int_equal(a.port, 0);
    }
    assert_int_equal(address_parse(SLICE("192.0.2.1\0"), &a), -1);
    assert_int_equal(address_parse(SLICE_NONE, &a), -1);
    guard_fini(&guard);
}

static const struct {
    const char *text;
    const char *want;
} endpoints[] = {
    {"192.0.2.1:25", "192.0.2.1:25"},
    {"[2001:db8::1]:65535", "[2001:db8::1]:65535"},
    {"[::ffff:10.0.0.1]:0", "10.0.0.1:0"},
    {"192.0.2.1:65536", NULL},
    {"192.0.2.1:99999999999999999999", NULL},
    {"192.0.2.1:", NULL},
    {"192.0.2.1:+5", NULL},
    {"192.0.2.1: 5", NULL},
    {"192.0.2.1", NULL},
    {"2001:db8::1:25", NULL},
    {"[192.0.2.1]:25", NULL},
    {":25", NULL},
    {"", NULL},
};

static void ports(void **state)
{
    char out[ADDRESS_TEXT_MAX];
    struct address a;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
        int result = address_parse_port(slice_str(endpoints[i].text), &a);

        assert_row((result == 0) == (endpoints[i].want != NULL), endpoints[i].text, 0);
        if (result == 0)
            assert_row_slice(address_port_text(&a, out), slice_str(endpoints[i].want),
                             endpoints[i].text, 0);
    }
}

static const struct {
    const char *range;
    const char *address;
    bool inside;
} memberships[] = {
    {"10.0.0.0/8", "10.255.255.255", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.0.0.0/8", "::ffff:10.0.0.1", true},
    {"10.0.0.0/8", "a00::", false},
    {"192.0.2.128/25", "192.0.2.128", true},
    {"192.0.2.128/25", "192.0.2.127", false},
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"0.0.0.0/0", "255.1.2.3", true},
    {"0.0.0.0/0", "::1", false},
    {"::/0", "2001:db8::1", true},
    {"::/0", "192.0.2.1", false},
    {"2001:db8::/33", "2001:db8:7fff::1", true},
    {"2001:db8::/33", "2001:db8:8000::1", false},
    {"::ffff:10.0.0.0/104", "10.1.2.3", true},
    {"::ffff:10.0.0.0/104", "11.1.2.3", false},
    {"[2001:db8::]/32", "2001:db8::1", true},
};

static void ranges(void **state)
{
    static const char *const bad[] = {
        "10.0.0.1/8",    "10.0.0.0/33",        "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "/8", "",
        "2001:db8::/28", "::ffff:10.0.0.0/95", "::/129",    "10.0.0/8",    "10.0.0.0/ 8"};
    struct address_range range;
    struct address a;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(memberships); i++) {
        assert_row(address_range_parse(slice_str(memberships[i].range), &range) == 0,
                   memberships[i].range, i);
        assert_int_equal(address_parse(slice_str(memberships[i].address), &a), 0);
        assert_row(address_in_range(&a, &range) == memberships[i].inside, memberships[i].range, i);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_row(address_range_parse(slice_str(bad[i]), &range) == -1, bad[i], 0);
    a = (struct address){.family = ADDRESS_NONE};
    range = (struct address_range){.prefix_bits = 0};
    assert_false(address_in_range(&a, &range)); /* nothing is in no range */
}

static void equality(void **state)
{
    struct address a, b;

    (void)state;
    assert_int_equal(address_parse_port(SLICE("192.0.2.1:1"), &a), 0);
    assert_int_equal(address_parse_port(SLICE("192.0.2.1:2"), &b), 0);
    assert_true(address_equal(&a, &b));
    b.bytes[3] = 9;
    assert_false(address_equal(&a, &b));
    b = a;
    b.family = ADDRESS_V6;
    assert_false(address_equal(&a, &b));
}

static void families_without_address(void **state)
{
    char out[ADDRESS_TEXT_MAX];
    struct address a = {.family = ADDRESS_NONE, .port = 25};

    (void)state;
    memset(out, 'x', sizeof(out)); /* what stood there is ended by a NUL */
    assert_text(address_text(&a, out), "unknown");
    assert_string_equal(out, "unknown");
    assert_text(address_port_text(&a, out), "unknown");
    a.family = ADDRESS_UNIX;
    assert_text(address_text(&a, out), "local");
    assert_string_equal(out, "local");
    assert_text(address_port_text(&a, out), "local");
}

static void networks(void **state)
{
    char out[ADDRESS_TEXT_MAX];
    struct address a, network;

    (void)state;
    assert_int_equal(address_parse_port(SLICE("[2001:db8:1:2:3:4:5:6]:25"), &a), 0);
    network = address_network(&a);
    assert_text(address_port_text(&network, out), "[2001:db8:1:2::]:0");
    assert_int_equal(address_parse_port(SLICE("192.0.2.1:25"), &a), 0);
    network = address_network(&a);
    assert_text(address_port_text(&network, out), "192.0.2.1:0");
}

/* To sixteen bytes and back. */
static void sixteen_bytes(void **state)
{
    static const char *const texts[] = {"192.0.2.1:25", "[2001:db8::1]:25", "[::1]:25"};
    struct address unix_socket = {.family = ADDRESS_UNIX};
    uint8_t bytes[16], zeros[16] = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct address a, back;
        char out[ADDRESS_TEXT_MAX];

        assert_int_equal(address_parse_port(slice_str(texts[i]), &a), 0);
        address_to_v6(&a, bytes);
        back = address_from_v6(bytes, 25);
        assert_slice(address_port_text(&back, out), slice_str(texts[i]));
    }
    address_to_v6(&unix_socket, bytes);
    assert_memory_equal(bytes, zeros, sizeof(bytes));
}

static void meant_as_ranges(void **state)
{
    (void)state;
    assert_true(address_range_meant(SLICE("10.0.0.0/8")));
    assert_true(address_range_meant(SLICE("10.0.0.1/99x")));
    assert_true(address_range_meant(SLICE("2001:db8::/200")));
    assert_false(address_range_meant(SLICE("10.0.0.1")));
    assert_false(address_range_meant(SLICE("/re/i")));
    assert_false(address_range_meant(SLICE("a/b")));
}

static void local_addresses(void **state)
{
    static const struct {
        const char *text;
        bool loopback;
    } rows[] = {
        {"127.0.0.1", true},
        {"127.255.255.254", true},
        {"126.255.255.255", false},
        {"128.0.0.1", false},
        {"10.0.0.1", false},
        {"0.0.0.0", false},
        {"::1", true},
        {"::2", false},
        {"1::1", false},
        {"::", false},
        {"fe80::1", false},
        {"::ffff:127.0.0.1", true},
    };
    const struct address unix_socket = {.family = ADDRESS_UNIX}, none = {.family = ADDRESS_NONE};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct address a;

        assert_int_equal(address_parse(slice_str(rows[i].text), &a), 0);
        assert_row(address_is_loopback(&a) == rows[i].loopback, rows[i].text, i);
        assert_row(address_is_local(&a) == rows[i].loopback, rows[i].text, i);
    }
    assert_false(address_is_loopback(&unix_socket));
    assert_true(address_is_local(&unix_socket));
    assert_false(address_is_loopback(&none));
    assert_false(address_is_local(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_addresses), cmocka_unit_test(meant_as_ranges),
        cmocka_unit_test(parse_and_write), cmocka_unit_test(sixteen_bytes),
        cmocka_unit_test(ports),           cmocka_unit_test(ranges),
        cmocka_unit_test(equality),        cmocka_unit_test(families_without_address),
        cmocka_unit_test(networks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
