/* PROTOCOL ML02: the frames of the milter protocol, well-formed or not, in every cut. */
#include "proxy/milter/wire/packet.h"

#include "tests/unit/support.h"

#define STREAMED PACKET_REPLY_REPLACE_BODY

/* ${want}: each packet as code(data), then "!" when the rest is refused, "." when nothing is left,
 * "?" when more is needed. ${limit} 0: the default. */
static const struct {
    struct slice input;
    size_t limit;
    const char *want;
} rows[] = {
    {SLICE_INIT("\0\0\0\1c"), 0, "c()."},
    {SLICE_INIT("\0\0\0\1c\0\0\0\1a"), 0, "c()a()."}, /* two replies */
    {SLICE_INIT("\0\0\0\6habcde\0\0\0\1c"), 0, "h(abcde)c()."},
    {SLICE_INIT("\0\0\0\6habcde"), 6, "h(abcde)."},
    {SLICE_INIT("\0\0\0\6bhello"), 0, "b(hello)."},
    {SLICE_INIT("\0\0\0\6bhello\0\0\0\6b, you\0\0\0\1c"), 0, "b(hello)b(, you)c()."},
    {SLICE_INIT("\0\0\0\6bhello"), 2, "b(hello)."}, /* a stream knows no limit */
    {SLICE_INIT("\0\0\0\1b"), 0, "b()."},
    {SLICE_INIT("\0\0\0\1b\0\0\0\1c"), 0, "b()c()."},
    {SLICE_INIT("\0\0\0\3b\0\0\0\0\0\1c"), 0, "b(~~)c()."},

    {SLICE_INIT(""), 0, "."},
    {SLICE_INIT("\0"), 0, "?"},
    {SLICE_INIT("\0\0\0\1"), 0, "?"},
    {SLICE_INIT("\0\0\0\6habcd"), 0, "?"}, /* one byte short */
    {SLICE_INIT("\0\0\0\6bhell"), 0, "b(hell?"},
    {SLICE_INIT("\0\0\0\2b"), 0, "?"},
    {SLICE_INIT("\0\x10\0\0h"), 0, "?"}, /* PACKET_MAX */
    {SLICE_INIT("\x7f\xff\xff\xff"
                "bx"),
     0, "b(x?"}, /* PACKET_STREAM_MAX */

    {SLICE_INIT("\0\0\0\0"), 0, "!"},
    {SLICE_INIT("\0\0\0\0c"), 0, "!"},
    {SLICE_INIT("\0\0\0\1c\0\0\0\0c"), 0, "c()!"},
    {SLICE_INIT("\0\0\0\7habcdef"), 6, "!"},
    {SLICE_INIT("\0\x10\0\1h"), 0, "!"},
    {SLICE_INIT("\x7f\xff\xff\xff"
                "c"),
     0, "!"},
    {SLICE_INIT("\x80\0\0\0b"), 0, "!"},
    {SLICE_INIT("\xff\xff\xff\xff"), 0, "!"},
    {SLICE_INIT("HTTP/1.1 400"), 0, "!"},
    {SLICE_INIT("220 mail.example"), 0, "!"},
};

/* What was read, as rows have it. */
struct story {
    struct bytes text;
    bool inside; /* a streamed packet */
};

static void tell(struct story *story, const struct packet *packet)
{
    if (!story->inside)
        bytes_format(&story->text, "%c(", packet->code);
    for (size_t i = 0; i < packet->data.len; i++)
        bytes_append_char(&story->text, packet->data.ptr[i] ? packet->data.ptr[i] : '~');
    if (packet->ended)
        bytes_append_char(&story->text, ')');
    story->inside = !packet->ended;
}

/* Reads all there is in ${input}. Returns how the last read ended. */
static enum packet_result read_all(struct packet_reader *reader, struct guard *guard,
                                   struct slice input, size_t *consumed, struct story *story)
{
    enum packet_result result;
    struct packet packet;
    size_t size;

    do {
        result =
            packet_read(reader, guard_copy(guard, slice_from(input, *consumed)), &packet, &size);
        *consumed += size;
        if (result == PACKET_READY)
            tell(story, &packet);
        else
            assert_int_equal(size, 0);
    } while (result == PACKET_READY);
    return result;
}

static void read_row(struct guard *guard, size_t row, size_t cut)
{
    struct slice input = rows[row].input;
    struct packet_reader reader = {.limit_bytes = rows[row].limit, .streamed = STREAMED};
    enum packet_result result = PACKET_MORE;
    struct story story = {.inside = false};
    size_t consumed = 0;

    bytes_init(&story.text, 256);
    for (size_t at = 0; at < input.len && result != PACKET_BAD;) {
        at = cut_end(cut, at, input.len);
        result = read_all(&reader, guard, slice_first(input, at), &consumed, &story);
    }
    if (result == PACKET_BAD)
        bytes_append_char(&story.text, '!');
    else
        bytes_append_char(&story.text, consumed < input.len || story.inside ? '?' : '.');
    assert_row_slice(bytes_slice(&story.text), slice_str(rows[row].want), rows[row].want, cut);
    assert_int_equal(reader.limit_bytes, rows[row].limit);
    assert_int_equal(reader.streamed, STREAMED);
    bytes_fini(&story.text);
}

static void every_row_in_every_cut(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t cut = 0; cut < cut_count(rows[i].input.len); cut++)
            read_row(&guard, i, cut);
    guard_fini(&guard);
}

