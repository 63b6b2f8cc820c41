/* Which address lists are well-formed (RFC 5322, 3.4 and 4.4), and what mending leaves. */
#include "filters/message/sound_list.h"
#include "tests/unit/support.h"

static const struct {
    const char *value;
    bool sound;
} LISTS[] = {
    {"a@b.test", true},
    {" a@b.test ", true},
    {"Joe Doe <a@b.test>", true},
    {"J. Doe <a@b.test>", true}, /* 4.1: a phrase with a dot */
    {"\"Doe, Joe\" <a@b.test>", true},
    {"=?utf-8?q?J=C3=B6?= <a@b.test>", true},
    {"j\xC3\xB6@b.test", true},
    {"a@b.test, c@d.test", true},
    {"a@b.test; c@d.test", true},
    {"a@b.test,, c@d.test", true}, /* 4.4: an empty element */
    {"friends: a@b.test, c@d.test;", true},
    {"friends: a@b.test", true},
    {"undisclosed-recipients:;", true},
    {"<@x.test,@y.test:a@b.test>", true}, /* 4.4: a route */
    {"a@[192.0.2.1]", true},
    {"(one) a@b.test (two (three))", true},
    {"a@b.test (open", false},
    {"\"open a@b.test", false},
    {"a@b@c.test", false},
    {"a b@c.test", false},
    {"<a@b.test", false},
    {"a@b.test>", false},
    {"<a@b.test> <c@d.test>", false},
    {".a@b.test", false},
    {"@b.test", false},
    {"a@b.test c@d.test", false},
    {"a@[192.0.2.1", false},
    {"a@", false},
    {"a@,b@c.test", false},
    {"<a@>", false},
    {"Joe <a@ (home)>", false},
    {"friends: a@;", false},
    {"<>", true},
    {"a@ b.test", true},
};

static void lists(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 200);
    for (size_t i = 0; i < COUNT_OF(LISTS); i++) {
        struct slice value = guard_copy(&guard, slice_str(LISTS[i].value));
        assert_row(sound_list(value) == LISTS[i].sound, LISTS[i].value, i);
    }
    guard_fini(&guard);
}

static const struct {
    const char *value;
    unsigned mending;
    const char *left;
} MENDED[] = {
    {"a(x)@b.test", MENDING_COMMENTS, "a@b.test"},
    {"a(x (y))@b.test", MENDING_COMMENTS, "a@b.test"},
    {"a @ b.test", MENDING_COMMENTS, "a @ b.test"},
    {"a @\tb.test", MENDING_BLANKS, "a@b.test"},
    {"<a>@\"b\".test", MENDING_BRACKETS, "a@b.test"},
    {"\"<a(x) @b.test", MENDING_ALL, "a@b.test"},
    {"a@b.test, c@d:e;", MENDING_BRACKETS, "a@b.test, c@d:e;"},
    {"", MENDING_ALL, ""},
};

static void mending(void **state)
{
    struct arena arena, none;

    (void)state;
    arena_init(&arena, 1024, 65536);
    arena_init(&none, 16, 0);
    for (size_t i = 0; i < COUNT_OF(MENDED); i++)
        assert_row_slice(sound_list_mend(slice_str(MENDED[i].value), MENDED[i].mending, &arena),
                         slice_str(MENDED[i].left), MENDED[i].value, i);
    assert_null(sound_list_mend(SLICE("a@b.test"), MENDING_ALL, &none).ptr);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(mending)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
