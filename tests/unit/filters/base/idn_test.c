#include "filters/base/idn.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct {
    struct slice domain, ascii, unicode;
    bool present;
} rows[] = {
    {SLICE_INIT("example.org"), SLICE_INIT("example.org"), SLICE_INIT("example.org"), false},
    {SLICE_INIT("Example.ORG"), SLICE_INIT("Example.ORG"), SLICE_INIT("Example.ORG"), false},
    {SLICE_INIT("m\xc3\xbcller.test"), SLICE_INIT("xn--mller-kva.test"),
     SLICE_INIT("m\xc3\xbcller.test"), true},
    {SLICE_INIT("M\xc3\x9cLLER.TEST"), SLICE_INIT("xn--mller-kva.TEST"),
     SLICE_INIT("m\xc3\xbcller.TEST"), true},
    {SLICE_INIT("mu\xcc\x88ller.test"), SLICE_INIT("xn--mller-kva.test"), /* u and its dots */
     SLICE_INIT("m\xc3\xbcller.test"), true},
    {SLICE_INIT("xn--mller-kva.test"), SLICE_INIT("xn--mller-kva.test"),
     SLICE_INIT("m\xc3\xbcller.test"), true},
    {SLICE_INIT("mail.XN--Mller-KVA.test"), SLICE_INIT("mail.xn--mller-kva.test"),
     SLICE_INIT("mail.m\xc3\xbcller.test"), true},
    {SLICE_INIT("stra\xc3\x9f"
                "e.test"),
     SLICE_INIT("xn--strae-oqa.test"),
     SLICE_INIT("stra\xc3\x9f"
                "e.test"),
     true},
    /* full-width letters and the ideographic dot: what a server makes of them */
    {SLICE_INIT("\xef\xbd\x85xample\xe3\x80\x82org"), SLICE_INIT("example.org"),
     SLICE_INIT("example.org"), true},
    /* invalid labels stay, the others do not suffer */
    {SLICE_INIT("xn--.m\xc3\xbcller.test"), SLICE_INIT("xn--.xn--mller-kva.test"),
     SLICE_INIT("xn--.m\xc3\xbcller.test"), true},
    {SLICE_INIT("\xff.xn--mller-kva"), SLICE_INIT("\xff.xn--mller-kva"),
     SLICE_INIT("\xff.m\xc3\xbcller"), true},
    /* punycode that says something else than the label it came from, or nothing */
    {SLICE_INIT("xn--example-.test"), SLICE_INIT("xn--example-.test"),
     SLICE_INIT("xn--example-.test"), true},
    {SLICE_INIT("xn--a.test"), SLICE_INIT("xn--a.test"), SLICE_INIT("xn--a.test"), true},
    {SLICE_INIT("m\xc3\xbc*.test"), SLICE_INIT("m\xc3\xbc*.test"), SLICE_INIT("m\xc3\xbc*.test"),
     true},
    {SLICE_INIT("m\xc3\xbc\0ller"), SLICE_INIT("m\xc3\xbc\0ller"), SLICE_INIT("m\xc3\xbc\0ller"),
     true},
    {SLICE_INIT("m\xc3\xbcller"), SLICE_INIT("xn--mller-kva"), SLICE_INIT("m\xc3\xbcller"), true},
    {SLICE_INIT("m\xc3\xbcller."), SLICE_INIT("xn--mller-kva."), SLICE_INIT("m\xc3\xbcller."),
     true},
    {SLICE_INIT(".xn--mller-kva..x"), SLICE_INIT(".xn--mller-kva..x"),
     SLICE_INIT(".m\xc3\xbcller..x"), true},
    {SLICE_INIT("[IPv6:::1]"), SLICE_INIT("[IPv6:::1]"), SLICE_INIT("[IPv6:::1]"), false},
    {SLICE_INIT("axn--b.test"), SLICE_INIT("axn--b.test"), SLICE_INIT("axn--b.test"), false},
    {SLICE_INIT("xn-"), SLICE_INIT("xn-"), SLICE_INIT("xn-"), false},
    {SLICE_INIT("."), SLICE_INIT("."), SLICE_INIT("."), false},
    {SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT(""), false},
};

static void spellings(void **state)
{
    struct guard guard;
    struct bytes out;

    (void)state;
    guard_init(&guard, 128);
    bytes_init(&out, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice domain = guard_copy(&guard, rows[i].domain);

        assert_row(idn_present(domain) == rows[i].present, rows[i].domain.ptr, i);
        bytes_clear(&out);
        assert_row(idn_ascii(domain, &out) == 0, rows[i].domain.ptr, i);
        assert_row_slice(bytes_slice(&out), rows[i].ascii, rows[i].domain.ptr, i);
        bytes_clear(&out);
        assert_row(idn_unicode(domain, &out) == 0, rows[i].domain.ptr, i);
        assert_row_slice(bytes_slice(&out), rows[i].unicode, rows[i].domain.ptr, i);
    }
    bytes_fini(&out);
    guard_fini(&guard);
}

static void lengths(void **state)
{
    char label[IDN_LABEL_MAX + 2];
    struct bytes out;

    (void)state;
    for (size_t i = 0; i < sizeof(label); i++) /* two bytes each */
        label[i] = i % 2 == 0 ? '\xc3' : '\xbc';
    bytes_init(&out, 1024);
    assert_int_equal(idn_ascii(slice_make(label, 2 * 40), &out), 0);
    assert_true(slice_starts(bytes_slice(&out), SLICE("xn--")));
    for (size_t len = IDN_LABEL_MAX; len <= sizeof(label); len += 2) { /* no label is so long */
        bytes_clear(&out);
        assert_int_equal(idn_ascii(slice_make(label, len), &out), 0);
        assert_int_equal(out.len, len);
    }
    bytes_fini(&out);
}

static void full(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 8);
    assert_int_equal(idn_ascii(SLICE("m\xc3\xbcller.test"), &out), -1);
    bytes_clear(&out);
    assert_int_equal(idn_unicode(SLICE("m\xc3\xbcller.test"), &out), -1);
    bytes_fini(&out);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(spellings, state));
    assert_true(leaves_nothing(full, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings),
        cmocka_unit_test(lengths),
        cmocka_unit_test(full),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
