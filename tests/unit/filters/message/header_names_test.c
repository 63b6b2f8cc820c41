#include "filters/message/header.h"

#include "tests/unit/arena_kit.h"

#define MOST 64

static const struct {
    const char *value;
    const char *want; /* parted by "|" */
} rows[] = {
    {"", ""},
    {" ", ""},
    {" joe@example.org", ""},
    {"<joe@example.org>", ""},
    {"Joe <joe@example.org>", "Joe"},
    {" Joe\r\n\tSmith\r\n <joe@example.org>", "Joe Smith"},
    {"Joe   Smith <joe@x.test>", "Joe Smith"},
    {"\"Joe,  the \\\"one\\\"\" <joe@x.test>", "Joe,  the \"one\""},
    {"\"Joe\" Smith <joe@x.test>", "Joe Smith"},
    {"\" Joe \" <joe@x.test>", "Joe"},
    {"J. R. <joe@x.test>", "J. R."},
    {"boss@example.org <evil@x.test>", "boss@example.org"},
    {"\"boss@example.org\" <evil@x.test>", "boss@example.org"},
    {"A <a@b>, B <c@d>,e@f; C <g@h>", "A|B|C"},
    {"Joe <joe@[IPv6:2001:db8::1]>", "Joe"},
    {"joe@[IPv6:2001:db8::1]", ""},
    {"\"joe doe\"@x.test", ""},
    {"joe @ example . org", ""},
    /* an address is not needed */
    {"Joe Smith", "Joe Smith"},
    {"\"x@y\"", "x@y"},
    {"Joe <>", "Joe"},
    /* comments */
    {"joe@x.test (Joe (the one) Smith)", "Joe (the one) Smith"},
    {"joe@x.test (Joe) (Smith)", "Joe Smith"},
    {"joe(one)@(two)z(three)", "one two three"},
    {"(Joe) <joe@x.test>", "(Joe)|Joe"},
    {"Joe (work) Smith <joe@x.test> (home)", "Joe Smith|Joe (work) Smith (home)"},
    {"joe@x.test (a\\)b)", "a)b"},
    {"\"\"(Joe)<joe@x.test>", "(Joe)|Joe"},
    /* groups */
    {"undisclosed-recipients:;", "undisclosed-recipients"},
    {"Friends: A <a@b>, c@d;", "Friends|A|Friends: A"},
    {"Re: Boss <a@b>", "Re|Boss|Re: Boss"},
    /* routes */
    {"Joe <@a.test,@b.test:joe@x.test>", "Joe"},
    /* encoded-words are letters */
    {"=?utf-8?q?J=C3=B6?= <a@b>", "J\xC3\xB6"},
    {"=?utf-8?q?J=C3=B6?= =?iso-8859-1?q?r=F6?= K <a@b>", "J\xC3\xB6r\xC3\xB6 K"},
    {"=?utf-8?q?J?= =?utf-8?q?o?= <a@b>", "Jo"},
    {"=?utf-8?q?Smith=2C_Joe_=28x=29?= <a@b>", "Smith, Joe (x)"},
    {"=?utf-8?q?Smith,_Joe?= <a@b>", "Smith, Joe"},
    {"a@b (=?utf-8?q?J=C3=B6?=)", "J\xC3\xB6"},
    {"=?utf-8?q?a=40b?= <c@d>", "a@b"},
    {"=?utf-8?b?Sm9l?= (=?utf-8?q?x?=) <a@b>", "Joe|Joe (x)"},
    /* which not all readers decode */
    {"\"=?utf-8?q?Boss?=\" <a@b>", "Boss|=?utf-8?q?Boss?="},
    {"\"=?utf-8?q?Boss?= x\" <a@b>, C <d@e>", "Boss x|C|=?utf-8?q?Boss?= x"},
    /* or which some decode before they take a list apart */
    {"=?utf-8?q?Boss_=3Cboss=40x=3E?= <a@b>", "Boss <boss@x>|Boss"},
};

