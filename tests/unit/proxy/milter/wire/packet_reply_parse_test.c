/* PROTOCOL ML02, ML04: what a milter says, well-formed or not. */
#include "proxy/milter/wire/packet_reply.h"

#include "tests/unit/proxy/milter/wire/wire.h"

/* ${want}: index, name, value, parameters and list of macros as understood; NULL: refused.
 * ${cut}: the length of the data at which it is a reply, too, when the rest is cut off; 0: none. */
static const struct {
    char code;
    struct slice data;
    const char *want;
    size_t cut;
} rows[] = {
    {'c', SLICE_INIT(""), "0||||", 0},
    {'a', SLICE_INIT(""), "0||||", 0},
    {'r', SLICE_INIT(""), "0||||", 0},
    {'t', SLICE_INIT(""), "0||||", 0},
    {'d', SLICE_INIT(""), "0||||", 0},
    {'4', SLICE_INIT(""), "0||||", 0},
    {'f', SLICE_INIT(""), "0||||", 0},
    {'s', SLICE_INIT(""), "0||||", 0},
    {'p', SLICE_INIT(""), "0||||", 0},
    {'y', SLICE_INIT("550 5.7.1 no\0"), "0||550 5.7.1 no||", 0},
    {'y', SLICE_INIT("\0"), "0||||", 0},
    {'q', SLICE_INIT("why\r\nnot\0"), "0||why\r\nnot||", 0},
    {'h', SLICE_INIT("X-A\0 b\n c\0"), "0|X-A| b\n c||", 0},
    {'h', SLICE_INIT("X-A\0\0"), "0|X-A|||", 0},
    {'i', SLICE_INIT("\0\0\0\1X-A\0b\0"), "1|X-A|b||", 0},
    {'i', SLICE_INIT("\0\0\0\0X-A\0b\0"), "0|X-A|b||", 0},
    {'m', SLICE_INIT("\xff\xff\xff\xffX-A\0b\0"), "4294967295|X-A|b||", 0},
    {'m', SLICE_INIT("\0\0\0\2X-A\0\0"), "2|X-A|||", 0},
    {'+', SLICE_INIT("<a@b.test>\0"), "0||<a@b.test>||", 0},
    {'+', SLICE_INIT("gr\xc3\xbc\xc3\x9f@b.test\0"), "0||gr\xc3\xbc\xc3\x9f@b.test||", 0},
    {'-', SLICE_INIT("<a@b.test>\0"), "0||<a@b.test>||", 0},
    {'2', SLICE_INIT("<a@b>\0"), "0||<a@b>||", 0},
    {'2', SLICE_INIT("<a@b>\0NOTIFY=NEVER\0"), "0||<a@b>|NOTIFY=NEVER|", 6},
    {'e', SLICE_INIT("<>\0"), "0||<>||", 0},
    {'e', SLICE_INIT("<a@b>\0RET=HDRS ENVID=x\0"), "0||<a@b>|RET=HDRS ENVID=x|", 6},
    {'O', SLICE_INIT("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"), "0||||", 0},
    {'O', SLICE_INIT("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff\0\0\0\0{j}\0"), "0||||{j}", 12},
};

static const struct {
    char code;
    struct slice data;
} refused[] = {
    {'?', SLICE_INIT("")},
    {'\0', SLICE_INIT("")},
    {'l', SLICE_INIT("\0\0\0\0j\0")}, /* SETSYMLIST is part of OPTNEG */
    {'C', SLICE_INIT("")},
    {'c', SLICE_INIT("\0")},
    {'h', SLICE_INIT("\0b\0")},
    {'h', SLICE_INIT("X A\0b\0")},
    {'h', SLICE_INIT("X:\0b\0")},
    {'h', SLICE_INIT("X\r\nY\0b\0")},
    {'h', SLICE_INIT("X\xc3\xbc\0b\0")},
    {'i', SLICE_INIT("\0\0\0\1X:\0b\0")},
    {'m', SLICE_INIT("\0\0\0\1\0\0")},
    {'m', SLICE_INIT("\0\0\1X\0b\0")}, /* the index one octet short */
    {'+', SLICE_INIT("<a@b>\r\nDATA\0")},
    {'+', SLICE_INIT("<a\x7f@b>\0")},
    {'-', SLICE_INIT("<a@b>\0x\0")},
    {'e', SLICE_INIT("<a@b>\0RET=FULL\r\n\0")},
    {'e', SLICE_INIT("<a@b>\0RET=FULL\0x\0")},
    {'y', SLICE_INIT("550 a\0b\0")},
    {'O', SLICE_INIT("\0\0\0\6")},
};

