#include "filters/message/header.h"

#include "tests/unit/arena_kit.h"

#define MOST 64

/* R113, H02 */
static const struct {
    const char *value;
    const char *want; /* parted by "|" */
} rows[] = {
    {"", ""},
    {" ", ""},
    {"joe", ""},
    {" joe@example.org", "joe@example.org"},
    {"Joe <joe@example.org>", "joe@example.org"},
    {"<joe@example.org>", "joe@example.org"},
    {"\"Joe, the \\\"one\\\"\" <joe@x.test>", "joe@x.test"},
    {"a@b, c@d,e@f", "a@b|c@d|e@f"},
    {"a@b,, ,c@d", "a@b|c@d"},
    {"friends: a@b, Joe <c@d>;", "a@b|c@d"},
    {"undisclosed-recipients:;", ""},
    {"a@b; c@d", "a@b|c@d"},
    /* comments and display names are no addresses */
    {"(x@y) joe@z (a@b)", "joe@z"},
    {"joe(one)@(two)z(three)", "joe@z"},
    {"(a (nested) x@y) joe@z", "joe@z"},
    {"(a \\) x@y) joe@z", "joe@z"},
    {"\"x@y\" <joe@z>", "joe@z"},
    {"\"x@y\"", "x@y"}, /* nothing else is there to show */
    {"=?utf-8?q?x=40y?= <joe@z>", "joe@z"},
    {"=?utf-8?q?x@y?= <joe@z>", "joe@z"},
    /* quoted and literal parts */
    {"\"joe doe\"@x.test", "\"joe doe\"@x.test"},
    {"\"a@b\"@x.test", "\"a@b\"@x.test"},
    {"joe.\"x y\".z@x.test", "joe.\"x y\".z@x.test"},
    {"joe@[192.0.2.1]", "joe@[192.0.2.1]"},
    {"joe@[IPv6:2001:db8::1], a@b", "joe@[IPv6:2001:db8::1]|a@b"},
    /* obsolete forms */
    {"joe @ example . org", "joe@example|joe@example.org"},
    {"joe\r\n @example.org", "joe@example.org"},
    {"Joe\r\n <joe@example.org>\r\n ", "joe@example.org"},
    {"<@a.test,@b.test:joe@x.test>", "joe@x.test"},
    {"<@a.test:joe@x.test>", "joe@x.test"},
    {"J. R. <joe@x.test>", "joe@x.test"},
    {"joe@x.test.", "joe@x.test"},
    {"joe@x.test..", "joe@x.test"},
    /* no reader finds more */
    {"<>", ""},
    {"j\xC3\xB6@x.test", "j\xC3\xB6@x.test"},
    {"o'neil@x.test", "o'neil@x.test"},
    {"a@b, \"x@y\" <a@b>", "a@b"},
    {"joe@", ""},
    {"joe@.", ""},
    {"@", ""},
    {"@@", ""},
};

