#include "filters/base/reply.h"

#include "tests/unit/support.h"

static const struct {
    const char *text;
    int code;
    const char *enhanced, *rest;
} splits[] = {
    {"550 5.7.1 Not here", 550, "5.7.1", "Not here"},
    {"550 Not here", 550, "", "Not here"},
    {"5.7.1 Not here", 0, "5.7.1", "Not here"},
    {"Not here", 0, "", "Not here"},
    {"550", 550, "", ""},
    {"550 5.7.1", 550, "5.7.1", ""},
    {"550\t5.7.1\tx", 550, "5.7.1", "x"},
    {"550   5.7.123   x", 550, "5.7.123", "x"},
    {"451 4.255.999 x", 451, "4.255.999", "x"},
    {"550 4.7.1 x", 550, "4.7.1", "x"}, /* whether they fit is reply_check's question */
    {"5500 x", 0, "", "5500 x"},
    {"350 x", 0, "", "350 x"},
    {"55 x", 0, "", "55 x"},
    {"550-x", 0, "", "550-x"},
    {"550 5.7 x", 550, "", "5.7 x"},
    {"550 5.7.1000 x", 550, "", "5.7.1000 x"},
    {"550 5.7.1x", 550, "", "5.7.1x"},
    {"550 5..1 x", 550, "", "5..1 x"},
    {"550 3.7.1 x", 550, "", "3.7.1 x"},
    {"550 5.7.1.1 x", 550, "", "5.7.1.1 x"},
    {"", 0, "", ""},
};

static void splitting(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(splits); i++) {
        const char *name = splits[i].text;
        struct reply_text got = reply_split(guard_copy(&guard, slice_str(name)));

        assert_row(got.code == splits[i].code, name, 0);
        assert_row_slice(got.enhanced, slice_str(splits[i].enhanced), name, 0);
        assert_row_slice(got.text, slice_str(splits[i].rest), name, 0);
    }
    guard_fini(&guard);
}

static const struct {
    const char *text;
    int reply_class;
    bool good;
} checks[] = {
    {"550 5.7.1 x", 5, true},
    {"550 x", 5, true},
    {"5.7.1 x", 5, true},
    {"x", 5, true},
    {"x", 4, true},
    {"451 4.7.1 x", 4, true},
    {"451 4.7.1 x", 5, false},
    {"550 5.7.1 x", 4, false},
    {"550 4.7.1 x", 5, false},
    {"451 5.7.1 x", 4, false},
    {"4.7.1 x", 5, false},
    {"5.7.1 x", 4, false},
    {"560 x", 5, false},
    {"555 x", 5, true},
    {"499 x", 4, false},
    {"250 2.0.0 x", 5, false},
    {"250 x", 4, false},
    {"2.0.0 x", 5, false},
};

static void checking(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        struct reply_text parts = reply_split(slice_str(checks[i].text));

        assert_row((reply_check(parts, checks[i].reply_class) == NULL) == checks[i].good,
                   checks[i].text, checks[i].reply_class);
    }
}

static void making(void **state)
{
    struct slice lines[] = {SLICE_INIT("first"), SLICE_INIT(""), SLICE_INIT("last")};
    struct arena arena;
    struct reply reply;

    (void)state;
    arena_init(&arena, 1024, 65536);
    reply = reply_make(&arena, 550, SLICE("5.7.1"), lines, 3);
    assert_int_equal(reply.code, 550);
    assert_text(reply.wire, "550-5.7.1 first\r\n550-5.7.1\r\n550 5.7.1 last\r\n");
    reply = reply_make(&arena, 250, SLICE_NONE, lines, 1);
    assert_text(reply.wire, "250 first\r\n");
    reply = reply_make(&arena, 250, SLICE_NONE, NULL, 0);
    assert_text(reply.wire, "250\r\n");
    reply = reply_make(&arena, 250, SLICE("2.0.0"), NULL, 0);
    assert_text(reply.wire, "250 2.0.0\r\n");
    arena_fini(&arena);
}

