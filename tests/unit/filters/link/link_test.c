/* URLs in plain text, and the list of all links. */
#include "filters/link/link.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#include "filters/base/bytes.h"

static const struct {
    struct slice text, urls; /* a line each */
} rows[] = {
    {SLICE_INIT("see https://A.test/b."), SLICE_INIT("https://a.test/b\n")},
    {SLICE_INIT("http://a.test,ftp://b.test; HTTP://c.test!?"),
     SLICE_INIT("http://a.test\nftp://b.test\nhttp://c.test\n")},
    {SLICE_INIT("<https://a.test/x>, \"https://b.test\" 'https://c.test'"),
     SLICE_INIT("https://a.test/x\nhttps://b.test\nhttps://c.test\n")},
    {SLICE_INIT("(https://a.test/x_(y)) [https://b.test] (see https://c.test/)"),
     SLICE_INIT("https://a.test/x_(y)\nhttps://b.test\nhttps://c.test/\n")},
    {SLICE_INIT("www.a.test/x and WWW.b.test, awww.c.test x.www.d.test @www.e.test www.."),
     SLICE_INIT("http://www.a.test/x\nhttp://www.b.test\n")},
    {SLICE_INIT("http://virusfree.cz: user@virusfree.cz"), SLICE_INIT("http://virusfree.cz\n")},
    {SLICE_INIT("href=3D\"https://a.test/x\">"), SLICE_INIT("https://a.test/x\n")},
    {SLICE_INIT("href=3Dhttps://a.test/x"), SLICE_INIT("https://a.test/x\n")},
    {SLICE_INIT("a@b.test mailto:a@b.test b.test hxxp://c.test //d.test"), SLICE_INIT("")},
    {SLICE_INIT("http:// https://. www. http:/a.test xhttps//"), SLICE_INIT("")},
    {SLICE_INIT("\xe2\x80\x9chttps://a.test\xe2\x80\x9d "
                "\xc2\xabhttps://b.test\xc2\xbb\xc2\xa0https://c.test\xe3\x80\x80x"),
     SLICE_INIT("https://a.test\nhttps://b.test\nhttps://c.test\n")},
    {SLICE_INIT("https://m\xc3\xbcller.test/\xc3\xbc"),
     SLICE_INIT("https://xn--mller-kva.test/\xc3\xbc\n")},
    {SLICE_INIT("https://a.test/\xff www.\xc3\xbc.test"),
     SLICE_INIT("https://a.test/\nhttp://www.xn--tda.test\n")},
    {SLICE_INIT(
         "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@t.ly"),
     SLICE_INIT(
         "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@t.ly\n")},
    {SLICE_INIT("http://a.test/http://b.test"), SLICE_INIT("http://a.test/http://b.test\n")},
    {SLICE_INIT("http://http://a.test"), SLICE_INIT("http://http//a.test\n")},
    {SLICE_INIT("http://a.test\nhttp://b.test\x7fhttp://c.test|x"),
     SLICE_INIT("http://a.test\nhttp://b.test\nhttp://c.test\n")},
    {SLICE_INIT("www.a.test:8080/x WWW.b.test: www.c.test:"),
     SLICE_INIT("http://www.a.test:8080/x\nhttp://www.b.test\nhttp://www.c.test\n")},
    {SLICE_INIT("http://a.test's www.b.test's/x http://u'x@c.test/d'e http://f.test?g'h"),
     SLICE_INIT("http://a.test's\nhttp://a.test\nhttp://www.b.test's/x\nhttp://www.b.test\n"
                "http://u'x@c.test/d'e\nhttp://f.test?g'h\n")},
    {SLICE_INIT("http://a.test&amp;x http://'b.test http://c@'d"),
     SLICE_INIT("http://a.test&amp;x\nhttp://a.test\nhttp://'b.test\nhttp://c@'d\n")},
    {SLICE_INIT("ww.www.a http"), SLICE_INIT("")},
    {SLICE_INIT(""), SLICE_INIT("")},
};

struct links {
    struct arena arena;
    struct allowance allowance;
    struct link_list list;
};

