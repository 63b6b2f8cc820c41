/* MILTER 2: each command as it stands on the wire. */
#include "proxy/milter/wire/packet_command.h"

#include "tests/unit/proxy/milter/wire/wire.h"

static void plain(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    static const struct {
        enum packet_command_kind kind;
        char code;
    } rows[] = {
        {PACKET_COMMAND_DATA, 'T'},  {PACKET_COMMAND_EOH, 'N'},  {PACKET_COMMAND_BODYEOB, 'E'},
        {PACKET_COMMAND_ABORT, 'A'}, {PACKET_COMMAND_QUIT, 'Q'}, {PACKET_COMMAND_QUIT_NC, 'K'},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char wire[] = "\0\0\0\1?";

        wire[4] = rows[i].code;
        assert_int_equal(packet_command_plain(out, rows[i].kind), 0);
        assert_slice(wire_take(out), slice_make(wire, 5));
    }
}

static void optneg(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    struct packet_options offer = packet_options_offer(6);

    offer.symbols.given = 1; /* no MTA says which macros it has */
    assert_int_equal(packet_command_optneg(out, &offer), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x0dO\0\0\0\6\0\0\1\xff\x30\x1f\xff\xff"));
    offer = packet_options_offer(2);
    assert_int_equal(packet_command_optneg(out, &offer), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x0dO\0\0\0\2\0\0\0\x3f\0\0\0\x7f"));
}

static void macros(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    const struct packet_macro list[] = {
        {SLICE("i"), SLICE("4711")},
        {SLICE("mail_addr"), SLICE("a\0@b")},
        {SLICE("_"), SLICE("")},
    };
    const struct packet_macro two_letters = {SLICE("ab"), SLICE("c")};

    assert_int_equal(packet_command_macros(out, PACKET_COMMAND_MAIL, list, COUNT_OF(list)), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x1c"
                                       "DMi\0"
                                       "4711\0{mail_addr}\0a@b\0_\0\0"));
    assert_int_equal(packet_command_macros(out, PACKET_COMMAND_HELO, &two_letters, 1), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x09"
                                       "DH{ab}\0c\0"));
    assert_int_equal(packet_command_macros(out, PACKET_COMMAND_HELO, NULL, 0), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\2DH"));
}

static void connect(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    const struct packet_connect v4 = {SLICE("mail.example"), PACKET_FAMILY_V4, 4711,
                                      SLICE("192.0.2.7")};
    const struct packet_connect v6 = {SLICE("[2001:db8::7]"), PACKET_FAMILY_V6, 25,
                                      SLICE("2001:db8::7")};
    const struct packet_connect local = {SLICE("localhost"), PACKET_FAMILY_UNIX, 0,
                                         SLICE("/run/s")};
    const struct packet_connect nobody = {SLICE("unknown"), PACKET_FAMILY_UNKNOWN, 25,
                                          SLICE("ignored")};

    assert_int_equal(packet_command_connect(out, &v4), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x1b"
                                       "Cmail.example\0"
                                       "4\x12\x67"
                                       "192.0.2.7\0"));
    assert_int_equal(packet_command_connect(out, &v6), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x1e"
                                       "C[2001:db8::7]\0"
                                       "6\0\x19"
                                       "2001:db8::7\0"));
    assert_int_equal(packet_command_connect(out, &local), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x15"
                                       "Clocalhost\0L\0\0/run/s\0"));
    assert_int_equal(packet_command_connect(out, &nobody), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x0a"
                                       "Cunknown\0U"));
}