/* Malformed ones: each of these is among what is found. */
static const struct {
    const char *value;
    const char *want;
} malformed[] = {
    {"\"Boss <a@b>", "Boss"},
    {"\"Boss <a@b>", "\"Boss"},
    {"Bo\"ss <a@b>", "Bo\"ss"},
    {"Boss (the one <a@b>", "Boss the one"},
    {"Boss a@b", "Boss"},
    {"\"Boss\" a@b", "Boss"},
    {"Boss <a@b", "Boss"},
    {"A <a@b, Boss <c@d>", "A"},
    {"A <a@b, Boss <c@d>", "Boss"},
    {"Boss <x@y> <a@b>", "Boss"},
    {"Boss <x@y> <a@b>", "Boss <x@y>"},
    {"<a@b> Boss", "Boss"},
    {"\"A\" <a@b> \"Boss\" <c@d>", "A"},
    {"Boss, Big <a@b>", "Boss"},
    {"Boss, Big <a@b>", "Big"},
    {"Boss\\ x <a@b>", "Boss x"},
    {"=?utf-8?q?Boss_?= =?x-none?q?Man?= <a@b>", "Boss Man"},
};

static size_t find(struct guard *guard, const char *value, struct slice *out)
{
    struct slice unfolded = header_unfold(guard_copy(guard, slice_str(value)), &arena);
    size_t count = header_names(unfolded, &arena, out, MOST);

    assert_row(count <= MOST, value, count);
    return count;
}

static void names(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice found[MOST];
        size_t count = find(&guard, rows[i].value, found);
        char joined[256] = "";

        for (size_t k = 0; k < count; k++) {
            size_t used = strlen(joined);

            (void)snprintf(joined + used, sizeof(joined) - used, "%s%.*s", k > 0 ? "|" : "",
                           SLICE_ARG(found[k]));
        }
        assert_row_slice(slice_str(joined), slice_str(rows[i].want), rows[i].value, i);
    }
    guard_fini(&guard);
}

static bool is_among(struct slice name, const struct slice *found, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(found[i], name))
            return true;
    return false;
}

static void malformed_lists(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        struct slice found[MOST];
        size_t count = find(&guard, malformed[i].value, found);

        assert_row(is_among(slice_str(malformed[i].want), found, count), malformed[i].value, i);
    }
    guard_fini(&guard);
}

static void counts_more_than_it_writes(void **state)
{
    struct slice found[2] = {SLICE_NONE, SLICE("untouched")};

    (void)state;
    assert_int_equal(header_names(SLICE("A <a@b>, B <c@d>"), &arena, found, 1), 2);
    assert_text(found[0], "A");
    assert_text(found[1], "untouched");
    assert_int_equal(header_names(SLICE("A <a@b>, B <c@d>"), &arena, NULL, 0), 2);
}

static void full_arena(void **state)
{
    static const struct slice value =
        SLICE_INIT("=?utf-8?q?Joe?= =?x?q?S?= \"=?utf-8?q?x?=\" <a@b");
    size_t failed = 0;

    (void)state;
    for (size_t limit = 16; limit < 4096; limit += 16) {
        struct slice found[MOST];
        struct arena small;
        size_t count;

        arena_init(&small, 16, limit);
        count = header_names(value, &small, found, MOST);
        assert_int_equal(count == HEADER_MAILBOXES_FAILED, arena_failed(&small));
        failed += count == HEADER_MAILBOXES_FAILED;
        arena_fini(&small);
    }
    assert_true(failed > 8);
    assert_true(failed < 4096 / 16 - 1);
}

/* Nothing takes longer than its length says. */
static void large_lists(void **state)
{
    static const char *const blocks[] = {
        "a@b,",
        "A <a@b>,",
        "\"",
        "(",
        "\"(",
        "<",
        "<>",
        "\\",
        "@",
        "a ",
        "()",
        "(a)",
        "\"a\"",
        "(\"",
        ":",
        "a:<",
        "a<,",
        ">",
        ")",
        "[",
        "@[",
        "=?x?q?a",
        "A (b ",
        "=?utf-8?q?a?= ",
        "\"=?utf-8?q?a?=\"",
        "=?utf-8?q?a?=<",
        "=?gb2312?q?a?=,",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        size_t block_len = strlen(blocks[i]), count = 50000;
        char *text = arena_alloc(&arena, count * block_len + 1);

        assert_non_null(text);
        for (size_t k = 0; k < count; k++)
            memcpy(text + k * block_len, blocks[i], block_len);
        text[count * block_len] = '>';
        assert_int_not_equal(header_names(slice_make(text, count * block_len + 1), &arena, NULL, 0),
                             HEADER_MAILBOXES_FAILED);
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(malformed_lists),
        cmocka_unit_test(counts_more_than_it_writes),
        cmocka_unit_test(full_arena),
        cmocka_unit_test(large_lists),
    };

    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
