/* URLs, as browsers understand them. */
#include "filters/link/url.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct {
    struct slice written, text, host;
} absolute[] = {
    {SLICE_INIT("HTTPS://Example.ORG/Path"), SLICE_INIT("https://example.org/Path"),
     SLICE_INIT("example.org")},
    {SLICE_INIT("https://good.example@evil.test/x"), SLICE_INIT("https://good.example@evil.test/x"),
     SLICE_INIT("evil.test")},
    {SLICE_INIT("https://a@b@evil.test"), SLICE_INIT("https://a@b@evil.test"),
     SLICE_INIT("evil.test")},
    {SLICE_INIT(
         "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@t.ly"),
     SLICE_INIT(
         "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@t.ly"),
     SLICE_INIT("t.ly")},
    {SLICE_INIT("https://good.example\\@evil.test"), SLICE_INIT("https://good.example/@evil.test"),
     SLICE_INIT("good.example")},
    {SLICE_INIT("http://virusfree.cz: user@virusfree.cz"),
     SLICE_INIT("http://virusfree.cz: user@virusfree.cz"), SLICE_INIT("virusfree.cz")},
    {SLICE_INIT("http://a.test:8080/?q#f"), SLICE_INIT("http://a.test:8080/?q#f"),
     SLICE_INIT("a.test")},
    {SLICE_INIT("http://a.test:/"), SLICE_INIT("http://a.test/"), SLICE_INIT("a.test")},
    {SLICE_INIT("http://[2001:DB8::1]:80/"), SLICE_INIT("http://[2001:db8::1]:80/"),
     SLICE_INIT("[2001:db8::1]")},
    {SLICE_INIT("http://[::1/"), SLICE_INIT("http://[::1/"), SLICE_INIT("")},
    {SLICE_INIT("http://2130706433/"), SLICE_INIT("http://127.0.0.1/"), SLICE_INIT("127.0.0.1")},
    {SLICE_INIT("http://a.test?x@b.test"), SLICE_INIT("http://a.test?x@b.test"),
     SLICE_INIT("a.test")},
    {SLICE_INIT("http://a.test#x@b.test"), SLICE_INIT("http://a.test#x@b.test"),
     SLICE_INIT("a.test")},
    /* slashes */
    {SLICE_INIT("https:evil.test/a"), SLICE_INIT("https://evil.test/a"), SLICE_INIT("evil.test")},
    {SLICE_INIT("https:/evil.test"), SLICE_INIT("https://evil.test"), SLICE_INIT("evil.test")},
    {SLICE_INIT("https:\\\\evil.test\\a\\b?c\\d"), SLICE_INIT("https://evil.test/a/b?c\\d"),
     SLICE_INIT("evil.test")},
    {SLICE_INIT("https:////evil.test"), SLICE_INIT("https://evil.test"), SLICE_INIT("evil.test")},
    {SLICE_INIT("http://"), SLICE_INIT("http://"), SLICE_INIT("")},
    /* what goes */
    {SLICE_INIT(" \x01https://evil.test \n"), SLICE_INIT("https://evil.test"),
     SLICE_INIT("evil.test")},
    {SLICE_INIT("ht\ntps://ev\til.\r\ntest/a\nb"), SLICE_INIT("https://evil.test/ab"),
     SLICE_INIT("evil.test")},
    {SLICE_INIT("java\nscript:alert(1)"), SLICE_INIT("javascript:alert(1)"), SLICE_INIT("")},
    {SLICE_INIT("3D\"https://evil.test/\""), SLICE_INIT("https://evil.test/"),
     SLICE_INIT("evil.test")},
    {SLICE_INIT("3d'https://evil.test/"), SLICE_INIT("https://evil.test/"),
     SLICE_INIT("evil.test")},
    {SLICE_INIT("http://a.test/%70ay%2Dpal%2f%2"), SLICE_INIT("http://a.test/pay-pal%2f%2"),
     SLICE_INIT("a.test")},
    {SLICE_INIT("http://a.test/%7e%41\\%5f"), SLICE_INIT("http://a.test/~A/_"),
     SLICE_INIT("a.test")},
    {SLICE_INIT("http://a.test/\xff\xc3\xbc"), SLICE_INIT("http://a.test/\xef\xbf\xbd\xc3\xbc"),
     SLICE_INIT("a.test")},
    /* other schemes */
    {SLICE_INIT("mailto:A@B.test"), SLICE_INIT("mailto:A@B.test"), SLICE_INIT("")},
    {SLICE_INIT("file://Server/share"), SLICE_INIT("file://server/share"), SLICE_INIT("server")},
    {SLICE_INIT("ftp://Ftp.Test/x"), SLICE_INIT("ftp://ftp.test/x"), SLICE_INIT("ftp.test")},
    {SLICE_INIT("tel:+1"), SLICE_INIT("tel:+1"), SLICE_INIT("")},
    {SLICE_INIT("x\\y:\\z"), SLICE_INIT("x\\y:\\z"), SLICE_INIT("")},
    /* relative, and nothing to complete it */
    {SLICE_INIT("www.Evil.test/x"), SLICE_INIT("http://www.evil.test/x"),
     SLICE_INIT("www.evil.test")},
    {SLICE_INIT("//Evil.test/x"), SLICE_INIT("//evil.test/x"), SLICE_INIT("evil.test")},
    {SLICE_INIT("\\\\Evil.test\\x"), SLICE_INIT("//evil.test/x"), SLICE_INIT("evil.test")},
    {SLICE_INIT("a/b"), SLICE_INIT("a/b"), SLICE_INIT("")},
    {SLICE_INIT("1http://x"), SLICE_INIT("1http://x"), SLICE_INIT("")},
    {SLICE_INIT("#top"), SLICE_INIT("#top"), SLICE_INIT("")},
    {SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT("")},
    {SLICE_INIT(":"), SLICE_INIT(":"), SLICE_INIT("")},
    {SLICE_INIT("http:"), SLICE_INIT("http://"), SLICE_INIT("")},
};

