/* chunk: see chunk.h. */
#include "proxy/smtp/chunk.h"

#include <inttypes.h>

/* Takes the digits off the front of ${text}. 0, or -1 when there are none or too many. */
static int take_number(struct slice *text, uint64_t *out)
{
    uint64_t value = 0;
    size_t at = 0;

    for (; at < text->len && ascii_is_digit(text->ptr[at]); at++) {
        uint64_t digit = (uint64_t)(text->ptr[at] - '0');

        if (value > ((uint64_t)INT64_MAX - digit) / 10)
            return -1;
        value = value * 10 + digit;
    }
    *out = value;
    *text = slice_from(*text, at);
    return at > 0 ? 0 : -1;
}

int chunk_parse(struct slice argument, uint64_t *size, bool *last)
{
    *last = false;
    if (take_number(&argument, size) != 0)
        return -1;
    if (argument.len == 0)
        return 0;
    *last = slice_equal_case(argument, SLICE(" LAST"));
    return *last ? 0 : -1;
}

int chunk_write(struct bytes *out, uint64_t size, bool last)
{
    bytes_format(out, "BDAT %" PRIu64 "%s\r\n", size, last ? " LAST" : "");
    return bytes_end(out);
}

int chunk_begin(struct chunk_reader *reader, uint64_t size, bool last)
{
    reader->size = reader->left = size;
    reader->last = last;
    reader->count++;
    if (size > (uint64_t)INT64_MAX - reader->octets)
        return -1;
    reader->octets += size;
    return reader->count <= CHUNK_COUNT_FREE + reader->octets / CHUNK_OCTETS_EACH ? 0 : -1;
}

static size_t read_binary(struct slice input, struct dot_slices *out)
{
    if (input.len > 0)
        out->items[out->count++] = input;
    return input.len;
}

size_t chunk_read(struct chunk_reader *reader, struct dot_reader *text, struct slice input,
                  struct dot_slices *out)
{
    size_t room = reader->left < input.len ? (size_t)reader->left : input.len;
    size_t used;

    out->count = 0;
    if (reader->left == 0) {
        if (reader->last)
            dot_read_end(text, out);
        return 0;
    }
    if (reader->binary)
        used = read_binary(slice_first(input, room), out);
    else
        used = dot_read(text, slice_first(input, room), out);
    reader->left -= used;
    return used;
}