static void strings(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    const struct slice helo[] = {SLICE("mail.example")};
    const struct slice mail[] = {SLICE("<a@b.test>"), SLICE("SIZE=10"), SLICE("BODY=8BITMIME")};
    const struct slice rcpt[] = {SLICE("<>")};
    const struct slice unknown[] = {SLICE("FROB \0x")};

    assert_int_equal(packet_command_strings(out, PACKET_COMMAND_HELO, helo, 1), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x0eHmail.example\0"));
    assert_int_equal(packet_command_strings(out, PACKET_COMMAND_MAIL, mail, 3), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x22M<a@b.test>\0SIZE=10\0BODY=8BITMIME\0"));
    assert_int_equal(packet_command_strings(out, PACKET_COMMAND_RCPT, rcpt, 1), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\4R<>\0"));
    assert_int_equal(packet_command_strings(out, PACKET_COMMAND_UNKNOWN, unknown, 1), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x08UFROB x\0"));
}

static void header(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    struct packet_options options = {.steps = 0};

    assert_int_equal(packet_command_header(out, SLICE("Subject"), SLICE(" a\r\n b\r\n"), &options),
                     0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x0eLSubject\0a\n b\0"));
    options.steps = PACKET_STEP_LEADING_SPACE;
    assert_int_equal(packet_command_header(out, SLICE("Subject"), SLICE(" a\r\n b\r\n"), &options),
                     0);
    assert_slice(wire_take(out), SLICE("\0\0\0\x0fLSubject\0 a\n b\0"));
    assert_int_equal(packet_command_header(out, SLICE("X"), SLICE_NONE, &options), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\4LX\0\0"));
}

/* libmilter hangs up on longer data, so they are not sent; more may have been negotiated. */
static void header_limits(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    static char value[PACKET_DATA_MAX - 3 + 1]; /* "X", two NULs, and one too many */
    struct packet_options options = {.steps = 0};

    memset(value, 'v', sizeof(value));
    assert_int_equal(
        packet_command_header(out, SLICE("X"), slice_make(value, sizeof(value) - 1), &options), 0);
    assert_int_equal(wire_take(out).len, PACKET_HEAD_BYTES + PACKET_DATA_MAX);
    assert_int_equal(
        packet_command_header(out, SLICE("X"), slice_make(value, sizeof(value)), &options), -1);
    assert_false(out->failed);
    assert_int_equal(out->len, 0);
    options.steps = PACKET_STEP_DATA_256K;
    assert_int_equal(
        packet_command_header(out, SLICE("X"), slice_make(value, sizeof(value)), &options), 0);
    assert_int_equal(wire_take(out).len, PACKET_HEAD_BYTES + PACKET_DATA_MAX + 1);
}

static void body(void **state)
{
    struct bytes *out = (struct bytes *)*state;
    static const char content[2 * PACKET_CHUNK_MAX + 1];
    struct slice wire;

    assert_int_equal(packet_command_body(out, SLICE_NONE), 0);
    assert_int_equal(out->len, 0);
    assert_int_equal(packet_command_body(out, SLICE("a\r\n\0b")), 0);
    assert_slice(wire_take(out), SLICE("\0\0\0\6Ba\r\n\0b"));
    assert_int_equal(packet_command_body(out, slice_make(content, sizeof(content))), 0);
    wire = wire_take(out);
    assert_int_equal(wire.len, sizeof(content) + 3 * PACKET_HEAD_BYTES);
    assert_slice(slice_first(wire, 5), SLICE("\0\1\0\0B"));
    assert_slice(slice_first(slice_from(wire, 65540), 5), SLICE("\0\1\0\0B"));
    assert_slice(slice_from(wire, 2 * 65540), SLICE("\0\0\0\2B\0"));
}

static void no_room(void **state)
{
    static const struct slice text = SLICE_INIT("a long name of a host");
    const struct packet_macro macro = {text, text};
    const struct packet_connect client = {text, PACKET_FAMILY_V4, 1, text};
    const struct packet_options options = packet_options_offer(6);
    struct bytes small;

    (void)state;
    for (size_t room = 0; room < 12; room++) {
        bytes_init(&small, room);
        assert_int_equal(packet_command_optneg(&small, &options), -1);
        assert_int_equal(packet_command_macros(&small, PACKET_COMMAND_HELO, &macro, 1), -1);
        assert_int_equal(packet_command_connect(&small, &client), -1);
        assert_int_equal(packet_command_strings(&small, PACKET_COMMAND_HELO, &text, 1), -1);
        assert_int_equal(packet_command_header(&small, text, text, &options), -1);
        assert_int_equal(small.len, 0);
        bytes_fini(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),         cmocka_unit_test(optneg),  cmocka_unit_test(macros),
        cmocka_unit_test(connect),       cmocka_unit_test(strings), cmocka_unit_test(header),
        cmocka_unit_test(header_limits), cmocka_unit_test(body),    cmocka_unit_test(no_room),
    };

    return cmocka_run_group_tests_name("packet_command_write", tests, wire_begin, wire_end);
}
