/* fuzz_reply: what an upstream says, and what an operator writes as a reply. The first byte is the
 * size of the pieces. Pieces must not matter; a reply read is well-formed; whatever the text, a
 * reply of ours is printable lines. */
#include <assert.h>

#include "filters/base/arena.h"
#include "filters/base/reply.h"
#include "proxy/smtp/reply_reader.h"

#define HEAD_BYTES 1

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As much of ${input} as must have arrived, in pieces, for the reader to decide. */
static int read_pieces(struct slice input, size_t piece_bytes, struct reply *reply)
{
    struct reply_reader reader = {.line_start = 0};
    int result = 0;

    for (size_t at = 0; at < input.len && result == 0;) {
        at += slice_first(slice_from(input, at), piece_bytes).len;
        result = reply_read(&reader, slice_first(input, at), reply);
    }
    return result;
}

/* Each line: the same code, "-" or at the last " " or nothing, CRLF. */
static void check_lines(struct reply reply, size_t line_max, bool printable)
{
    struct slice rest = reply.wire;

    while (rest.len > 0) {
        size_t end = slice_find(rest, '\n');
        struct slice line = slice_first(rest, end + 1);

        assert(end != SLICE_NOT_FOUND && line.len >= 5 && line.len <= line_max);
        assert(line.ptr[end - 1] == '\r' && slice_find(line, '\r') == end - 1);
        assert(reply_static(line).code == reply.code);
        rest = slice_from(rest, end + 1);
        assert(rest.len > 0 ? line.ptr[3] == '-' : line.ptr[3] == ' ' || line.len == 5);
        for (size_t i = 0; i + 2 < line.len; i++) {
            assert(line.ptr[i] != '\0' && line.ptr[i] != '\x1b');
            assert(!printable || (line.ptr[i] >= ' ' && line.ptr[i] <= '~'));
        }
    }
}

/* An operator's text, split at each LF, becomes a reply of ours. */
static void check_own(struct slice text)
{
    struct slice lines[REPLY_LINES_MAX + 1];
    struct reply_text parts = reply_split(text);
    struct arena arena;
    struct reply reply;
    size_t count = 0;

    for (struct slice rest = parts.text; rest.len > 0 && count < REPLY_LINES_MAX + 1; count++) {
        size_t end = slice_find(rest, '\n');

        lines[count] = slice_first(rest, end);
        rest = end != SLICE_NOT_FOUND ? slice_from(rest, end + 1) : SLICE_NONE;
    }
    arena_init(&arena, 4096, 1024 * 1024);
    reply = reply_make(&arena, parts.code > 0 ? parts.code : 550, parts.enhanced, lines, count);
    assert(reply.code != 0);
    check_lines(reply, REPLY_LINE_MAX, true);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reply whole = {.code = 0}, pieces = {.code = 0};
    struct slice input;
    int result;

    if (size < HEAD_BYTES)
        return 0;
    input = slice_make((const char *)data + HEAD_BYTES, size - HEAD_BYTES);
    result = read_pieces(input, size, &whole);
    assert(read_pieces(input, 1 + data[0] % 64u, &pieces) == result);
    if (result == 1) {
        assert(whole.code == pieces.code && slice_equal(whole.wire, pieces.wire));
        assert(whole.wire.ptr == input.ptr && whole.wire.len <= REPLY_READ_MAX);
        check_lines(whole, REPLY_READ_LINE_MAX, false);
    }
    check_own(input);
    return 0;
}
