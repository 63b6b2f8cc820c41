/* fuzz_milter_reply: what a milter says to the gateway. Whatever is taken for a reply can be
 * written again and means the same; no header value can end its field, no text its reply line; what
 * is negotiated was offered. */
#include <assert.h>

#include "proxy/milter/wire/packet_header.h"
#include "proxy/milter/wire/packet_macros.h"
#include "proxy/milter/wire/packet_reply.h"
#include "proxy/smtp/reply_reader.h"
#include "tests/fuzz/milter_stream.h"

#define ARENA_BYTES ((size_t)4 * 1024 * 1024)
#define OUT_BYTES   (2 * PACKET_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every CR ends a line that goes on with a blank, every line but the first says something. */
static void check_value(struct slice value)
{
    bool says = true;

    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        assert(c != '\0' && (c != '\n' || (i > 0 && value.ptr[i - 1] == '\r')));
        says = says || (c != ' ' && c != '\t' && c != '\r' && c != '\n');
        if (c != '\r')
            continue;
        assert(says && i + 2 < value.len && value.ptr[i + 1] == '\n');
        assert(value.ptr[i + 2] == ' ' || value.ptr[i + 2] == '\t');
        says = false;
    }
    assert(says);
}

/* A value that went into a message can go to the next milter and come back. */
static void check_header(const struct packet_reply *reply, struct arena *arena)
{
    struct slice plain = packet_header_from_milter(arena, reply->value, false);
    struct slice value = packet_header_from_milter(arena, reply->value, true);
    struct bytes again;

    assert(packet_header_name_valid(reply->name));
    assert(plain.len == value.len + 1 && plain.ptr[0] == ' ');
    assert(slice_equal(slice_from(plain, 1), value));
    check_value(value);
    check_value(plain);
    bytes_init(&again, OUT_BYTES);
    assert(packet_header_to_milter(&again, value, true) == 0);
    assert(slice_equal(packet_header_from_milter(arena, bytes_slice(&again), true), value));
    bytes_clear(&again);
    assert(packet_header_to_milter(&again, plain, false) == 0);
    assert(slice_equal(packet_header_from_milter(arena, bytes_slice(&again), false), plain));
    bytes_fini(&again);
}

static void check_replycode(struct slice text, struct arena *arena)
{
    struct reply_reader reader = {.line_start = 0};
    struct reply reply, read;

    if (packet_replycode_parse(text, arena, &reply) != NULL) {
        assert(reply.code == 0);
        return;
    }
    assert(reply.code >= 400 && reply.code <= 559);
    assert(reply_read(&reader, reply.wire, &read) == 1);
    assert(read.code == reply.code && read.wire.len == reply.wire.len);
    for (size_t i = 0; i < reply.wire.len; i++)
        assert(reply.wire.ptr[i] <= '~' && reply.wire.ptr[i] != '\0');
}

static void check_options(const struct packet_options *answer, struct arena *arena)
{
    for (uint32_t version = PACKET_VERSION_MIN; version <= PACKET_VERSION_MAX; version++) {
        struct packet_options offer = packet_options_offer(version);
        struct packet_options settled;
        struct slice list, name;
        int names = 0;

        if (packet_options_settle(&offer, answer, &settled) != NULL)
            continue;
        assert(settled.version >= PACKET_VERSION_MIN && settled.version <= version);
        assert((settled.actions & ~offer.actions) == 0);
        assert((settled.steps & ~((uint32_t)PACKET_STEPS_ALL | (uint32_t)PACKET_STEP_DATA_256K |
                                  (uint32_t)PACKET_STEP_DATA_1M)) == 0);
        assert(packet_macros_keep(&settled.symbols, arena) == 0);
        list = packet_macros_wanted(PACKET_MACROS_POSTFIX, &settled.symbols, PACKET_COMMAND_MAIL);
        while (packet_macros_next(&list, &name))
            assert(++names <= PACKET_MACROS_MAX && name.len > 0);
    }
}

/* Writes ${reply} as a milter would. */
static int write_reply(struct bytes *out, const struct packet_reply *reply)
{
    switch (reply->kind) {
    case PACKET_REPLY_ADD_RECIPIENT:
    case PACKET_REPLY_REMOVE_RECIPIENT:
    case PACKET_REPLY_ADD_RECIPIENT_PARAMS:
    case PACKET_REPLY_CHANGE_SENDER:
    case PACKET_REPLY_QUARANTINE:
    case PACKET_REPLY_REPLYCODE:
        return packet_reply_strings(out, reply->kind, reply->value, reply->parameters);
    case PACKET_REPLY_ADD_HEADER:
    case PACKET_REPLY_INSERT_HEADER:
    case PACKET_REPLY_CHANGE_HEADER:
        return packet_reply_header(out, reply->kind, reply->index, reply->name, reply->value);
    case PACKET_REPLY_OPTNEG: return packet_reply_optneg(out, &reply->options);
    case PACKET_REPLY_REPLACE_BODY: return packet_reply_body(out, reply->value, SIZE_MAX);
    case PACKET_REPLY_SHUTDOWN:
    case PACKET_REPLY_ACCEPT:
    case PACKET_REPLY_CONTINUE:
    case PACKET_REPLY_DISCARD:
    case PACKET_REPLY_CONN_FAIL:
    case PACKET_REPLY_PROGRESS:
    case PACKET_REPLY_REJECT:
    case PACKET_REPLY_SKIP:
    case PACKET_REPLY_TEMPFAIL: return packet_reply_plain(out, reply->kind);
    }
    return -1;
}

static void check_same(const struct packet_reply *a, const struct packet_reply *b)
{
    assert(a->kind == b->kind && a->index == b->index);
    assert(slice_equal(a->name, b->name) && slice_equal(a->value, b->value));
    assert(slice_equal(a->parameters, b->parameters));
    assert(a->options.version == b->options.version && a->options.steps == b->options.steps);
    assert(a->options.actions == b->options.actions);
    assert(a->options.symbols.given == b->options.symbols.given);
    for (size_t i = 0; i < PACKET_STAGE_COUNT; i++)
        assert(slice_equal(a->options.symbols.lists[i], b->options.symbols.lists[i]));
}

static void check_written(const struct packet_reply *reply)
{
    struct packet_reader reader = {.limit_bytes = PACKET_MAX};
    struct packet_reply again;
    struct packet packet;
    struct bytes out;
    size_t consumed;

    bytes_init(&out, OUT_BYTES);
    assert(write_reply(&out, reply) == 0);
    assert(packet_read(&reader, bytes_slice(&out), &packet, &consumed) == PACKET_READY);
    assert(consumed == out.len);
    assert(packet_reply_parse(packet, &again) == NULL);
    check_same(reply, &again);
    bytes_fini(&out);
}

static void judge(struct packet packet)
{
    struct packet_reply reply;
    struct arena arena;

    if (packet_reply_parse(packet, &reply) != NULL)
        return;
    arena_init(&arena, 4096, ARENA_BYTES);
    check_written(&reply);
    if (reply.name.len > 0)
        check_header(&reply, &arena);
    if (reply.kind == PACKET_REPLY_REPLYCODE)
        check_replycode(reply.value, &arena);
    if (reply.kind == PACKET_REPLY_OPTNEG)
        check_options(&reply.options, &arena);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    milter_stream_run(data, size, PACKET_REPLY_REPLACE_BODY, judge);
    return 0;
}
