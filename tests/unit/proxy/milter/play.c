#include "tests/unit/proxy/milter/play.h"

#include <stdlib.h>

#include "tests/unit/proxy/net/ground.h"

#define PLAY_BYTES_MAX (64U << 20)
#define ARGS_MAX       3
#define WINDOW_BYTES   65536 /* so that the system does not swallow what nobody reads */

/* --- what it says --- */

static void say_hex(struct bytes *out, const char *hex)
{
    for (; hex[0] != '\0' && hex[0] != '|'; hex += 2) {
        char pair[3] = {hex[0], hex[1], '\0'};

        bytes_append_char(out, (char)strtoul(pair, NULL, 16));
    }
}

static size_t split(struct slice text, struct slice args[ARGS_MAX])
{
    size_t count = 0;

    while (count < ARGS_MAX) {
        size_t at = count + 1 < ARGS_MAX ? slice_find(text, ';') : SLICE_NOT_FOUND;

        args[count++] = slice_first(text, at);
        if (at == SLICE_NOT_FOUND)
            break;
        text = slice_from(text, at + 1);
    }
    return count;
}

static uint32_t number(struct slice text)
{
    char digits[16] = "";

    assert_true(text.len < sizeof(digits));
    memcpy(digits, text.ptr, text.len);
    return (uint32_t)strtoul(digits, NULL, 10);
}

static void say_one(struct play *play, struct slice reply)
{
    struct bytes *out = &play->pending;
    struct slice args[ARGS_MAX] = {SLICE_NONE, SLICE_NONE, SLICE_NONE};
    enum packet_reply_kind kind = (enum packet_reply_kind)reply.ptr[0];

    int written = 0;

    (void)split(slice_from(reply, 2), args);
    switch (reply.ptr[0]) {
    case '#': say_hex(out, reply.ptr + 1); break;
    case 'h': written = packet_reply_header(out, kind, 0, args[0], args[1]); break;
    case 'i':
    case 'm': written = packet_reply_header(out, kind, number(args[0]), args[1], args[2]); break;
    case 'b': written = packet_reply_body(out, slice_from(reply, 2), PACKET_CHUNK_MAX); break;
    case 'B':
        written = packet_reply_body(out, play->body,
                                    play->body_cut > 0 ? play->body_cut : PACKET_STREAM_MAX - 1);
        break;
    case 'q':
    case 'y': written = packet_reply_strings(out, kind, slice_from(reply, 2), SLICE_NONE); break;
    case 'e':
    case '+':
    case '2':
    case '-': written = packet_reply_strings(out, kind, args[0], args[1]); break;
    default: written = packet_reply_plain(out, kind); break;
    }
    assert_int_equal(written, 0);
}

static void hang_up(struct play *play)
{
    connection_destroy(play->connection);
    play->connection = NULL;
}

static void flush(struct play *play)
{
    if (play->connection == NULL || play->pending.len == 0)
        return;
    if (play->drip) {
        connection_say(play->connection, slice_first(bytes_slice(&play->pending), 1));
        play->pending.len--;
        memmove(play->pending.data, play->pending.data + 1, play->pending.len);
        loop_timer_set(play->timer, 0);
    } else {
        connection_say(play->connection, bytes_slice(&play->pending));
        bytes_clear(&play->pending);
    }
    connection_flush(play->connection);
}

static void say(struct play *play, const char *text)
{
    struct slice rest = slice_str(text);
    size_t end;

    if (strcmp(text, "!") == 0) {
        hang_up(play);
        return;
    }
    while (rest.len > 0) {
        end = slice_find(rest, '|');
        say_one(play, slice_first(rest, end));
        rest = end != SLICE_NOT_FOUND ? slice_from(rest, end + 1) : SLICE_NONE;
    }
    assert_false(play->pending.failed);
    flush(play);
}

/* --- what it hears --- */

static void note(struct play *play, struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        bytes_append_char(&play->heard, s.ptr[i] == '\n' ? '_' : s.ptr[i]);
}

static void note_strings(struct play *play, struct packet_fields strings, bool pairs)
{
    for (unsigned i = 0; !packet_fields_end(&strings); i++) {
        struct slice s = packet_take_string(&strings);

        assert_non_null(s.ptr);
        if (i > 0)
            note(play, pairs && i % 2 == 1 ? SLICE("=") : SLICE(","));
        note(play, s);
    }
}