static const struct {
    struct slice base, written, text;
} relative[] = {
    {SLICE_INIT("https://a.test/d/e?q/r#f"), SLICE_INIT("x"), SLICE_INIT("https://a.test/d/x")},
    {SLICE_INIT("https://a.test/d/e?q/r#f"), SLICE_INIT("/x"), SLICE_INIT("https://a.test/x")},
    {SLICE_INIT("https://a.test/d/e?q/r#f"), SLICE_INIT("\\x"), SLICE_INIT("https://a.test/x")},
    {SLICE_INIT("https://a.test/d/e?q/r#f"), SLICE_INIT("?x"), SLICE_INIT("https://a.test/d/e?x")},
    {SLICE_INIT("https://a.test/d/e"), SLICE_INIT("//B.test/x"), SLICE_INIT("https://b.test/x")},
    {SLICE_INIT("https://a.test/d/e"), SLICE_INIT("http://b.test"), SLICE_INIT("http://b.test")},
    {SLICE_INIT("https://a.test"), SLICE_INIT("x"), SLICE_INIT("https://a.test/x")},
    {SLICE_INIT("https://a.test?q/"), SLICE_INIT("x"), SLICE_INIT("https://a.test/x")},
    {SLICE_INIT("https://a.test"), SLICE_INIT("?x"), SLICE_INIT("https://a.test?x")},
    {SLICE_INIT("https://u@a.test:8/d"), SLICE_INIT("www.b.test"),
     SLICE_INIT("https://u@a.test:8/www.b.test")},
    {SLICE_INIT("mailto:a@b"), SLICE_INIT("x"), SLICE_INIT("x")},
    {SLICE_INIT("https://a.test/"), SLICE_INIT(""), SLICE_INIT("")},
};

static void check(struct slice written, struct slice base, struct slice text, struct slice host,
                  size_t row)
{
    struct guard guard;
    struct bytes room;
    struct url url;

    guard_init(&guard, 256);
    bytes_init(&room, 1024);
    assert_row(url_read(guard_copy(&guard, written), base, &room, &url) == 0, written.ptr, row);
    assert_row_slice(url.text, text, written.ptr, row);
    if (host.ptr != NULL)
        assert_row_slice(url.host, host, written.ptr, row);
    bytes_fini(&room);
    guard_fini(&guard);
}

static void absolute_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(absolute); i++)
        check(absolute[i].written, SLICE_NONE, absolute[i].text, absolute[i].host, i);
}

static void relative_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(relative); i++)
        check(relative[i].written, relative[i].base, relative[i].text, SLICE_NONE, i);
}

static void schemes(void **state)
{
    struct bytes room;
    struct url url;

    (void)state;
    bytes_init(&room, 64);
    assert_int_equal(url_read(SLICE("CID:a"), SLICE_NONE, &room, &url), 0);
    assert_text(url.scheme, "cid");
    assert_int_equal(url_read(SLICE("a"), SLICE_NONE, &room, &url), 0);
    assert_text(url.scheme, "");
    bytes_fini(&room);
}

static void full(void **state)
{
    struct bytes room;
    struct url url;

    (void)state;
    for (size_t limit = 0; limit < 20; limit++) {
        bytes_init(&room, limit);
        assert_int_equal(url_read(SLICE("http://a.test/x/y/zz"), SLICE_NONE, &room, &url), -1);
        bytes_fini(&room);
    }
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(absolute_ones, state));
    assert_true(leaves_nothing(relative_ones, state));
    assert_true(leaves_nothing(full, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absolute_ones),     cmocka_unit_test(relative_ones),
        cmocka_unit_test(schemes),           cmocka_unit_test(full),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
