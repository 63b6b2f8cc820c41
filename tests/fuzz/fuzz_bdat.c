/* fuzz_bdat: a session's input where BDAT commands and their octets follow each other. The first
 * byte says whether the message is binary and how large the pieces are in which input comes. The
 * sizes alone must say what is content; it is what the reference makes of the joined octets,
 * however it was cut, and what goes up as DATA has one end. */
#include <assert.h>
#include <stdlib.h>

#include "proxy/smtp/chunk.h"
#include "proxy/smtp/command.h"
#include "tests/unit/dot_reference.h"

#define HEAD_BYTES     1
#define LINE_MAX_BYTES 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct talk {
    struct chunk_reader reader;
    struct dot_reader text;
    struct bytes got;    /* as handed out */
    struct bytes octets; /* as counted here */
};

/* Reads the chunk at the front of ${input} in pieces. Returns how many octets it took. */
static size_t take_chunk(struct talk *talk, struct slice input, size_t piece_bytes)
{
    struct dot_slices slices;
    size_t at = 0;

    while (talk->reader.left > 0 && at < input.len) {
        struct slice piece = slice_first(slice_from(input, at), piece_bytes);
        char *copy = malloc(piece.len);
        size_t used;

        assert(copy != NULL);
        memcpy(copy, piece.ptr, piece.len);
        used = chunk_read(&talk->reader, &talk->text, slice_make(copy, piece.len), &slices);
        assert(used > 0 && used <= piece.len && slices.count <= DOT_SLICES);
        for (size_t i = 0; i < slices.count; i++)
            bytes_append(&talk->got, slices.items[i]);
        free(copy);
        at += used;
    }
    bytes_append(&talk->octets, slice_first(input, at));
    return at;
}

static void check_as_data(struct slice content)
{
    struct dot_writer writer;
    struct dot_slices slices;
    struct bytes wire;

    bytes_init(&wire, SIZE_MAX);
    dot_writer_init(&writer);
    while (content.len > 0) {
        content = slice_from(content, dot_write(&writer, content, &slices));
        for (size_t i = 0; i < slices.count; i++)
            bytes_append(&wire, slices.items[i]);
    }
    bytes_append(&wire, dot_write_end(&writer));
    assert(reference_clean_wire(bytes_slice(&wire)));
    bytes_fini(&wire);
}

/* What was handed out against the reference; a CR may be held unless the last chunk has come. */
static void check_content(struct talk *talk)
{
    struct bytes want;

    bytes_init(&want, SIZE_MAX);
    if (talk->reader.binary)
        bytes_append(&want, bytes_slice(&talk->octets));
    else
        reference_normalize(bytes_slice(&talk->octets), &want);
    assert(slice_starts(bytes_slice(&want), bytes_slice(&talk->got)));
    assert(want.len - talk->got.len <= (talk->text.ended ? 0 : 1));
    check_as_data(bytes_slice(&talk->got));
    bytes_fini(&want);
}

/* One command and, after BDAT, its octets. Returns what was used; 0: no more can be. */
static size_t take_command(struct talk *talk, struct slice input, size_t piece_bytes)
{
    struct line_scan scan = {.scanned = 0};
    struct dot_slices slices;
    struct command command;
    struct slice line;
    size_t used = 0;
    uint64_t size;
    bool last;

    if (command_line(&scan, input, LINE_MAX_BYTES, true, &line, &used) != LINE_READY)
        return 0;
    command_parse(line, &command);
    if (command.verb != VERB_BDAT || chunk_parse(command.argument, &size, &last) != 0)
        return used;
    assert(size <= INT64_MAX);
    if (chunk_begin(&talk->reader, size, last) != 0)
        return 0;
    used += take_chunk(talk, slice_from(input, used), piece_bytes);
    if (talk->reader.left > 0)
        return 0;
    if (last) {
        chunk_read(&talk->reader, &talk->text, SLICE_NONE, &slices);
        for (size_t i = 0; i < slices.count; i++)
            bytes_append(&talk->got, slices.items[i]);
        assert(talk->text.ended);
        return 0;
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk talk = {.reader = {.left = 0}};
    struct slice input;
    size_t used;

    if (size < HEAD_BYTES)
        return 0;
    input = slice_make((const char *)data + HEAD_BYTES, size - HEAD_BYTES);
    talk.reader.binary = (data[0] & 1) != 0;
    dot_reader_init_plain(&talk.text);
    bytes_init(&talk.got, SIZE_MAX);
    bytes_init(&talk.octets, SIZE_MAX);
    while ((used = take_command(&talk, input, 1 + data[0] / 2u)) > 0)
        input = slice_from(input, used);
    check_content(&talk);
    bytes_fini(&talk.got);
    bytes_fini(&talk.octets);
    return 0;
}
