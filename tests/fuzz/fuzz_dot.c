/* fuzz_dot: end of data. The first byte chooses the mode, the second the size of the pieces; the
 * rest is what a client sends. Reader and writer must do what the reference does, and what leaves
 * for the upstream must have one end. */
#include <assert.h>
#include <stdlib.h>

#include "proxy/smtp/dot.h"
#include "tests/unit/dot_reference.h"

#define HEAD_BYTES 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of a piece in memory of its own, so that reading too far is seen. */
static char *copy_piece(struct slice s)
{
    char *copy = malloc(s.len > 0 ? s.len : 1);

    assert(copy != NULL);
    return memcpy(copy, s.ptr, s.len);
}

static void append_slices(struct bytes *out, const struct dot_slices *slices)
{
    assert(slices->count <= DOT_SLICES);
    for (size_t i = 0; i < slices->count; i++) {
        assert(slices->items[i].len > 0);
        bytes_append(out, slices->items[i]);
    }
    assert(!out->failed);
}

/* One piece through the reader, or, with ${reader} NULL, through the writer. Returns what was
 * consumed: less than all only at the end of the data. */
static size_t feed(struct dot_reader *reader, struct dot_writer *writer, struct slice piece,
                   struct bytes *out)
{
    char *copy = copy_piece(piece);
    struct dot_slices slices;
    size_t at = 0;

    while (at < piece.len && (reader == NULL || !reader->ended)) {
        struct slice rest = slice_make(copy + at, piece.len - at);
        size_t consumed =
            reader != NULL ? dot_read(reader, rest, &slices) : dot_write(writer, rest, &slices);

        assert(consumed > 0 && consumed <= rest.len);
        append_slices(out, &slices);
        at += consumed;
    }
    free(copy);
    return at;
}

static void check_writer(struct slice content, size_t piece_bytes)
{
    struct bytes got, normal, want;
    struct dot_writer writer;

    bytes_init(&got, SIZE_MAX);
    bytes_init(&normal, SIZE_MAX);
    bytes_init(&want, SIZE_MAX);
    dot_writer_init(&writer);
    for (size_t at = 0; at < content.len; at += piece_bytes)
        feed(NULL, &writer, slice_first(slice_from(content, at), piece_bytes), &got);
    bytes_append(&got, dot_write_end(&writer));
    assert(reference_clean_wire(bytes_slice(&got)));

    reference_normalize(content, &normal);
    reference_stuff(bytes_slice(&normal), &want);
    if (want.len > 0 && want.data[want.len - 1] != '\n')
        bytes_append(&want, SLICE("\r\n"));
    bytes_append(&want, SLICE(".\r\n"));
    assert(slice_equal(bytes_slice(&got), bytes_slice(&want)));
    bytes_fini(&got);
    bytes_fini(&normal);
    bytes_fini(&want);
}

/* Compares what was read with the reference; of data that do not end two bytes may be held. */
static void check_content(struct slice input, const struct dot_reader *reader, size_t consumed,
                          const struct bytes *got)
{
    struct bytes normal, want;
    size_t content;
    size_t end = reference_end(input, reader->mode, &content);

    bytes_init(&normal, SIZE_MAX);
    bytes_init(&want, SIZE_MAX);
    reference_normalize(slice_first(input, content), &normal);
    reference_unstuff(bytes_slice(&normal), &want);
    assert(reader->ended == (end != SLICE_NOT_FOUND));
    assert(consumed == (reader->ended ? end : input.len));
    assert(slice_starts(bytes_slice(&want), bytes_slice(got)));
    assert(want.len - got->len <= (reader->ended ? 0 : 2));
    bytes_fini(&normal);
    bytes_fini(&want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum newline_mode modes[] = {NEWLINE_NORMALIZE, NEWLINE_REJECT, NEWLINE_ALLOW};
    struct dot_reader reader;
    struct slice input;
    struct bytes got;
    size_t piece_bytes;
    size_t at = 0;

    if (size < HEAD_BYTES)
        return 0;
    piece_bytes = data[1] > 0 ? data[1] : size;
    input = slice_make((const char *)data + HEAD_BYTES, size - HEAD_BYTES);
    bytes_init(&got, SIZE_MAX);
    dot_reader_init(&reader, modes[data[0] % 3]);
    while (at < input.len && !reader.ended)
        at += feed(&reader, NULL, slice_first(slice_from(input, at), piece_bytes), &got);
    check_content(input, &reader, at, &got);
    check_writer(bytes_slice(&got), piece_bytes);
    check_writer(input, piece_bytes);
    bytes_fini(&got);
    return 0;
}
