#include "filters/base/hostname.h"

#include "tests/unit/support.h"

#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static const struct {
    struct slice name;
    bool valid;
} rows[] = {
    {SLICE_INIT("mail.example.org"), true},
    {SLICE_INIT("localhost"), true},
    {SLICE_INIT("MX-1.Example.ORG"), true},
    {SLICE_INIT("_dmarc.a_b.example"), true},
    {SLICE_INIT("7.example"), true},
    {SLICE_INIT("xn--bcher-kva.example"), true},
    {SLICE_INIT("z.AZ-az_09.Z"), true}, /* the ends of each range, and what stands beside them */
    {SLICE_INIT("@.a"), false},
    {SLICE_INIT("`.a"), false},
    {SLICE_INIT("{.a"), false},
    {SLICE_INIT("/.a"), false},
    {SLICE_INIT(":.a"), false},
    {SLICE_INIT(""), false},
    {SLICE_INIT("."), false},
    {SLICE_INIT("a..b"), false},
    {SLICE_INIT(".a"), false},
    {SLICE_INIT("a."), false},
    {SLICE_INIT("192.0.2.1"), false}, /* would be taken for an address */
    {SLICE_INIT("1"), false},
    {SLICE_INIT("a.7"), false},
    {SLICE_INIT("a.-"), false},
    {SLICE_INIT("a b.example"), false},
    {SLICE_INIT("a=b.example"), false},
    {SLICE_INIT("a\r\nb.example"), false},
    {SLICE_INIT("a\0b.example"), false},
    {SLICE_INIT("b\xfc"
                "cher.example"),
     false},
    {SLICE_INIT("a\\032b.example"), false},
    {SLICE_INIT("[192.0.2.1]"), false},
    {SLICE_INIT("2001:db8::1"), false},
    {SLICE_INIT(L63 ".example"), true},
    {SLICE_INIT(L63 "g.example"), false},
    {SLICE_INIT(L63 "." L63 "." L63 "." L63), true}, /* 255 */
    {SLICE_INIT(L63 "." L63 "." L63 "." L63 ".a"), false},
};

static void every_row(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 512);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (hostname_valid(guard_copy(&guard, rows[i].name)) != rows[i].valid)
            fail_msg("row %zu: %.*s", i, SLICE_ARG(rows[i].name));
    guard_fini(&guard);
}

static void reverse(void **state)
{
    static const char *const pairs[][2] = {
        {"192.0.2.7", "7.2.0.192.in-addr.arpa"},
        {"255.255.255.255", "255.255.255.255.in-addr.arpa"},
        {"2001:db8::7f",
         "f.7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct address address;
        char out[HOSTNAME_REVERSE_MAX];

        assert_int_equal(address_parse(slice_str(pairs[i][0]), &address), 0);
        hostname_reverse(&address, out);
        assert_string_equal(out, pairs[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(reverse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