/* H01: text that came from the wire can neither end the line nor send controls to a terminal. */
static void text_is_cleaned(void **state)
{
    struct slice text = SLICE("a\r\n250 b\0\tc\x1b[31m\xc3\xbc\x7f%s");
    struct arena arena;
    struct reply reply;

    (void)state;
    arena_init(&arena, 1024, 65536);
    reply = reply_make(&arena, 550, SLICE("5.7.1"), &text, 1);
    assert_text(reply.wire, "550 5.7.1 a250 b?c?[31m??%s\r\n");
    arena_fini(&arena);
}

static void long_replies_are_cut(void **state)
{
    struct slice lines[REPLY_LINES_MAX + 5];
    char text[2000];
    struct arena arena;
    struct reply reply;

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        lines[i] = slice_make(text, sizeof(text));
    arena_init(&arena, 1024, 1024 * 1024);
    reply = reply_make(&arena, 550, SLICE("5.7.1"), lines, COUNT_OF(lines));
    assert_int_equal(reply.wire.len, REPLY_LINES_MAX * REPLY_LINE_MAX);
    for (size_t i = 0; i < REPLY_LINES_MAX; i++) {
        struct slice line = slice_part(reply.wire, i * REPLY_LINE_MAX, (i + 1) * REPLY_LINE_MAX);

        assert_true(slice_starts(line, i + 1 < REPLY_LINES_MAX ? SLICE("550-") : SLICE("550 ")));
        assert_text(slice_from(line, REPLY_LINE_MAX - 3), "x\r\n");
    }
    arena_fini(&arena);
}

static void a_full_arena_makes_no_reply(void **state)
{
    struct slice text = SLICE("some text");
    struct arena arena;

    (void)state;
    arena_init(&arena, 1024, 16);
    assert_int_equal(reply_make(&arena, 550, SLICE("5.7.1"), &text, 1).code, 0);
    assert_int_equal(reply_make(&arena, 550, SLICE("5.7.1"), NULL, 0).code, 0);
    arena_fini(&arena);
}

static void every_line_is_recoded(void **state)
{
    struct arena arena;
    struct reply two = reply_static(SLICE("550-5.7.1 No\r\n550 5.7.1 550 never\r\n"));
    struct reply bare = reply_static(SLICE("550\r\n"));

    (void)state;
    arena_init(&arena, 1024, 1 << 16);
    assert_int_equal(reply_recode(&arena, two, 554).code, 554);
    assert_text(reply_recode(&arena, two, 554).wire, "554-5.7.1 No\r\n554 5.7.1 550 never\r\n");
    assert_text(reply_recode(&arena, bare, 421).wire, "421\r\n");
    arena_fini(&arena);
    arena_init(&arena, 16, 16);
    assert_int_equal(reply_recode(&arena, two, 554).code, 0);
    arena_fini(&arena);
}

static void static_replies(void **state)
{
    struct reply reply = reply_static(SLICE("354 Go ahead\r\n"));

    (void)state;
    assert_int_equal(reply.code, 354);
    assert_text(reply.wire, "354 Go ahead\r\n");
}

static void first_line(void **state)
{
    (void)state;
    assert_slice(reply_first_line(SLICE("250-a\r\n250 b\r\n")), slice_str("250-a"));
    assert_slice(reply_first_line(SLICE("250")), slice_str("250"));
    assert_slice(reply_first_line(SLICE_NONE), slice_str(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitting),
        cmocka_unit_test(checking),
        cmocka_unit_test(making),
        cmocka_unit_test(text_is_cleaned),
        cmocka_unit_test(long_replies_are_cut),
        cmocka_unit_test(a_full_arena_makes_no_reply),
        cmocka_unit_test(every_line_is_recoded),
        cmocka_unit_test(static_replies),
        cmocka_unit_test(first_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
