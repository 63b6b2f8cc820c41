/* What is shown of a link, and where it leads to. */
#include "filters/link/mismatch.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct {
    struct slice shown, host;
    bool mismatch;
} rows[] = {
    {SLICE_INIT("https://bank.com/login"), SLICE_INIT("evil.test"), true},
    {SLICE_INIT("https://bank.com/login"), SLICE_INIT("www.bank.com"), false},
    {SLICE_INIT("http://a.co.uk"), SLICE_INIT("b.co.uk"), true},
    {SLICE_INIT("http://x.a.co.uk"), SLICE_INIT("y.a.co.uk"), false},
    {SLICE_INIT("https://bank.test:443?x"), SLICE_INIT("evil.test"), true},
    {SLICE_INIT("https://evil.test@bank.com"), SLICE_INIT("evil.test"), true},
    {SLICE_INIT("https://bank.com@evil.test"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("http://192.0.2.1"), SLICE_INIT("192.0.2.2"), true},
    {SLICE_INIT("http://192.0.2.1"), SLICE_INIT("192.0.2.1"), false},
    {SLICE_INIT("see (bank.com)."), SLICE_INIT("evil.test"), true},
    {SLICE_INIT("bank.com."), SLICE_INIT("evil.test"), true},
    {SLICE_INIT("BANK.COM/a"), SLICE_INIT("bank.com"), false},
    {SLICE_INIT("\xef\xbd\x82"
                "ank\xef\xbc\x8e"
                "com"),
     SLICE_INIT("evil.test"), true},
    {SLICE_INIT("m\xc3\xbcller.de"), SLICE_INIT("xn--mller-kva.de"), false},
    {SLICE_INIT("evil.test bank.com"), SLICE_INIT("evil.test"), true},
    {SLICE_INIT("www.bank.test"), SLICE_INIT("evil.test"), true},
    {SLICE_INIT("bank.com"), SLICE_INIT("click.redirector.net"), true},
    /* no host names */
    {SLICE_INIT("click here"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("report.docx"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("bank.test"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("1.2.3 10.000.000"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("192.0.2.1"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("me@bank.com"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("e.g. i.e. U.S.A. ... a.b"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("co.uk"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("://"), SLICE_INIT("evil.test"), false},
    {SLICE_INIT(""), SLICE_INIT("evil.test"), false},
    {SLICE_INIT("https://bank.com"), SLICE_INIT(""), false},
};

static void texts(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool mismatch = !rows[i].mismatch;

        assert_row(mismatch_read(guard_copy(&guard, rows[i].shown), rows[i].host, &mismatch) == 0,
                   rows[i].shown.ptr, i);
        assert_row(mismatch == rows[i].mismatch, rows[i].shown.ptr, i);
    }
    guard_fini(&guard);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(texts, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts),
                                       cmocka_unit_test(all_is_given_back)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
