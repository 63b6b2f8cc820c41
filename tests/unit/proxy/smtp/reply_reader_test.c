/* PROTOCOL U07, R27 to R30: what an upstream says, well-formed or not. */
#include "proxy/smtp/reply_reader.h"

#include "filters/base/bytes.h"
#include "tests/unit/support.h"

/* ${length} bytes are the reply; 0: more is needed, -1: it is none. */
static const struct {
    struct slice input;
    int length;
    int code;
} replies[] = {
    {SLICE_INIT("250 Ok\r\n"), 8, 250},
    {SLICE_INIT("250\r\n"), 5, 250},
    {SLICE_INIT("250 \r\n"), 6, 250},
    {SLICE_INIT("250-a\r\n250-\r\n250 b\r\n"), 20, 250},
    {SLICE_INIT("250-a\r\n250\r\n"), 12, 250},
    {SLICE_INIT("354 Go\tahead\r\n"), 14, 354},
    {SLICE_INIT("250 Gr\xc3\xbc\xc3\x9f"
                "e \xfc\r\n"),
     15, 250},
    {SLICE_INIT("250 Ok\r\n250 Ok\r\n"), 8, 250},
    {SLICE_INIT("250 Ok\r\ngarbage\0"), 8, 250},
    {SLICE_INIT("559 x\r\n"), 7, 559},

    {SLICE_INIT(""), 0, 0},
    {SLICE_INIT("2"), 0, 0},
    {SLICE_INIT("250 Ok"), 0, 0},
    {SLICE_INIT("250 Ok\r"), 0, 0},
    {SLICE_INIT("250-Ok\r\n"), 0, 0},
    {SLICE_INIT("250-Ok\r\n250"), 0, 0},

    {SLICE_INIT("\r\n"), -1, 0},
    {SLICE_INIT("\n"), -1, 0},
    {SLICE_INIT("25\r\n"), -1, 0},
    {SLICE_INIT("25 x\r\n"), -1, 0},
    {SLICE_INIT("2500 x\r\n"), -1, 0},
    {SLICE_INIT("250x\r\n"), -1, 0},
    {SLICE_INIT("250\tx\r\n"), -1, 0},
    {SLICE_INIT("199 x\r\n"), -1, 0},
    {SLICE_INIT("150 x\r\n"), -1, 0},
    {SLICE_INIT("250-a\r\n150 b\r\n"), -1, 0},
    {SLICE_INIT("650 x\r\n"), -1, 0},
    {SLICE_INIT("600 x\r\n"), -1, 0},
    {SLICE_INIT("000 x\r\n"), -1, 0},
    {SLICE_INIT("260 x\r\n"), -1, 0},
    {SLICE_INIT("25a x\r\n"), -1, 0},
    {SLICE_INIT("Ok\r\n"), -1, 0},
    {SLICE_INIT("250 Ok\n"), -1, 0},
    {SLICE_INIT("250\n"), -1, 0},
    {SLICE_INIT("250 a\rb\r\n"), -1, 0},
    {SLICE_INIT("250 a\r\r\n"), -1, 0},
    {SLICE_INIT("250 a\0b\r\n"), -1, 0},
    {SLICE_INIT("250 \x1b[31m\r\n"), -1, 0},
    {SLICE_INIT("250 \x7f\r\n"), -1, 0},
    {SLICE_INIT("250-a\r\n251 b\r\n"), -1, 0},
    {SLICE_INIT("250-a\r\n550 b\r\n"), -1, 0},
    {SLICE_INIT("250-a\r\nb\r\n250 c\r\n"), -1, 0},
    {SLICE_INIT("250-a\n250 b\r\n"), -1, 0},
};