/* Malformed ones: each of these is among what is found. */
static const struct {
    const char *value;
    const char *want; /* parted by "|" */
} malformed[] = {
    {"<a@b>c@d", "a@b|c@d"},
    {"a@b <c@d>", "a@b|c@d"},
    {"<a@b> <c@d>", "a@b|c@d"},
    {"a@b c@d", "a@b|c@d"},
    {"a@b@c", "a@b|a@b@c|b@c"},
    {"<a@b\\, c@d>", "a@b|c@d"},
    {"any\\@legit@x.test", "any@legit|any@legit@x.test|legit@x.test"},
    {"<a@b", "a@b"},
    {"a@b>", "a@b"},
    {"\"open <a@b>", "a@b"},
    {"(open <a@b>", "a@b"},
    {") a@b", "a@b"},
    {"\\\"a@b\\\"", "a@b"},
    {"joe@[192.0.2.1", "joe@[192.0.2.1"},
    {"a@b@c@d", "a@b|a@b@c@d|c@d"},
    {"a@b\\", "a@b"},
    /* ends that one reader takes for the address's and another does not */
    {"ceo@x.test[y]", "ceo@x.test[y]|ceo@x.test"},
    {"ceo@x.test\x01", "ceo@x.test\x01|ceo@x.test"},
    {"ceo@x.test\x1f.evil.test", "ceo@x.test\x1f.evil.test|ceo@x.test|ceo@x.test.evil.test"},
    {"\x7f"
     "ceo@x.test",
     "\x7f"
     "ceo@x.test|ceo@x.test"},
    {"[ceo@x.test]", "[ceo@x.test]|[ceo@x.test|ceo@x.test"},
    {"CEO [ceo@x.test]", "[ceo@x.test]|[ceo@x.test|ceo@x.test"},
    {"<@ceo@x.test>", "ceo@x.test"},
    {"<@@ceo@x.test>", "ceo@x.test"},
    {"'ceo@x.test'", "'ceo@x.test'|'ceo@x.test|ceo@x.test"},
    {"`ceo@x.test`", "`ceo@x.test`|`ceo@x.test|ceo@x.test"},
    {"ceo@x.test!y", "ceo@x.test!y|ceo@x.test"},
    {"ceo@x.test\"y\"", "ceo@x.test\"y\"|ceo@x.test"},
    {"ceo@x.test\xC2\xA0y", "ceo@x.test\xC2\xA0y|ceo@x.test"},
    {"\xE2\x80\x9C"
     "ceo@x.test\xE2\x80\x9D",
     "\xE2\x80\x9C"
     "ceo@x.test\xE2\x80\x9D|ceo@x.test"},
    {"ceo@x\xE2\x80\x8B.test", "ceo@x\xE2\x80\x8B.test|ceo@x|ceo@x.test"},
    {"ceo@x.test\xFF", "ceo@x.test\xFF|ceo@x.test"},
    {"joe@[192.0.2.1]x", "joe@[192.0.2.1]x|joe@[192.0.2.1]"},
    {"joe@[192.0.2.1], [a@b]", "joe@[192.0.2.1]|[a@b]|[a@b|a@b"},
    {"\"a\x01[b\"@x.test", "\"a\x01[b\"@x.test"},
    /* names and comments, where nothing else is there */
    {"\"a@b\" <>, c@d", "a@b|c@d"},
    {"\"a@b\" <c@d>, \"e@f\"", "c@d|e@f"},
    {"(a@b)", "a@b"},
    {"\"CEO, a@b\"", "a@b"},
    {"\"a@b", "a@b"},
    /* encoded-words in an address, and addresses in them */
    {"ceo@=?utf-8?q?x?=.test", "ceo@=?utf-8?q?x?=.test|ceo@x.test"},
    {"=?utf-8?q?ceo=40x.test?=", "ceo@x.test"},
    {"=?utf-8?q?ceo?=@x.test", "=?utf-8?q?ceo?=@x.test|ceo@x.test"},
    {"=?utf-8?q?ceo?=@x.test <joe@y.test>", "=?utf-8?q?ceo?=@x.test|joe@y.test|ceo@x.test"},
    {"=?utf-8?q?CEO_=3Cceo=40x.test=3E?=", "ceo@x.test"},
    {"=?utf-8?q?CEO_=3Cceo=40x.test=3E?= <joe@y.test>", "joe@y.test|ceo@x.test"},
    {"=?utf-8?q?CEO_=3Cceo=40x.test?= <joe@y.test>", "joe@y.test|ceo@x.test"},
    {"=?utf-8?q?=3E_ceo=40x.test_=3C?= <joe@y.test>", "joe@y.test"},
    {"=?utf-8?q?a=40b?= =?iso-8859-1?q?c=40d?= \"x\" (y) <joe@z>", "joe@z"},
    {"=?utf-8?q?a=40b?=, =?utf-8?q?c=40d?= <joe@z>", "joe@z|a@b"},
    {"\"=?utf-8?q?a=40b?=\" <joe@z>", "joe@z"},
    /* the NUL that cuts the address off for some (Mailsploit) */
    {"=?utf-8?q?ceo=40x.test=00?=@evil.test",
     "=?utf-8?q?ceo=40x.test=00?=@evil.test|ceo@x.test|ceo@x.test@evil.test|x.test@evil.test"},
    /* what readers leave out or cut off, each in his way */
    {"ceo@x.test .evil.test", "ceo@x.test|ceo@x.test.evil.test"},
    {"ceo@x.test @evil.test", "ceo@x.test"},
    {"\x1f"
     "ceo@x.test@evil.test",
     "ceo@x.test"},
    {"\"CEO\" <c(y)eo@x.test>", "ceo@x.test"},
    {"\"CEO\" <ceo@x.te\r\n st>", "ceo@x.test"},
    {"CEO ceo@x.te<>st", "ceo@x.test"},
    {"\"ceo\"<>@x.test", "ceo@x.test"},
    {"\"\" ceo\"@x.test\"", "ceo@x.test"},
    {"\"ceo\"\"@x\".\"test", "ceo@x.test"},
    {"!\"ceo\"@x.test", "\"ceo\"@x.test"},
    {"\"y\"ceo(z)@x.test", "ceo@x.test"},
    {"a@b\"ceo\"@x.test", "\"ceo\"@x.test"},
    {"CEO =ceo@x.test", "ceo@x.test"},
    {"CEO .ceo@x.test", "ceo@x.test"},
    {"\"ceo@x.test\" a@b", "ceo@x.test|a@b"},
    {"\"ceo@x.test\" @b", "ceo@x.test"},
    {"\" ceo\"@x.test", "ceo@x.test"},
    {"\"c\veo\"@x.test", "\"ceo\"@x.test"},
    {"(\"c\\eo\"@x.test)", "ceo@x.test"},
    {"<ceo;,@x.test>", "@x.test"},
    {"@x.test", "@x.test"},
    {"a@b@x.test@", "a@b@x.test"},
    {"[ceo@x.test\xE3\x80\x82]", "ceo@x.test"},
    {"ceo@\xC2\xA0x.test", "ceo@x.test"},
    {"\"=?utf-8?q?ceo?=\"@x.test", "\"ceo\"@x.test"},
    {"\"=?x-what?q?ceo=40x.test?=\"", "ceo@x.test"},
    {"=?x-what?q?CEO?= <ceo@=?utf-8 ?q?x?=.test>", "ceo@x.test"},
};

