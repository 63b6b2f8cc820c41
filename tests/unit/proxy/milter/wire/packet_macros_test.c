/* MILTER 6: which macros go to a milter with which command. */
#include "proxy/milter/wire/packet_macros.h"

#include "tests/unit/support.h"

#define STYLE_COUNT 2

#define TLS "tls_version cipher cipher_bits cert_subject cert_issuer "

/* Names without braces, as macros_next hands them out: of Postfix, then of Sendmail. */
static const struct {
    enum packet_command_kind command;
    const char *names[STYLE_COUNT];
} rows[] = {
    {PACKET_COMMAND_CONNECT,
     {"j daemon_name daemon_addr v _ ", "j _ daemon_name if_name if_addr "}},
    {PACKET_COMMAND_HELO, {TLS, TLS}},
    {PACKET_COMMAND_MAIL,
     {"i auth_type auth_authen auth_author mail_addr mail_host mail_mailer ",
      "i auth_type auth_authen auth_ssf auth_author mail_mailer mail_host mail_addr "}},
    {PACKET_COMMAND_RCPT,
     {"i rcpt_addr rcpt_host rcpt_mailer ", "rcpt_mailer rcpt_host rcpt_addr "}},
    {PACKET_COMMAND_DATA, {"i ", ""}},
    {PACKET_COMMAND_HEADER, {"i ", ""}},
    {PACKET_COMMAND_EOH, {"i ", ""}},
    {PACKET_COMMAND_BODY, {"i ", "msg_id "}},
    {PACKET_COMMAND_BODYEOB, {"i ", "msg_id "}},
    {PACKET_COMMAND_UNKNOWN, {"", ""}},
    {PACKET_COMMAND_ABORT, {"", ""}},
    {PACKET_COMMAND_QUIT, {"", ""}},
    {PACKET_COMMAND_QUIT_NC, {"", ""}},
    {PACKET_COMMAND_OPTNEG, {"", ""}},
    {PACKET_COMMAND_MACRO, {"", ""}},
};

/* Each name of ${list} and a blank. */
static void spell(struct slice list, struct bytes *out)
{
    struct slice name;

    bytes_clear(out);
    while (packet_macros_next(&list, &name)) {
        bytes_append(out, name);
        bytes_append_char(out, ' ');
    }
}

static void defaults(void **state)
{
    static const enum packet_macros_style styles[STYLE_COUNT] = {PACKET_MACROS_POSTFIX,
                                                                 PACKET_MACROS_SENDMAIL};
    struct packet_symbols symbols = {.given = 0};
    struct bytes text;

    (void)state;
    bytes_init(&text, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t style = 0; style < STYLE_COUNT; style++) {
            spell(packet_macros_wanted(styles[style], &symbols, rows[i].command), &text);
            assert_row_slice(bytes_slice(&text), slice_str(rows[i].names[style]),
                             rows[i].names[style], i);
        }
    bytes_fini(&text);
}

/* A milter's list replaces ours for its stage, an empty one too, and no other. */
static void asked_for(void **state)
{
    struct packet_symbols symbols = {
        .given = 1U << PACKET_STAGE_EOM | 1U << PACKET_STAGE_MAIL,
        .lists = {[PACKET_STAGE_EOM] = SLICE_INIT("{x} y")},
    };
    const enum packet_macros_style style = PACKET_MACROS_POSTFIX;

    (void)state;
    assert_text(packet_macros_wanted(style, &symbols, PACKET_COMMAND_BODYEOB), "{x} y");
    assert_text(packet_macros_wanted(style, &symbols, PACKET_COMMAND_BODY), "{x} y");
    assert_text(packet_macros_wanted(style, &symbols, PACKET_COMMAND_MAIL), "");
    assert_text(packet_macros_wanted(style, &symbols, PACKET_COMMAND_DATA), "i");
    assert_text(packet_macros_wanted(style, &symbols, PACKET_COMMAND_UNKNOWN), "");
}

static void names(void **state)
{
    static const struct {
        struct slice list;
        const char *names;
    } lists[] = {
        {SLICE_INIT(""), ""},
        {SLICE_INIT("  "), ""},
        {SLICE_INIT("i"), "i "},
        {SLICE_INIT("{i}"), "i "},
        {SLICE_INIT(" j\t{daemon_name}, v ,\r\n_ "), "j daemon_name v _ "},
        {SLICE_INIT("{} { } {x x} daemon_name"), "{} { } {x x} daemon_name "},
    };
    struct bytes text;

    (void)state;
    bytes_init(&text, 256);
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        spell(lists[i].list, &text);
        assert_row_slice(bytes_slice(&text), slice_str(lists[i].names), lists[i].names, i);
    }
    bytes_fini(&text);
}

static void lists_kept(void **state)
{
    char many[3 * (PACKET_MACROS_MAX + 1)];
    struct packet_symbols symbols = {.given = 1U << PACKET_STAGE_HELO | 1U << PACKET_STAGE_EOH};
    struct arena arena;

    (void)state;
    for (size_t i = 0; i < sizeof(many); i++)
        many[i] = " ab"[i % 3];
    symbols.lists[PACKET_STAGE_HELO] = slice_make(many, sizeof(many));
    symbols.lists[PACKET_STAGE_CONNECT] = SLICE("not given");
    arena_init(&arena, 256, 1024);
    assert_int_equal(packet_macros_keep(&symbols, &arena), 0);
    assert_slice(symbols.lists[PACKET_STAGE_HELO],
                 slice_make(many, sizeof(many) - 3)); /* one name too many */
    assert_true(symbols.lists[PACKET_STAGE_HELO].ptr != many);
    assert_text(symbols.lists[PACKET_STAGE_EOH], "");
    arena_fini(&arena);
    symbols.lists[PACKET_STAGE_HELO] = slice_make(many, sizeof(many));
    arena_init(&arena, 64, 64);
    assert_int_equal(packet_macros_keep(&symbols, &arena), -1);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(asked_for),
        cmocka_unit_test(names),
        cmocka_unit_test(lists_kept),
    };

    return cmocka_run_group_tests_name("packet_macros", tests, NULL, NULL);
}
