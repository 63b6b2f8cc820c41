#include "filters/base/registrable.h"

#include <pthread.h>

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct {
    struct slice name, domain;
} rows[] = {
    {SLICE_INIT("example.org"), SLICE_INIT("example.org")},
    {SLICE_INIT("a.b.example.org"), SLICE_INIT("example.org")},
    {SLICE_INIT("A.B.Example.ORG"), SLICE_INIT("Example.ORG")},
    {SLICE_INIT("www.example.co.uk"), SLICE_INIT("example.co.uk")},
    {SLICE_INIT("www.EXAMPLE.CO.UK"), SLICE_INIT("EXAMPLE.CO.UK")},
    {SLICE_INIT("a.example.org."), SLICE_INIT("example.org")},
    /* suffixes of all kinds: of one label, of two, of a wildcard and its exception, of a host */
    {SLICE_INIT("org"), SLICE_INIT("")},
    {SLICE_INIT("co.uk"), SLICE_INIT("")},
    {SLICE_INIT("x.kawasaki.jp"), SLICE_INIT("")},
    {SLICE_INIT("a.x.kawasaki.jp"), SLICE_INIT("a.x.kawasaki.jp")},
    {SLICE_INIT("a.city.kawasaki.jp"), SLICE_INIT("city.kawasaki.jp")},
    {SLICE_INIT("pages.me.github.io"), SLICE_INIT("me.github.io")},
    {SLICE_INIT("a.b.test"), SLICE_INIT("b.test")}, /* in no list */
    {SLICE_INIT("localhost"), SLICE_INIT("")},
    /* both spellings */
    {SLICE_INIT("a.m\xc3\xbcller.\xd1\x80\xd1\x84"), SLICE_INIT("m\xc3\xbcller.\xd1\x80\xd1\x84")},
    {SLICE_INIT("a.xn--mller-kva.XN--P1AI"), SLICE_INIT("xn--mller-kva.XN--P1AI")},
    {SLICE_INIT("\xff.b.com"), SLICE_INIT("b.com")},
    /* no names */
    {SLICE_INIT(""), SLICE_INIT("")},
    {SLICE_INIT("."), SLICE_INIT("")},
    {SLICE_INIT(".."), SLICE_INIT("")},
    {SLICE_INIT(".example.org"), SLICE_INIT("")},
    {SLICE_INIT("a..example.org"), SLICE_INIT("")},
    {SLICE_INIT("example.org.."), SLICE_INIT("")},
    {SLICE_INIT("192.0.2.1"), SLICE_INIT("")},
    {SLICE_INIT("[192.0.2.1]"), SLICE_INIT("")},
    {SLICE_INIT("[IPv6:2001:db8::1]"), SLICE_INIT("")},
    {SLICE_INIT("a\0b.example.org"), SLICE_INIT("")},
};

static void names(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice name = guard_copy(&guard, rows[i].name);
        struct slice found = registrable_domain(name);

        assert_slice(found, rows[i].domain);
        if (found.len > 0) {
            assert_true(found.ptr >= name.ptr);
            assert_true(found.ptr + found.len <= name.ptr + name.len);
        }
    }
    guard_fini(&guard);
}

/* A name of ${len} octets below b.test. */
static size_t found_in(size_t len)
{
    char name[REGISTRABLE_NAME_MAX + 2];

    memset(name, 'a', sizeof(name));
    memcpy(name + len - 7, ".b.test", 7);
    return registrable_domain(slice_make(name, len)).len;
}

static void length_is_limited(void **state)
{
    (void)state;
    assert_int_equal(found_in(REGISTRABLE_NAME_MAX), 6);
    assert_int_equal(found_in(REGISTRABLE_NAME_MAX + 1), 0);
}

static void *ask(void *ctx)
{
    bool *right = ctx;

    *right = slice_equal(registrable_domain(SLICE("a.b.co.uk")), SLICE("b.co.uk"));
    return NULL;
}

static void threads_share_it(void **state)
{
    pthread_t threads[8];
    bool right[COUNT_OF(threads)] = {false};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &right[i]), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(right[i]);
    }
}

static void nothing_is_left(void **state)
{
    assert_true(leaves_nothing(names, state));
}

static void listed(void **state)
{
    static const struct {
        struct slice name;
        bool listed;
    } names[] = {
        {SLICE_INIT("example.org"), true},  {SLICE_INIT("a.EXAMPLE.Co.Uk"), true},
        {SLICE_INIT("example.org."), true}, {SLICE_INIT("xn--e1afmkfd.xn--p1ai"), true},
        {SLICE_INIT("report.docx"), false}, {SLICE_INIT("mail.internal"), false},
        {SLICE_INIT("org"), false},         {SLICE_INIT("co.uk"), false},
        {SLICE_INIT("192.0.2.1"), false},   {SLICE_INIT(""), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_row(registrable_listed(names[i].name) == names[i].listed, names[i].name.ptr, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_it), /* before anybody else has asked */
        cmocka_unit_test(names),
        cmocka_unit_test(length_is_limited),
        cmocka_unit_test(listed),
        cmocka_unit_test(nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
