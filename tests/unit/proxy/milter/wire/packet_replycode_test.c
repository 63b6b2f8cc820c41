/* PROTOCOL ML03: the reply a milter makes up itself. */
#include "proxy/milter/wire/packet_reply.h"

#include "tests/unit/support.h"

/* ${wire}: the reply for the client; NULL when the text is refused. */
static const struct {
    struct slice text;
    int code;
    const char *wire;
} rows[] = {
    {SLICE_INIT("550 5.7.1 Not here"), 550, "550 5.7.1 Not here\r\n"},
    {SLICE_INIT("451 4.7.1 Later"), 451, "451 4.7.1 Later\r\n"},
    {SLICE_INIT("421 4.7.0 Bye"), 421, "421 4.7.0 Bye\r\n"},
    {SLICE_INIT("550 Not here"), 550, "550 Not here\r\n"},
    {SLICE_INIT("550 5.7.1"), 550, "550 5.7.1\r\n"},
    {SLICE_INIT("550 "), 550, "550 \r\n"},
    {SLICE_INIT("550"), 550, "550 \r\n"},
    {SLICE_INIT("550 450 is another code"), 550, "550 450 is another code\r\n"},
    {SLICE_INIT("550 5.7.1x y"), 550, "550 5.7.1x y\r\n"},
    {SLICE_INIT("550 100%% of %s, %"), 550, "550 100% of %s, %\r\n"},
    {SLICE_INIT("550 %%%%%%"), 550, "550 %%%\r\n"},
    {SLICE_INIT("550 a\tb\x1b[31m gr\xc3\xbc\x7f"), 550, "550 a?b?[31m gr??\r\n"},
    {SLICE_INIT("550-5.7.1 a\r\n550-5.7.1 b\r\n550 5.7.1 c"), 550,
     "550-5.7.1 a\r\n550-5.7.1 b\r\n550 5.7.1 c\r\n"},
    {SLICE_INIT("550-5.7.1 a\r\n550 b"), 550, "550-5.7.1 a\r\n550 5.7.1 b\r\n"},
    {SLICE_INIT("550-5.7.1 a\r\n550 5.7.2 b"), 550, "550-5.7.1 a\r\n550 5.7.1 b\r\n"},
    {SLICE_INIT("550-a\r\n550 5.7.2 b"), 550, "550-a\r\n550 5.7.2 b\r\n"},
    {SLICE_INIT("550-\r\n550 b"), 550, "550-\r\n550 b\r\n"},
    {SLICE_INIT("550-a\r\n550"), 550, "550-a\r\n550 \r\n"},

    {SLICE_INIT(""), 0, NULL},
    {SLICE_INIT("5"), 0, NULL},
    {SLICE_INIT("25x no"), 0, NULL},
    {SLICE_INIT("250 2.0.0 Ok"), 0, NULL},
    {SLICE_INIT("354 go"), 0, NULL},
    {SLICE_INIT("600 x"), 0, NULL},
    {SLICE_INIT("560 x"), 0, NULL}, /* no second digit of SMTP */
    {SLICE_INIT("55 x"), 0, NULL},
    {SLICE_INIT("5500 x"), 0, NULL},
    {SLICE_INIT("550x"), 0, NULL},
    {SLICE_INIT("550\tx"), 0, NULL},
    {SLICE_INIT(" 550 x"), 0, NULL},
    {SLICE_INIT("Not here"), 0, NULL},
    {SLICE_INIT("550 4.7.1 x"), 0, NULL},
    {SLICE_INIT("451 5.7.1 x"), 0, NULL},
    {SLICE_INIT("550 2.0.0 x"), 0, NULL},
    {SLICE_INIT("550-a"), 0, NULL},
    {SLICE_INIT("550-a\r\n"), 0, NULL},
    {SLICE_INIT("550 a\r\n"), 0, NULL},
    {SLICE_INIT("550 a\r\n550 b"), 0, NULL},
    {SLICE_INIT("550-a\r\n551 b"), 0, NULL},
    {SLICE_INIT("550-a\r\n450 b"), 0, NULL},
    {SLICE_INIT("550-a\r\nb"), 0, NULL},
    {SLICE_INIT("550-a\r\n250 b"), 0, NULL},
    {SLICE_INIT("550-5.7.1 a\r\n550 4.7.1 b"), 0, NULL},
    {SLICE_INIT("550 a\nb"), 0, NULL},
    {SLICE_INIT("550 a\rb"), 0, NULL},
    {SLICE_INIT("550 a\r"), 0, NULL},
    {SLICE_INIT("550-a\n550 b"), 0, NULL},
    {SLICE_INIT("550 a\r\nDATA"), 0, NULL},
};

static void every_row(void **state)
{
    struct arena arena;
    struct guard guard;

    (void)state;
    arena_init(&arena, 1024, 65536);
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice text = guard_copy(&guard, rows[i].text);
        struct reply reply;
        const char *wrong = packet_replycode_parse(text, &arena, &reply);

        assert_input((wrong == NULL) == (rows[i].wire != NULL), rows[i].text, i);
        assert_input(reply.code == rows[i].code, rows[i].text, i);
        if (wrong == NULL)
            assert_row_slice(reply.wire, slice_str(rows[i].wire), rows[i].wire, i);
    }
    guard_fini(&guard);
    arena_fini(&arena);
}

/* A text of 64 KiB is one line, cut; and no more lines than a reply of ours may have. */
static void limits(void **state)
{
    struct bytes text;
    struct arena arena;
    struct reply reply;

    (void)state;
    arena_init(&arena, 1024, 256 * 1024);
    bytes_init(&text, 128 * 1024);
    bytes_append(&text, SLICE("550 5.7.1 "));
    while (text.len < 65536)
        bytes_append_char(&text, 'x');
    assert_null(packet_replycode_parse(bytes_slice(&text), &arena, &reply));
    assert_int_equal(reply.wire.len, REPLY_LINE_MAX);
    for (int extra = 0; extra < 2; extra++) {
        bytes_clear(&text);
        for (int i = 1; i < REPLY_LINES_MAX + extra; i++)
            bytes_append(&text, SLICE("550-x\r\n"));
        bytes_append(&text, SLICE("550 x"));
        assert_int_equal(packet_replycode_parse(bytes_slice(&text), &arena, &reply) == NULL,
                         extra == 0);
        assert_int_equal(reply.code, extra == 0 ? 550 : 0);
    }
    bytes_fini(&text);
    arena_fini(&arena);
}

static void no_room(void **state)
{
    struct arena arena;
    struct reply reply;
    const char *wrong = "";

    (void)state;
    for (size_t room = 32; wrong != NULL; room += 16) {
        arena_init(&arena, 32, room);
        wrong = packet_replycode_parse(SLICE("550-5.7.1 some text\r\n550 more"), &arena, &reply);
        assert_int_equal(reply.code, wrong == NULL ? 550 : 0);
        arena_fini(&arena);
        assert_true(room < 1024);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(limits),
        cmocka_unit_test(no_room),
    };

    return cmocka_run_group_tests_name("packet_replycode", tests, NULL, NULL);
}