static void note_command(struct play *play, const struct packet_command *command)
{
    bytes_format(&play->heard, "%s%c", play->heard.len > 0 ? "|" : "", (char)command->kind);
    switch (command->kind) {
    case PACKET_COMMAND_CONNECT:
        bytes_format(&play->heard, ":%.*s/%c/%u/%.*s", SLICE_ARG(command->connect.host),
                     (char)command->connect.family, command->connect.port,
                     SLICE_ARG(command->connect.address));
        break;
    case PACKET_COMMAND_MACRO:
        bytes_format(&play->heard, "%c{", (char)command->target);
        note_strings(play, command->strings, true);
        note(play, SLICE("}"));
        break;
    case PACKET_COMMAND_MAIL:
    case PACKET_COMMAND_RCPT:
        note(play, SLICE(":"));
        note_strings(play, command->strings, false);
        break;
    case PACKET_COMMAND_HEADER:
        note(play, SLICE(":"));
        note(play, command->name);
        note(play, SLICE("="));
        note(play, command->value);
        break;
    case PACKET_COMMAND_HELO:
    case PACKET_COMMAND_UNKNOWN:
        note(play, SLICE(":"));
        note(play, command->value);
        break;
    case PACKET_COMMAND_BODY:
        bytes_format(&play->heard, ":%zu", command->value.len);
        bytes_append(&play->content, command->value);
        break;
    case PACKET_COMMAND_ABORT:
    case PACKET_COMMAND_BODYEOB:
    case PACKET_COMMAND_QUIT_NC:
    case PACKET_COMMAND_EOH:
    case PACKET_COMMAND_OPTNEG:
    case PACKET_COMMAND_QUIT:
    case PACKET_COMMAND_DATA: break;
    }
}

static const char *find_line(const struct play *play, char code)
{
    unsigned nth = play->counts[(unsigned char)code];

    for (const struct play_line *line = play->lines; line != NULL && line->say != NULL; line++)
        if (line->code == code && (line->nth == 0 || line->nth == nth))
            return line->say;
    return NULL;
}

static void negotiate(struct play *play, const struct packet_options *offer)
{
    const uint32_t quiet = PACKET_STEP_SKIP | PACKET_STEP_REFUSED_RECIPIENT;

    play->offer = *offer;
    if (play->answer.version == 0) {
        play->answer = *offer;
        play->answer.steps &= quiet;
    }
    assert_int_equal(packet_reply_optneg(&play->pending, &play->answer), 0);
    flush(play);
}

static bool answers(const struct play *play, enum packet_command_kind kind)
{
    return kind != PACKET_COMMAND_MACRO && kind != PACKET_COMMAND_ABORT &&
           kind != PACKET_COMMAND_QUIT && packet_options_waits(&play->answer, kind);
}

static void take(struct play *play, struct packet packet)
{
    struct packet_command command;
    const char *wrong = packet_command_parse(packet, &command);
    const char *line;

    if (wrong != NULL)
        print_error("the scripted milter heard nonsense: %s\n", wrong);
    assert_null(wrong);
    play->counts[(unsigned char)packet.code]++;
    if (command.kind != PACKET_COMMAND_MACRO || play->tell_macros)
        note_command(play, &command);
    line = find_line(play, packet.code);
    if (line != NULL)
        say(play, line);
    else if (command.kind == PACKET_COMMAND_OPTNEG)
        negotiate(play, &command.options);
    else if (answers(play, command.kind))
        say(play, "c");
}

static void on_wake(void *ctx)
{
    struct play *play = ctx;
    struct packet packet;
    size_t consumed;

    while (play->connection != NULL) {
        enum packet_result result =
            packet_read(&play->reader, connection_input(play->connection), &packet, &consumed);

        assert_true(result != PACKET_BAD);
        if (result == PACKET_MORE)
            break;
        take(play, packet);
        if (play->connection != NULL)
            connection_consume(play->connection, consumed);
    }
    if (play->connection != NULL && (connection_state(play->connection) == CONNECTION_EOF ||
                                     connection_state(play->connection) == CONNECTION_FAILED))
        hang_up(play);
}

static void on_timer(void *ctx)
{
    flush(ctx);
}

static void on_client(void *ctx)
{
    struct play *play = ctx;
    int fd = accept4(play->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    assert_true(fd >= 0);
    hang_up(play);
    bytes_clear(&play->pending);
    play->dials++;
    play->reader = (struct packet_reader){.limit_bytes = 0};
    play->connection = connection_accept(play->loop, fd, on_wake, play);
    assert_non_null(play->connection);
    connection_pause(play->connection, play->deaf);
}

/* --- its life --- */

void play_begin(struct play *play, struct loop *loop, const struct play_line *lines)
{
    const int window = WINDOW_BYTES;

    *play = (struct play){.loop = loop, .lines = lines};
    bytes_init(&play->heard, PLAY_BYTES_MAX);
    bytes_init(&play->content, PLAY_BYTES_MAX);
    bytes_init(&play->pending, PLAY_BYTES_MAX);
    assert_int_equal(address_parse(SLICE("127.0.0.1"), &play->endpoint.address), 0);
    play->listening = tcp_listen(&play->endpoint.address.port);
    assert_int_equal(setsockopt(play->listening, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window)),
                     0);
    connection_tune(play->listening, ADDRESS_V4);
    play->watch = loop_watch_create(loop, play->listening, on_client, play);
    play->timer = loop_timer_create(loop, on_timer, play);
    assert_non_null(play->watch);
    assert_non_null(play->timer);
}

void play_end(struct play *play)
{
    hang_up(play);
    loop_timer_destroy(play->timer);
    loop_watch_destroy(play->watch);
    assert_int_equal(close(play->listening), 0);
    bytes_fini(&play->heard);
    bytes_fini(&play->content);
    bytes_fini(&play->pending);
}

const char *play_heard(struct play *play)
{
    bytes_append_char(&play->heard, '\0');
    play->heard.len = 0;
    return play->heard.data;
}
