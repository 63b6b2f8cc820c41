/* mention: domains in the sources of patterns. */
#include "proxy/explain/mention.h"

#include "filters/base/bytes.h"
#include "tests/unit/support.h"

static const struct {
    struct slice text;
    const char *domains; /* with blanks between */
} rows[] = {
    {SLICE_INIT("@example\\.org$"), "example.org"},
    {SLICE_INIT("@example.org"), "example.org"},
    {SLICE_INIT("(^|[.])example[.]org"), "example.org"},
    {SLICE_INIT("@(a\\.test|b-c\\.test)$"), "a.test b-c.test"},
    {SLICE_INIT("\\bwww\\.a\\-b\\.test\\b"), "www.a-b.test"},
    {SLICE_INIT("^\\w+@mx[0-9]+\\.example\\.co\\.uk"), "example.co.uk"},
    {SLICE_INIT("*@*.example.org"), "example.org"},
    {SLICE_INIT("-example.org-"), "example.org"},
    {SLICE_INIT("user.name@host"), "user.name"},
    {SLICE_INIT("[.]test$"), ""},
    {SLICE_INIT("..."), ""},
    {SLICE_INIT("a..b"), ""},
    {SLICE_INIT("a.b\\"), "a.b"},
    {SLICE_INIT("[."), ""},
    {SLICE_INIT(""), ""},
};

static void found(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice rest = guard_copy(&guard, rows[i].text), domain;
        struct arena arena;
        struct bytes all;

        arena_init(&arena, 256, 4096);
        bytes_init(&all, 256);
        while ((domain = mention_next(&rest, &arena)).len > 0)
            bytes_format(&all, "%s%.*s", all.len > 0 ? " " : "", SLICE_ARG(domain));
        assert_non_null(domain.ptr);
        assert_input(slice_equal(bytes_slice(&all), slice_str(rows[i].domains)), rows[i].text, i);
        bytes_fini(&all);
        arena_fini(&arena);
    }
    guard_fini(&guard);
}

static void no_memory(void **state)
{
    struct slice text = SLICE("a.test");
    struct arena arena;

    (void)state;
    arena_init(&arena, 1, 1);
    assert_null(mention_next(&text, &arena).ptr);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(found), cmocka_unit_test(no_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