static bool is_among(struct slice address, const struct slice *found, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(found[i], address))
            return true;
    return false;
}

static void malformed_lists(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        struct slice want = slice_str(malformed[i].want), found[MOST];
        size_t count = header_mailboxes(guard_copy(&guard, slice_str(malformed[i].value)), &arena,
                                        found, MOST);

        assert_row(count <= MOST, malformed[i].value, count);
        while (want.len > 0) {
            struct slice one = slice_first(want, slice_find(want, '|'));

            assert_row(is_among(one, found, count), malformed[i].value, i);
            want = slice_from(want, one.len + 1);
        }
    }
    guard_fini(&guard);
}

static void mailboxes(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice found[MOST];
        size_t count =
            header_mailboxes(guard_copy(&guard, slice_str(rows[i].value)), &arena, found, MOST);
        char joined[256] = "";

        assert_row(count <= MOST, rows[i].value, count);
        for (size_t k = 0; k < count; k++) {
            size_t used = strlen(joined);

            (void)snprintf(joined + used, sizeof(joined) - used, "%s%.*s", k > 0 ? "|" : "",
                           SLICE_ARG(found[k]));
        }
        assert_row_slice(slice_str(joined), slice_str(rows[i].want), rows[i].value, i);
    }
    guard_fini(&guard);
}

static void nul_is_data(void **state)
{
    struct slice found[MOST];

    (void)state;
    assert_true(header_mailboxes(SLICE("a\0@b"), &arena, found, MOST) > 1);
    assert_slice(found[0], SLICE("a\0@b"));
    assert_text(found[1], "a@b");
}

static void counts_more_than_it_writes(void **state)
{
    struct slice found[2] = {SLICE_NONE, SLICE("untouched")};

    (void)state;
    assert_int_equal(header_mailboxes(SLICE("a@b, c@d, e@f"), &arena, found, 1), 3);
    assert_text(found[0], "a@b");
    assert_text(found[1], "untouched");
    assert_int_equal(header_mailboxes(SLICE("a@b, c@d, e@f"), &arena, NULL, 0), 3);
}

static void full_arena(void **state)
{
    struct arena small;
    struct slice found[MOST];

    (void)state;
    arena_init(&small, 16, 16);
    assert_int_equal(header_mailboxes(SLICE("joe@example.org"), &small, found, MOST),
                     HEADER_MAILBOXES_FAILED);
    arena_fini(&small);
}

static void large_lists(void **state)
{
    static const struct {
        const char *block;
        size_t all; /* addresses found; 0: not asked */
    } large[] = {
        {"a@b,", 1},
        {"\"", 0},
        {"(", 0},
        {"\"(", 0},
        {"[", 0},
        {"<", 0},
        {"\\", 0},
        {"@", 0},
        {"a.", 0},
        {"a ", 0},
        {"()", 0},
        {"\"a\"", 0},
        {"(\"", 0},
        {".", 0},
        {"a@b ", 0},
        {"a@b .c ", 0},
        {"a@b\"c\"", 0},
        {"a@b(", 0},
        {"=?x?q?a", 0},
        {"a@[b,", 0},
        {"[a@b]", 0},
        {"a\x01@b", 0},
        {"\"a@b\",", 0},
        {"=?utf-8?q?a=40b?= ", 0},
        {"=?utf-8?q?a=40b?=<", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(large); i++) {
        size_t block_len = strlen(large[i].block), count = 200000;
        char *text = arena_alloc(&arena, count * block_len);
        size_t found;

        assert_non_null(text);
        for (size_t k = 0; k < count; k++)
            memcpy(text + k * block_len, large[i].block, block_len);
        found = header_mailboxes(slice_make(text, count * block_len), &arena, NULL, 0);
        if (large[i].all > 0)
            assert_row(found == large[i].all, large[i].block, found);
        arena_reset(&arena);
    }
}

/* A malformed list has so many readings that it must be short; a well-formed one has one. */
static void length_of_malformed_lists(void **state)
{
    char text[HEADER_MENDED_MAX + 1];

    (void)state;
    memset(text, 'a', sizeof(text));
    text[4] = '@';
    text[0] = '[';
    assert_true(header_mailboxes(slice_make(text, sizeof(text) - 1), &arena, NULL, 0) < 8);
    assert_int_equal(header_mailboxes(slice_make(text, sizeof(text)), &arena, NULL, 0),
                     HEADER_MAILBOXES_UNREAD);
    text[0] = 'a';
    assert_int_equal(header_mailboxes(slice_make(text, sizeof(text)), &arena, NULL, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mailboxes),
        cmocka_unit_test(malformed_lists),
        cmocka_unit_test(nul_is_data),
        cmocka_unit_test(counts_more_than_it_writes),
        cmocka_unit_test(full_arena),
        cmocka_unit_test(large_lists),
        cmocka_unit_test(length_of_malformed_lists),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
