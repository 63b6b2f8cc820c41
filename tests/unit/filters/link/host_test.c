/* A host in all the spellings that lead to it. */
#include "filters/link/host.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct {
    struct slice written, host;
} rows[] = {
    {SLICE_INIT("EXAMPLE.Org"), SLICE_INIT("example.org")},
    {SLICE_INIT("example.org."), SLICE_INIT("example.org")},
    {SLICE_INIT("ex%61mple%2Eorg"), SLICE_INIT("example.org")},
    {SLICE_INIT("a_b.example.org"), SLICE_INIT("a_b.example.org")},
    {SLICE_INIT("localhost"), SLICE_INIT("localhost")},
    /* international ones */
    {SLICE_INIT("m\xc3\xbcller.test"), SLICE_INIT("xn--mller-kva.test")},
    {SLICE_INIT("M%C3%9Cller.test"), SLICE_INIT("xn--mller-kva.test")},
    {SLICE_INIT("XN--Mller-KVA.test"), SLICE_INIT("xn--mller-kva.test")},
    {SLICE_INIT("\xef\xbd\x85xample\xe3\x80\x82org"), SLICE_INIT("example.org")},
    {SLICE_INIT("exa\xc2\xadmple.org"), SLICE_INIT("example.org")},
    {SLICE_INIT("exa\xe2\x80\x8bmple.org"), SLICE_INIT("example.org")},
    {SLICE_INIT("\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1"), SLICE_INIT("127.0.0.1")},
    {SLICE_INIT("\xff.test"), SLICE_INIT("\xef\xbf\xbd.test")},
    /* IPv4 in every notation */
    {SLICE_INIT("192.0.2.1"), SLICE_INIT("192.0.2.1")},
    {SLICE_INIT("192.0.2.1."), SLICE_INIT("192.0.2.1")},
    {SLICE_INIT("3221225985"), SLICE_INIT("192.0.2.1")},
    {SLICE_INIT("0xC0000201"), SLICE_INIT("192.0.2.1")},
    {SLICE_INIT("0300.0.02.01"), SLICE_INIT("192.0.2.1")},
    {SLICE_INIT("0xc0.0x0.0x02.0X1"), SLICE_INIT("192.0.2.1")},
    {SLICE_INIT("192.0.513"), SLICE_INIT("192.0.2.1")},
    {SLICE_INIT("192.513"), SLICE_INIT("192.0.2.1")},
    {SLICE_INIT("0x.0"), SLICE_INIT("0.0.0.0")},
    {SLICE_INIT("4294967295"), SLICE_INIT("255.255.255.255")},
    {SLICE_INIT("255.16777215"), SLICE_INIT("255.255.255.255")},
    /* ... or none */
    {SLICE_INIT("4294967296"), SLICE_INIT("")},
    {SLICE_INIT("99999999999999999999999"), SLICE_INIT("")},
    {SLICE_INIT("255.16777216"), SLICE_INIT("")},
    {SLICE_INIT("256.1.1.1"), SLICE_INIT("")},
    {SLICE_INIT("1.256.1.1"), SLICE_INIT("")},
    {SLICE_INIT("1.2.3.256"), SLICE_INIT("")},
    {SLICE_INIT("1.2.3.4.5"), SLICE_INIT("")},
    {SLICE_INIT("1..2"), SLICE_INIT("")},
    {SLICE_INIT("1.2.3.08"), SLICE_INIT("")},
    {SLICE_INIT("a.b.09"), SLICE_INIT("")},
    {SLICE_INIT("a.0xg"), SLICE_INIT("a.0xg")},
    {SLICE_INIT("1.2.3.a"), SLICE_INIT("1.2.3.a")},
    /* IPv6 */
    {SLICE_INIT("[2001:DB8:0::1]"), SLICE_INIT("[2001:db8::1]")},
    {SLICE_INIT("[::ffff:192.0.2.1]"), SLICE_INIT("192.0.2.1")},
    {SLICE_INIT("[2001:db8::1"), SLICE_INIT("")},
    {SLICE_INIT("[]"), SLICE_INIT("")},
    {SLICE_INIT("["), SLICE_INIT("")},
    {SLICE_INIT("[192.0.2.1]"), SLICE_INIT("")},
    /* no hosts */
    {SLICE_INIT(""), SLICE_INIT("")},
    {SLICE_INIT("."), SLICE_INIT("")},
    {SLICE_INIT("a b"), SLICE_INIT("")},
    {SLICE_INIT("a%20b"), SLICE_INIT("")},
    {SLICE_INIT("a%00b"), SLICE_INIT("")},
    {SLICE_INIT("a\0b"), SLICE_INIT("")},
    {SLICE_INIT("a\x7f"), SLICE_INIT("")},
    {SLICE_INIT("a%b"), SLICE_INIT("")},
    {SLICE_INIT("a%4"), SLICE_INIT("")},
    {SLICE_INIT("a<b"), SLICE_INIT("")},
    {SLICE_INIT("a%2Fb"), SLICE_INIT("")},
};

static void spellings(void **state)
{
    struct guard guard;
    struct bytes out;

    (void)state;
    guard_init(&guard, 128);
    bytes_init(&out, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bytes_clear(&out);
        assert_row(host_append(guard_copy(&guard, rows[i].written), &out) == 0, rows[i].written.ptr,
                   i);
        assert_row_slice(bytes_slice(&out), rows[i].host, rows[i].written.ptr, i);
    }
    bytes_fini(&out);
    guard_fini(&guard);
}

static void behind_what_is_there(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 64);
    bytes_append(&out, SLICE("//"));
    assert_int_equal(host_append(SLICE("A.test"), &out), 0);
    assert_text(bytes_slice(&out), "//a.test");
    bytes_fini(&out);
}

static void lengths(void **state)
{
    char name[HOST_WRITTEN_MAX + 1];
    struct bytes out;

    (void)state;
    memset(name, 'a', sizeof(name));
    bytes_init(&out, sizeof(name));
    assert_int_equal(host_append(slice_make(name, HOST_WRITTEN_MAX), &out), 0);
    assert_int_equal(out.len, HOST_WRITTEN_MAX);
    bytes_clear(&out);
    assert_int_equal(host_append(slice_make(name, sizeof(name)), &out), 0);
    assert_int_equal(out.len, 0);
    bytes_fini(&out);
    bytes_init(&out, 4);
    assert_int_equal(host_append(SLICE("a.test"), &out), -1);
    bytes_fini(&out);
}

static void addresses(void **state)
{
    (void)state;
    assert_true(host_is_address(SLICE("192.0.2.1")));
    assert_true(host_is_address(SLICE("[2001:db8::1]")));
    assert_false(host_is_address(SLICE("a.test")));
    assert_false(host_is_address(SLICE("")));
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(spellings, state));
    assert_true(leaves_nothing(lengths, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings),         cmocka_unit_test(behind_what_is_there),
        cmocka_unit_test(lengths),           cmocka_unit_test(addresses),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
