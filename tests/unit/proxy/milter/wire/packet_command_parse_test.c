/* PROTOCOL ML09: what an MTA says, well-formed or not. */
#include "proxy/milter/wire/packet_command.h"

#include "tests/unit/proxy/milter/wire/wire.h"

/* ${want}: what was understood, or NULL when the data are refused. ${cuts}: lengths of the data
 * that are a command too when the rest is cut off, as one bit each. */
static const struct {
    char code;
    struct slice data;
    const char *want;
    uint64_t cuts;
} rows[] = {
    {'A', SLICE_INIT(""), "abort", 0},
    {'E', SLICE_INIT(""), "end ()", 0},
    {'E', SLICE_INIT("ab\0"), "end (ab~)", 0x7},
    {'B', SLICE_INIT("a\r\n\0"), "body (a\r\n~)", 0xF},
    {'K', SLICE_INIT(""), "quit, another follows", 0},
    {'N', SLICE_INIT(""), "eoh", 0},
    {'Q', SLICE_INIT(""), "quit", 0},
    {'T', SLICE_INIT(""), "data", 0},
    {'H', SLICE_INIT("mail.example\0"), "helo (mail.example)", 0},
    {'H', SLICE_INIT("\0"), "helo ()", 0},
    {'U', SLICE_INIT("FROB x\0"), "unknown (FROB x)", 0},
    {'L', SLICE_INIT("Subject\0 a\n b\0"), "header (Subject)( a\n b)", 0},
    {'L', SLICE_INIT("X\0\0"), "header (X)()", 0},
    {'M', SLICE_INIT("<a@b>\0SIZE=1\0"), "mail (<a@b>)(SIZE=1)", 1 << 6},
    {'R', SLICE_INIT("<>\0"), "rcpt (<>)", 0},
    {'C', SLICE_INIT("h\0U"), "connect (h) U 0 ()", 0},
    {'C',
     SLICE_INIT("h\0004\x12\x67"
                "192.0.2.7\0"),
     "connect (h) 4 4711 (192.0.2.7)", 0},
    {'C', SLICE_INIT("h\0006\0\x19::1\0"), "connect (h) 6 25 (::1)", 0},
    {'C', SLICE_INIT("h\0L\0\0/run/s\0"), "connect (h) L 0 (/run/s)", 0},
    {'D', SLICE_INIT("C"), "macros C ", 0},
    {'D', SLICE_INIT("Mi\0x\0{mail_addr}\0a@b\0"), "macros M (i)(x)({mail_addr})(a@b)",
     1 << 5 | 1 << 1},
    {'O', SLICE_INIT("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"), "options 6 1ff 1fffff", 0},

    {'B', SLICE_INIT(""), "body ()", 0},
    {'?', SLICE_INIT(""), NULL, 0},
    {'\0', SLICE_INIT(""), NULL, 0},
    {'a', SLICE_INIT(""), NULL, 0},
    {'l', SLICE_INIT(""), NULL, 0},
    {'M', SLICE_INIT(""), NULL, 0},
    {'R', SLICE_INIT(""), NULL, 0},
    {'D', SLICE_INIT(""), NULL, 0},
    {'D', SLICE_INIT("?i\0x\0"), NULL, 0},
    {'D', SLICE_INIT("Mi\0"), NULL, 0},
    {'C', SLICE_INIT("h\0X\0\0/run/s\0"), NULL, 0},
    {'C', SLICE_INIT("h\0U\0\0"), NULL, 0},
    {'L', SLICE_INIT("Subject\0"), NULL, 0},
};

static void add_string(struct bytes *text, struct slice s)
{
    bytes_append_char(text, '(');
    for (size_t i = 0; i < s.len; i++)
        bytes_append_char(text, s.ptr[i] != '\0' ? s.ptr[i] : '~');
    bytes_append_char(text, ')');
}

static void add_strings(struct bytes *text, struct packet_fields strings)
{
    while (!packet_fields_end(&strings)) {
        assert_false(strings.bad);
        add_string(text, packet_take_string(&strings));
    }
}

static void add_connect(struct bytes *text, const struct packet_connect *connect)
{
    bytes_append(text, SLICE("connect "));
    add_string(text, connect->host);
    bytes_format(text, " %c %u ", (char)connect->family, (unsigned)connect->port);
    add_string(text, connect->address);
}

static void add_values(struct bytes *text, const char *what, const struct packet_command *command)
{
    bytes_format(text, "%s ", what);
    if (command->kind == PACKET_COMMAND_HEADER)
        add_string(text, command->name);
    add_string(text, command->value);
}

static void spell(struct bytes *text, const struct packet_command *command)
{
    switch (command->kind) {
    case PACKET_COMMAND_ABORT: bytes_append(text, SLICE("abort")); return;
    case PACKET_COMMAND_BODY: add_values(text, "body", command); return;
    case PACKET_COMMAND_CONNECT: add_connect(text, &command->connect); return;
    case PACKET_COMMAND_MACRO:
        bytes_format(text, "macros %c ", (char)command->target);
        add_strings(text, command->strings);
        return;
    case PACKET_COMMAND_BODYEOB: add_values(text, "end", command); return;
    case PACKET_COMMAND_HELO: add_values(text, "helo", command); return;
    case PACKET_COMMAND_QUIT_NC: bytes_append(text, SLICE("quit, another follows")); return;
    case PACKET_COMMAND_HEADER: add_values(text, "header", command); return;
    case PACKET_COMMAND_MAIL:
    case PACKET_COMMAND_RCPT:
        bytes_append(text, command->kind == PACKET_COMMAND_MAIL ? SLICE("mail ") : SLICE("rcpt "));
        add_strings(text, command->strings);
        return;
    case PACKET_COMMAND_EOH: bytes_append(text, SLICE("eoh")); return;
    case PACKET_COMMAND_OPTNEG:
        bytes_format(text, "options %x %x %x", (unsigned)command->options.version,
                     (unsigned)command->options.actions, (unsigned)command->options.steps);
        return;
    case PACKET_COMMAND_QUIT: bytes_append(text, SLICE("quit")); return;
    case PACKET_COMMAND_DATA: bytes_append(text, SLICE("data")); return;
    case PACKET_COMMAND_UNKNOWN: add_values(text, "unknown", command); return;
    }
}

static void every_row(void **state)
{
    struct packet_command command;
    struct guard guard;
    struct bytes text;

    (void)state;
    guard_init(&guard, 128);
    bytes_init(&text, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct packet packet = {rows[i].code, true, guard_copy(&guard, rows[i].data)};
        const char *wrong = packet_command_parse(packet, &command);

        assert_input((wrong == NULL) == (rows[i].want != NULL), rows[i].data, i);
        if (wrong != NULL)
            continue;
        bytes_clear(&text);
        spell(&text, &command);
        assert_row_slice(bytes_slice(&text), slice_str(rows[i].want), rows[i].want, i);
    }
    bytes_fini(&text);
    guard_fini(&guard);
}

static bool parses(struct packet packet)
{
    struct packet_command command;

    return packet_command_parse(packet, &command) == NULL;
}

static void cut_and_padded(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows) && rows[i].want != NULL; i++) {
        bool any = rows[i].code == 'B' || rows[i].code == 'E';

        wire_cut_and_padded((struct packet){rows[i].code, true, rows[i].data}, parses, rows[i].cuts,
                            any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(cut_and_padded),
    };

    return cmocka_run_group_tests_name("packet_command_parse", tests, NULL, NULL);
}
