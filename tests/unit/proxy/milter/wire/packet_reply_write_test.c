/* MILTER 3: each reply as it stands on the wire. */
#include "proxy/milter/wire/packet_reply.h"

#include "tests/unit/proxy/milter/wire/wire.h"

static void plain(void **state)
{
    static const char codes[] = {'c', 'a', 'r', 't', 'd', '4', 'f', 's', 'p'};
    struct bytes *out = (struct bytes *)*state;

    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        char wire[] = "\0\0\0\1?";

        wire[4] = codes[i];
        assert_int_equal(packet_reply_plain(out, (enum packet_reply_kind)codes[i]), 0);
        assert_slice(wire_take(out), slice_make(wire, 5));
    }
}

static void optneg(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    struct packet_options answer = {.version = 6, .actions = 0x101, .steps = 0x80};

    answer.symbols.given = 1U << PACKET_STAGE_RCPT;
    answer.symbols.lists[PACKET_STAGE_RCPT] = SLICE("{rcpt_addr}");
    assert_int_equal(packet_reply_optneg(out, &answer), 0);
    assert_slice(wire_take(out),
                 SLICE("\0\0\0\x1dO\0\0\0\6\0\0\1\1\0\0\0\x80\0\0\0\3{rcpt_addr}\0"));
}

static void headers(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    struct slice name = SLICE("X"), value = SLICE("a\n b");

    assert_int_equal(packet_reply_header(out, PACKET_REPLY_ADD_HEADER, 7, name, value), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x08hX\0a\n b\0"));
    assert_int_equal(packet_reply_header(out, PACKET_REPLY_INSERT_HEADER, 7, name, value), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x0ci\0\0\0\7X\0a\n b\0"));
    assert_int_equal(packet_reply_header(out, PACKET_REPLY_CHANGE_HEADER, 1, name, SLICE_NONE), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x08m\0\0\0\1X\0\0"));
}

static void strings(void **state)
{
    struct bytes *out = (struct bytes *)*state;

    assert_int_equal(packet_reply_strings(out, PACKET_REPLY_REPLYCODE, SLICE("550 no"), SLICE_NONE),
                     0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x08y550 no\0"));
    assert_int_equal(
        packet_reply_strings(out, PACKET_REPLY_CHANGE_SENDER, SLICE("<>"), SLICE("RET=HDRS")), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x0d"
                                       "e<>\0RET=HDRS\0"));
}

/* In chunks, and in one packet as rspamd sends it. */
static void body(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    static const char content[PACKET_CHUNK_MAX + 1];

    assert_int_equal(packet_reply_body(out, SLICE_NONE, PACKET_CHUNK_MAX), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\1b"));
    assert_int_equal(packet_reply_body(out, slice_make(content, sizeof(content)), PACKET_CHUNK_MAX),
                     0);
    assert_slice(slice_from(bytes_slice(out), 65540), SLICE("\0\0\0\2b\0"));
    assert_slice(slice_first(wire_take(out), 5), SLICE("\0\1\0\0b"));
    assert_int_equal(packet_reply_body(out, slice_make(content, sizeof(content)), SIZE_MAX), 0);
    assert_slice(slice_first(bytes_slice(out), 5), SLICE("\0\1\0\1b"));
    assert_int_equal(wire_take(out).len, PACKET_HEAD_BYTES + sizeof(content));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),   cmocka_unit_test(optneg), cmocka_unit_test(headers),
        cmocka_unit_test(strings), cmocka_unit_test(body),
    };

    return cmocka_run_group_tests_name("packet_reply_write", tests, wire_begin, wire_end);
}
