/* Links of HTML, before it is known where they lead. */
#include "filters/html/anchors.h"

#include "tests/unit/support.h"

struct kit {
    struct arena arena;
    struct allowance allowance;
    struct link_list list;
    struct anchors anchors;
};

static void kit_init(struct kit *kit)
{
    *kit = (struct kit){.allowance = {.over = NULL}};
    arena_init(&kit->arena, 1024, 1 << 20);
    link_list_init(&kit->list, &kit->arena, &kit->allowance);
    anchors_init(&kit->anchors, 1 << 16);
}

/* Adds all to the list, and compares it with ${urls}, a line each. */
static void kit_check(struct kit *kit, const char *visible, const char *urls, const char *row)
{
    struct bytes out;

    bytes_init(&out, 1024);
    assert_row(anchors_finish(&kit->anchors, slice_str(visible), &kit->list) == CONTENT_READ, row,
               0);
    for (size_t i = 0; i < kit->list.count; i++) {
        bytes_append(&out, kit->list.items[i].url);
        bytes_append_char(&out, '\n');
    }
    assert_row_slice(bytes_slice(&out), slice_str(urls), row, 0);
    bytes_fini(&out);
    anchors_fini(&kit->anchors);
    arena_fini(&kit->arena);
}

struct row {
    const char *value, *urls;
};

static void check(const struct row *rows, size_t count, void (*add)(struct anchors *, struct slice))
{
    for (size_t i = 0; i < count; i++) {
        struct kit kit;

        kit_init(&kit);
        add(&kit.anchors, slice_str(rows[i].value));
        kit_check(&kit, "", rows[i].urls, rows[i].value);
    }
}

static void lists(void **state)
{
    static const struct row rows[] = {
        {"a", "a\n"},       {" a 1x , b 2x", "a\nb\n"},      {"a,b", "a,b\n"},
        {"a, b", "a\nb\n"}, {"a,,  ,b 100w,c", "a\nb\nc\n"}, {",", ""},
        {"", ""},           {"a (1,2) , b", "a\n2)\nb\n"},
    };

    (void)state;
    check(rows, COUNT_OF(rows), anchors_list);
}

static void styles(void **state)
{
    static const struct row rows[] = {
        {"a:url(b)", "b\n"}, {"a:URL( 'b)c' ) url(\"d\")", "b)c\nd\n"},
        {"a:url(b", "b\n"},  {"a:rgb(1)", ""},
        {"url(", ""},        {"url()", ""},
        {"(url(a)", "a\n"},  {"", ""},
    };

    (void)state;
    check(rows, COUNT_OF(rows), anchors_style);
}

static void refreshes(void **state)
{
    static const struct row rows[] = {
        {"0;url=a", "a\n"}, {" 1.5 , URL = 'a b' c", "a b\n"},
        {"0;a", "a\n"},     {"0 url=\"a", "a\n"},
        {"0;url", "url\n"}, {"0", ""},
        {"", ""},           {"0;", ""},
        {"0;url=", ""},     {"url=a", "a\n"},
    };

    (void)state;
    check(rows, COUNT_OF(rows), anchors_refresh);
}

static void bases(void **state)
{
    static const struct row rows[] = {
        {"https://a.test/b", "https://a.test/x\n"},
        {"mailto:a@b", "x\n"},
        {"/a", "x\n"},
        {"//a.test", "x\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct kit kit;

        kit_init(&kit);
        anchors_add(&kit.anchors, SLICE("x"));
        anchors_base(&kit.anchors, slice_str(rows[i].value));
        anchors_base(&kit.anchors, SLICE("https://second.test/"));
        kit_check(&kit, "", rows[i].urls, rows[i].value);
    }
}

static void long_base(void **state)
{
    char base[ANCHORS_BASE_MAX + 1];

    (void)state;
    memset(base, 'a', sizeof(base));
    memcpy(base, "http://a.test/", 14);
    for (size_t len = ANCHORS_BASE_MAX; len <= sizeof(base); len++) {
        struct kit kit;

        kit_init(&kit);
        anchors_base(&kit.anchors, slice_make(base, len));
        anchors_add(&kit.anchors, SLICE("/x"));
        kit_check(&kit, "", len == ANCHORS_BASE_MAX ? "http://a.test/x\n" : "/x\n", "long");
    }
}

static void texts(void **state)
{
    static const char VISIBLE[] = "http://a.test one http://b.test two http://c.test";
    struct kit kit;

    (void)state;
    kit_init(&kit);
    anchors_close(&kit.anchors, 3);
    anchors_open(&kit.anchors, SLICE("d"), 14);
    anchors_add(&kit.anchors, SLICE("e"));
    anchors_open(&kit.anchors, SLICE("f"), 34);
    anchors_close(&kit.anchors, 36);
    kit_check(&kit, VISIBLE, "http://a.test\nd\ne\nf\nhttp://c.test\n", "texts");
}

static void full(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    anchors_fini(&kit.anchors);
    anchors_init(&kit.anchors, 60);
    anchors_open(&kit.anchors, SLICE("x"), 0);
    anchors_open(&kit.anchors, SLICE("x"), 0);
    anchors_close(&kit.anchors, 0);
    assert_int_equal(anchors_finish(&kit.anchors, SLICE_NONE, &kit.list), CONTENT_MEMORY);
    anchors_fini(&kit.anchors);
    arena_fini(&kit.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists), cmocka_unit_test(styles),    cmocka_unit_test(refreshes),
        cmocka_unit_test(bases), cmocka_unit_test(long_base), cmocka_unit_test(texts),
        cmocka_unit_test(full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
