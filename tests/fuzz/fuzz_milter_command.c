/* fuzz_milter_command: what an MTA says to a milter. Whatever is taken for a command can be written
 * again by our own writers and means the same. */
#include <assert.h>

#include "proxy/milter/wire/packet_command.h"
#include "proxy/milter/wire/packet_macros.h"
#include "tests/fuzz/milter_stream.h"

#define OUT_BYTES   (2 * PACKET_MAX)
#define STRINGS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first strings of ${fields}, at most STRINGS_MAX. */
static size_t take_strings(struct packet_fields fields, struct slice *strings)
{
    size_t count = 0;

    while (count < STRINGS_MAX && !packet_fields_end(&fields)) {
        strings[count++] = packet_take_string(&fields);
        assert(!fields.bad);
    }
    return count;
}

static int write_macros(struct bytes *out, const struct packet_command *command)
{
    struct packet_macro macros[STRINGS_MAX / 2];
    struct slice strings[STRINGS_MAX];
    size_t count = take_strings(command->strings, strings) / 2;

    for (size_t i = 0; i < count; i++)
        macros[i] = (struct packet_macro){packet_macros_bare(strings[2 * i]), strings[2 * i + 1]};
    return packet_command_macros(out, command->target, macros, count);
}

static int write_strings(struct bytes *out, const struct packet_command *command)
{
    struct slice strings[STRINGS_MAX] = {command->value};
    size_t count = 1;

    if (command->kind == PACKET_COMMAND_MAIL || command->kind == PACKET_COMMAND_RCPT)
        count = take_strings(command->strings, strings);
    return packet_command_strings(out, command->kind, strings, count);
}

/* Writes ${command} as an MTA would. -1 also for what no MTA of ours sends: too much data. */
static int write_command(struct bytes *out, const struct packet_command *command)
{
    const struct packet_options large = {.steps = (uint32_t)PACKET_STEP_DATA_1M |
                                                  (uint32_t)PACKET_STEP_LEADING_SPACE};

    switch (command->kind) {
    case PACKET_COMMAND_MACRO: return write_macros(out, command);
    case PACKET_COMMAND_CONNECT: return packet_command_connect(out, &command->connect);
    case PACKET_COMMAND_HELO:
    case PACKET_COMMAND_UNKNOWN:
    case PACKET_COMMAND_MAIL:
    case PACKET_COMMAND_RCPT: return write_strings(out, command);
    case PACKET_COMMAND_HEADER:
        return packet_command_header(out, command->name, command->value, &large);
    case PACKET_COMMAND_OPTNEG: return packet_command_optneg(out, &command->options);
    case PACKET_COMMAND_BODY:
        return packet_command_body(out, slice_first(command->value, PACKET_CHUNK_MAX));
    case PACKET_COMMAND_BODYEOB:
    case PACKET_COMMAND_ABORT:
    case PACKET_COMMAND_QUIT:
    case PACKET_COMMAND_QUIT_NC:
    case PACKET_COMMAND_EOH:
    case PACKET_COMMAND_DATA: return packet_command_plain(out, command->kind);
    }
    return -1;
}

/* The strings of both, names of macros without braces. */
static void check_strings(const struct packet_command *a, const struct packet_command *b)
{
    struct slice ours[STRINGS_MAX], theirs[STRINGS_MAX];
    size_t count = take_strings(a->strings, ours);
    bool macros = a->kind == PACKET_COMMAND_MACRO;

    assert(take_strings(b->strings, theirs) == count && a->target == b->target);
    for (size_t i = 0; i < count; i++) {
        bool name = macros && i % 2 == 0;

        assert(slice_equal(name ? packet_macros_bare(ours[i]) : ours[i],
                           name ? packet_macros_bare(theirs[i]) : theirs[i]));
    }
}

/* A header's value loses CRs and a LF at its end when it is sent on. */
static bool value_stays(const struct packet_command *command)
{
    struct slice value = command->value;

    if (command->kind != PACKET_COMMAND_HEADER)
        return command->kind != PACKET_COMMAND_BODYEOB && value.len <= PACKET_CHUNK_MAX;
    return slice_find(value, '\r') == SLICE_NOT_FOUND &&
           (value.len == 0 || value.ptr[value.len - 1] != '\n');
}

static void check_same(const struct packet_command *a, const struct packet_command *b)
{
    assert(a->kind == b->kind && slice_equal(a->name, b->name));
    assert(!value_stays(a) || slice_equal(a->value, b->value));
    assert(a->connect.family == b->connect.family && a->connect.port == b->connect.port);
    assert(slice_equal(a->connect.host, b->connect.host));
    assert(slice_equal(a->connect.address, b->connect.address));
    assert(a->options.version == b->options.version && a->options.steps == b->options.steps);
    assert(a->options.actions == b->options.actions);
    check_strings(a, b);
}

static void judge(struct packet packet)
{
    struct packet_reader reader = {.limit_bytes = PACKET_MAX};
    struct packet_command command, again;
    struct bytes out;
    size_t consumed;

    if (packet_command_parse(packet, &command) != NULL)
        return;
    bytes_init(&out, OUT_BYTES);
    if (write_command(&out, &command) == 0 && out.len > 0) {
        assert(packet_read(&reader, bytes_slice(&out), &packet, &consumed) == PACKET_READY);
        assert(consumed == out.len);
        assert(packet_command_parse(packet, &again) == NULL);
        check_same(&command, &again);
    }
    assert(!out.failed);
    bytes_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    milter_stream_run(data, size, 0, judge);
    return 0;
}