static void spell(struct bytes *text, const struct packet_reply *reply)
{
    struct slice parts[] = {reply->name, reply->value, reply->parameters,
                            reply->options.symbols.lists[PACKET_STAGE_CONNECT]};

    bytes_clear(text);
    bytes_format(text, "%u", (unsigned)reply->index);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        bytes_append_char(text, '|');
        bytes_append(text, parts[i]);
    }
}

static void every_row(void **state)
{
    struct packet_reply reply;
    struct guard guard;
    struct bytes text;

    (void)state;
    guard_init(&guard, 128);
    bytes_init(&text, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct packet packet = {rows[i].code, true, guard_copy(&guard, rows[i].data)};

        assert_input(packet_reply_parse(packet, &reply) == NULL, rows[i].data, i);
        assert_int_equal(reply.kind, rows[i].code);
        spell(&text, &reply);
        assert_row_slice(bytes_slice(&text), slice_str(rows[i].want), rows[i].want, i);
    }
    bytes_fini(&text);
    guard_fini(&guard);
}

static bool parses(struct packet packet)
{
    struct packet_reply reply;

    return packet_reply_parse(packet, &reply) == NULL;
}

static void refusals(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct packet packet = {refused[i].code, true, guard_copy(&guard, refused[i].data)};

        assert_input(!parses(packet), refused[i].data, i);
    }
    guard_fini(&guard);
}

/* Missing and left-over bytes, of each reply. */
static void cut_and_padded(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        wire_cut_and_padded((struct packet){rows[i].code, true, rows[i].data}, parses,
                            rows[i].cut > 0 ? UINT64_C(1) << rows[i].cut : 0, false);
}

static void bodies(void **state)
{
    struct packet_reply reply;

    (void)state;
    assert_null(packet_reply_parse((struct packet){'b', true, SLICE_NONE}, &reply));
    assert_int_equal(reply.value.len, 0);
    assert_null(packet_reply_parse((struct packet){'b', false, SLICE("a\0\nb")}, &reply));
    assert_int_equal(reply.kind, PACKET_REPLY_REPLACE_BODY);
    assert_slice(reply.value, SLICE("a\0\nb"));
}

static void actions(void **state)
{
    static const struct {
        struct slice codes;
        uint32_t action;
    } needed[] = {
        {SLICE_INIT("cardty4fspO"), 0},
        {SLICE_INIT("hi"), PACKET_ACTION_ADD_HEADERS},
        {SLICE_INIT("b"), PACKET_ACTION_REPLACE_BODY},
        {SLICE_INIT("+"), PACKET_ACTION_ADD_RECIPIENTS},
        {SLICE_INIT("-"), PACKET_ACTION_REMOVE_RECIPIENTS},
        {SLICE_INIT("m"), PACKET_ACTION_CHANGE_HEADERS},
        {SLICE_INIT("q"), PACKET_ACTION_QUARANTINE},
        {SLICE_INIT("e"), PACKET_ACTION_CHANGE_SENDER},
        {SLICE_INIT("2"), PACKET_ACTION_ADD_RECIPIENTS_PARAMS},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        for (size_t code = 0; code < needed[i].codes.len; code++) {
            enum packet_reply_kind kind = (enum packet_reply_kind)needed[i].codes.ptr[code];

            assert_input(packet_reply_action(kind) == needed[i].action, needed[i].codes, code);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row), cmocka_unit_test(refusals), cmocka_unit_test(cut_and_padded),
        cmocka_unit_test(bodies),    cmocka_unit_test(actions),
    };

    return cmocka_run_group_tests_name("packet_reply_parse", tests, NULL, NULL);
}