static void links_init(struct links *links, size_t limit_bytes)
{
    *links = (struct links){.allowance = {.over = NULL}};
    arena_init(&links->arena, 512, limit_bytes);
    link_list_init(&links->list, &links->arena, &links->allowance);
}

static void texts(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct links links;
        struct bytes out;

        links_init(&links, 1 << 20);
        bytes_init(&out, 1024);
        assert_row(link_scan(&links.list, guard_copy(&guard, rows[i].text)) == CONTENT_READ,
                   rows[i].text.ptr, i);
        for (size_t k = 0; k < links.list.count; k++) {
            bytes_append(&out, links.list.items[k].url);
            bytes_append_char(&out, '\n');
            assert_row(!links.list.items[k].mismatch, rows[i].text.ptr, k);
        }
        assert_row_slice(bytes_slice(&out), rows[i].urls, rows[i].text.ptr, i);
        bytes_fini(&out);
        arena_fini(&links.arena);
    }
    guard_fini(&guard);
}

static void one_by_one(void **state)
{
    struct links links;
    char url[2 * LINK_URL_BYTES_MAX];
    const struct link *last;

    (void)state;
    links_init(&links, 1 << 20);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(
            link_add(&links.list, SLICE("x"), SLICE("http://a.test/"), SLICE(" \tbank.com ")),
            CONTENT_READ);
    assert_int_equal(links.list.count, 100);
    last = &links.list.items[99];
    assert_text(last->url, "http://a.test/x");
    assert_text(last->host, "a.test");
    assert_text(last->shown, "bank.com");
    assert_true(last->mismatch);
    assert_text(links.list.items[0].url, "http://a.test/x");
    memset(url, 'a', sizeof(url));
    memcpy(url, "http://b.test/", 14);
    assert_int_equal(link_add(&links.list, slice_make(url, sizeof(url)), SLICE_NONE, SLICE_NONE),
                     CONTENT_READ);
    assert_int_equal(links.list.items[100].url.len, LINK_URL_BYTES_MAX);
    assert_text(links.list.items[100].host, "b.test");
    /* the host stands behind what is kept */
    memcpy(url, "http://aaaaaaa", 14);
    memcpy(url + sizeof(url) - 7, "@c.test", 7);
    assert_int_equal(link_add(&links.list, slice_make(url, sizeof(url)), SLICE_NONE, SLICE_NONE),
                     CONTENT_READ);
    assert_int_equal(links.list.items[101].url.len, LINK_URL_BYTES_MAX);
    assert_text(links.list.items[101].host, "c.test");
    arena_fini(&links.arena);
}

static void memory_is_out(void **state)
{
    bool read = false;

    (void)state;
    for (size_t limit = 0; !read; limit += 16) {
        struct links links;
        enum content_result result;

        links_init(&links, limit);
        result = link_add(&links.list, SLICE("http://a.test"), SLICE_NONE, SLICE_NONE);
        assert_true(result == CONTENT_READ || result == CONTENT_MEMORY);
        assert_int_equal(links.list.count, result == CONTENT_READ);
        read = result == CONTENT_READ;
        arena_fini(&links.arena);
    }
}

static bool over(void *ctx)
{
    (void)ctx;
    return true;
}

static void time_is_over(void **state)
{
    static char text[ALLOWANCE_BYTES];
    struct links links;

    (void)state;
    memset(text, 'a', sizeof(text));
    links_init(&links, 1 << 20);
    links.allowance.over = over;
    assert_int_equal(link_scan(&links.list, slice_make(text, sizeof(text) - 1)), CONTENT_READ);
    assert_int_equal(link_add(&links.list, SLICE("x"), SLICE_NONE, SLICE_NONE), CONTENT_OVER);
    links.allowance.ended = false;
    assert_int_equal(link_scan(&links.list, slice_make(text, sizeof(text))), CONTENT_OVER);
    assert_int_equal(links.list.count, 0);
    arena_fini(&links.arena);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(texts, state));
    assert_true(leaves_nothing(one_by_one, state));
    assert_true(leaves_nothing(memory_is_out, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(one_by_one),
        cmocka_unit_test(memory_is_out),
        cmocka_unit_test(time_is_over),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