/* Without a streamed code a body is a packet like others. */
static void nothing_streamed(void **state)
{
    struct packet_reader reader = {.limit_bytes = 6};
    struct packet packet;
    size_t consumed;

    (void)state;
    assert_int_equal(packet_read(&reader, SLICE("\0\0\0\6bhell"), &packet, &consumed), PACKET_MORE);
    assert_int_equal(packet_read(&reader, SLICE("\0\0\0\6bhello"), &packet, &consumed),
                     PACKET_READY);
    assert_true(packet.ended && consumed == 10);
    assert_text(packet.data, "hello");
    assert_int_equal(packet_read(&reader, SLICE("\0\0\0\7bhello!"), &packet, &consumed),
                     PACKET_BAD);
}

/* A body far larger than any limit, in one packet, is never kept whole. */
static void a_large_body(void **state)
{
    enum { SIZE = 5 * PACKET_MAX, PIECE = 4000 };
    static const char piece[PIECE];
    struct packet_reader reader = {.streamed = STREAMED};
    struct packet packet = {.ended = false};
    size_t got = 0, consumed;
    struct bytes head;

    (void)state;
    bytes_init(&head, 64);
    packet_put_head(&head, STREAMED, SIZE);
    assert_int_equal(packet_read(&reader, bytes_slice(&head), &packet, &consumed), PACKET_MORE);
    bytes_append_char(&head, 'x');
    assert_int_equal(packet_read(&reader, bytes_slice(&head), &packet, &consumed), PACKET_READY);
    for (got = packet.data.len; !packet.ended; got += packet.data.len) {
        struct slice input = slice_make(piece, PIECE);

        assert_int_equal(packet_read(&reader, input, &packet, &consumed), PACKET_READY);
        assert_int_equal(consumed, packet.data.len);
    }
    assert_int_equal(got, SIZE);
    assert_int_equal(reader.left, 0);
    bytes_fini(&head);
}

static void fields_taken(void **state)
{
    struct packet_fields fields = {SLICE("U\x12\x34\x80\0\0\1ab\0\0c"), false};

    (void)state;
    assert_int_equal(packet_take_byte(&fields), 'U');
    assert_int_equal(packet_take_u16(&fields), 0x1234);
    assert_int_equal(packet_take_u32(&fields), 0x80000001);
    assert_text(packet_take_string(&fields), "ab");
    assert_text(packet_take_string(&fields), "");
    assert_false(packet_fields_end(&fields));
    assert_false(fields.bad);
    assert_null(packet_take_string(&fields).ptr); /* no NUL */
    assert_true(fields.bad);
    assert_false(packet_fields_end(&fields));
}

/* One octet less than an integer has: nothing is read, and that sticks. */
static void fields_short(void **state)
{
    struct packet_fields fields;

    (void)state;
    fields = (struct packet_fields){SLICE("\1\1\1"), false};
    assert_int_equal(packet_take_u32(&fields), 0);
    assert_int_equal(packet_take_byte(&fields), 0);
    assert_true(fields.bad);
    fields = (struct packet_fields){SLICE("\1"), false};
    assert_int_equal(packet_take_u16(&fields), 0);
    assert_true(fields.bad);
    fields = (struct packet_fields){SLICE_NONE, false};
    assert_true(packet_fields_end(&fields));
    assert_int_equal(packet_take_byte(&fields), 0);
    assert_false(packet_fields_end(&fields));
}

static void strings_lose_their_nuls(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 64);
    packet_put_string(&out, SLICE("\0a\0\0b\0"));
    packet_put_string(&out, SLICE_NONE);
    packet_put_u16(&out, 0x1234);
    packet_put_u32(&out, 0x80000001);
    assert_slice(bytes_slice(&out), SLICE("ab\0\0\x12\x34\x80\0\0\1"));
    bytes_fini(&out);
}

/* A packet that does not fit leaves no trace, be it too long or the buffer too small. */
static void whole_packets_only(void **state)
{
    struct bytes out;
    size_t start;

    (void)state;
    bytes_init(&out, 20);
    bytes_append(&out, SLICE("before"));
    start = packet_begin(&out, 'h');
    bytes_append(&out, SLICE("abc"));
    assert_int_equal(packet_end(&out, start, 2), -1);
    assert_false(out.failed);
    assert_text(bytes_slice(&out), "before");
    start = packet_begin(&out, 'h');
    bytes_append(&out, SLICE("abc"));
    assert_int_equal(packet_end(&out, start, 3), 0);
    assert_slice(bytes_slice(&out), SLICE("before\0\0\0\4habc"));
    start = packet_begin(&out, 'h');
    bytes_append(&out, SLICE("abc"));
    assert_int_equal(packet_end(&out, start, 3), -1);
    assert_true(out.failed);
    assert_int_equal(out.len, 14);
    bytes_fini(&out);
}

static void chunks(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 32);
    assert_int_equal(packet_put_chunks(&out, 'B', SLICE_NONE, 3), 0);
    assert_int_equal(out.len, 0);
    assert_int_equal(packet_put_chunks(&out, 'B', SLICE("abcdefg"), 3), 0);
    assert_slice(bytes_slice(&out), SLICE("\0\0\0\4Babc\0\0\0\4Bdef\0\0\0\2Bg"));
    assert_int_equal(packet_put_chunks(&out, 'B', SLICE("abcdefg"), 3), -1);
    assert_slice(slice_from(bytes_slice(&out), 22), SLICE("\0\0\0\4Babc"));
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_in_every_cut), cmocka_unit_test(nothing_streamed),
        cmocka_unit_test(a_large_body),           cmocka_unit_test(fields_taken),
        cmocka_unit_test(fields_short),           cmocka_unit_test(strings_lose_their_nuls),
        cmocka_unit_test(whole_packets_only),     cmocka_unit_test(chunks),
    };

    return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