/* Feeds ${input} cut by cut until the reader has decided. */
static int read_cut(struct guard *guard, struct slice input, size_t cut, struct reply *reply)
{
    struct reply_reader reader = {.line_start = 0};
    int result = 0;

    for (size_t at = 0; at < input.len && result == 0;) {
        at = cut_end(cut, at, input.len);
        result = reply_read(&reader, guard_copy(guard, slice_first(input, at)), reply);
        if (result != 0)
            assert_true(reader.line_start == 0 && reader.lines == 0 && reader.code == 0);
    }
    return result;
}

static void well_formed_or_not(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(replies); i++)
        for (size_t cut = 0; cut < cut_count(replies[i].input.len); cut++) {
            struct slice input = replies[i].input;
            struct reply reply = {.code = 0};
            int result = read_cut(&guard, input, cut, &reply);

            assert_input(result == (replies[i].length > 0 ? 1 : replies[i].length), input, cut);
            assert_input(reply.code == replies[i].code, input, cut);
            if (result == 1)
                assert_row_slice(reply.wire, slice_first(input, (size_t)replies[i].length),
                                 input.ptr, cut);
        }
    guard_fini(&guard);
}

/* A reply of ${count} lines of ${line_bytes} octets each. */
static void make_reply(struct bytes *out, size_t count, size_t line_bytes)
{
    bytes_clear(out);
    for (size_t i = 0; i < count; i++) {
        bytes_append(out, i + 1 < count ? SLICE("250-") : SLICE("250 "));
        for (size_t filled = 6; filled < line_bytes; filled++)
            bytes_append_char(out, 'x');
        bytes_append(out, SLICE("\r\n"));
    }
}

static void limits(void **state)
{
    static const struct {
        size_t count, line_bytes;
        int result;
    } rows[] = {
        {1, REPLY_READ_LINE_MAX, 1},
        {1, REPLY_READ_LINE_MAX + 1, -1},
        {REPLY_READ_LINES_MAX, 512, 1},
        {REPLY_READ_LINES_MAX + 1, 10, -1},
        {16, 4096, 1},
        {17, 4096, -1},
    };
    struct guard guard;
    struct bytes text;
    struct reply reply;

    (void)state;
    bytes_init(&text, 128 * 1024);
    guard_init(&guard, 128 * 1024);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t cut = 0; cut < 300; cut += 43) {
            make_reply(&text, rows[i].count, rows[i].line_bytes);
            assert_row(read_cut(&guard, bytes_slice(&text), cut, &reply) == rows[i].result,
                       "limits", i);
        }
    guard_fini(&guard);
    bytes_fini(&text);
}

/* A line that never ends is given up at the limit, not kept forever. */
static void endless_lines(void **state)
{
    char junk[REPLY_READ_LINE_MAX];
    struct reply_reader reader = {.line_start = 0};
    struct reply reply;

    (void)state;
    memset(junk, 'x', sizeof(junk));
    memcpy(junk, "250 ", 4);
    assert_int_equal(reply_read(&reader, slice_make(junk, sizeof(junk) - 1), &reply), 0);
    assert_int_equal(reply_read(&reader, slice_make(junk, sizeof(junk)), &reply), -1);
}

/* Challenges may be longer; the limit stays from reply to reply. */
static void longer_lines(void **state)
{
    enum { LIMIT = 3 * REPLY_READ_LINE_MAX };
    struct reply_reader reader = {.line_limit = LIMIT};
    struct reply reply;
    struct bytes text;

    (void)state;
    bytes_init(&text, 2 * LIMIT);
    make_reply(&text, 1, LIMIT);
    for (int i = 0; i < 2; i++)
        assert_int_equal(reply_read(&reader, bytes_slice(&text), &reply), 1);
    make_reply(&text, 1, LIMIT + 1);
    assert_int_equal(reply_read(&reader, bytes_slice(&text), &reply), -1);
    assert_int_equal(reader.line_limit, LIMIT);
    bytes_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_or_not),
        cmocka_unit_test(limits),
        cmocka_unit_test(endless_lines),
        cmocka_unit_test(longer_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
