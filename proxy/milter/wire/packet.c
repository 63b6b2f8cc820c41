/* packet: see packet.h. */
#include "proxy/milter/wire/packet.h"

#include <arpa/inet.h>
#include <assert.h>

/* --- reading --- */

static uint32_t read_u32(const char *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return ntohl(value);
}

/* Hands out as much of a streamed packet as ${input} has, after ${head} octets of its front. */
static enum packet_result read_piece(struct packet_reader *reader, struct slice input, size_t head,
                                     struct packet *packet, size_t *consumed)
{
    struct slice data = slice_first(slice_from(input, head), reader->left);

    if (data.len == 0 && reader->left > 0)
        return PACKET_MORE;
    reader->left -= (uint32_t)data.len;
    *packet = (struct packet){reader->streamed, reader->left == 0, data};
    *consumed = head + data.len;
    return PACKET_READY;
}

/* A packet of ${length} octets, of whose code at least the byte is there. */
static enum packet_result read_packet(struct packet_reader *reader, struct slice input,
                                      uint32_t length, struct packet *packet, size_t *consumed)
{
    size_t limit = reader->limit_bytes > 0 ? reader->limit_bytes : PACKET_MAX;
    char code = input.ptr[PACKET_LENGTH_BYTES];

    if (reader->streamed != 0 && code == reader->streamed) {
        if (length > 1 && input.len == PACKET_HEAD_BYTES)
            return PACKET_MORE;
        reader->left = length - 1;
        return read_piece(reader, input, PACKET_HEAD_BYTES, packet, consumed);
    }
    if (length > limit)
        return PACKET_BAD;
    if (input.len - PACKET_LENGTH_BYTES < length)
        return PACKET_MORE;
    *packet =
        (struct packet){code, true, slice_make(input.ptr + PACKET_HEAD_BYTES, (size_t)length - 1)};
    *consumed = PACKET_LENGTH_BYTES + (size_t)length;
    return PACKET_READY;
}

enum packet_result packet_read(struct packet_reader *reader, struct slice input,
                               struct packet *packet, size_t *consumed)
{
    uint32_t length;

    *packet = (struct packet){.code = 0};
    *consumed = 0;
    if (reader->left > 0)
        return read_piece(reader, input, 0, packet, consumed);
    if (input.len < PACKET_LENGTH_BYTES)
        return PACKET_MORE;
    length = read_u32(input.ptr);
    if (length == 0 || length > PACKET_STREAM_MAX)
        return PACKET_BAD;
    if (input.len < PACKET_HEAD_BYTES)
        return PACKET_MORE;
    return read_packet(reader, input, length, packet, consumed);
}

/* Takes ${size} octets. NULL, and the fields are bad, when there are fewer. */
static const char *take(struct packet_fields *fields, size_t size)
{
    const char *at = fields->rest.ptr;

    if (fields->bad || fields->rest.len < size) {
        *fields = (struct packet_fields){SLICE_NONE, true};
        return NULL;
    }
    fields->rest = slice_make(at + size, fields->rest.len - size);
    return at;
}

char packet_take_byte(struct packet_fields *fields)
{
    const char *at = take(fields, 1);

    return at != NULL ? *at : '\0';
}

uint16_t packet_take_u16(struct packet_fields *fields)
{
    const char *at = take(fields, sizeof(uint16_t));
    uint16_t value = 0;

    if (at != NULL)
        memcpy(&value, at, sizeof(value));
    return ntohs(value);
}

uint32_t packet_take_u32(struct packet_fields *fields)
{
    const char *at = take(fields, sizeof(uint32_t));

    return at != NULL ? read_u32(at) : 0;
}

struct slice packet_take_string(struct packet_fields *fields)
{
    size_t len = slice_find(fields->rest, '\0');
    const char *at = take(fields, len != SLICE_NOT_FOUND ? len + 1 : SLICE_NOT_FOUND);

    return at != NULL ? slice_make(at, len) : SLICE_NONE;
}

bool packet_fields_end(const struct packet_fields *fields)
{
    return !fields->bad && fields->rest.len == 0;
}

/* --- writing --- */

void packet_put_u32(struct bytes *out, uint32_t value)
{
    uint32_t wire = htonl(value);

    bytes_append(out, slice_make((const char *)&wire, sizeof(wire)));
}

void packet_put_u16(struct bytes *out, uint16_t value)
{
    uint16_t wire = htons(value);

    bytes_append(out, slice_make((const char *)&wire, sizeof(wire)));
}

void packet_put_string(struct bytes *out, struct slice s)
{
    size_t nul;

    while ((nul = slice_find(s, '\0')) != SLICE_NOT_FOUND) {
        bytes_append(out, slice_first(s, nul));
        s = slice_from(s, nul + 1);
    }
    bytes_append(out, s);
    bytes_append_char(out, '\0');
}

void packet_put_head(struct bytes *out, char code, uint32_t data_size)
{
    char head[PACKET_HEAD_BYTES];
    uint32_t length = htonl(data_size + 1);

    assert(data_size < PACKET_STREAM_MAX);
    memcpy(head, &length, sizeof(length));
    head[PACKET_LENGTH_BYTES] = code;
    bytes_append(out, slice_make(head, sizeof(head)));
}

size_t packet_begin(struct bytes *out, char code)
{
    size_t start = out->len;

    packet_put_head(out, code, 0);
    return start;
}

int packet_end(struct bytes *out, size_t start, size_t data_max)
{
    size_t length = out->len - start;
    uint32_t wire;

    if (bytes_end(out) != 0 || length - PACKET_HEAD_BYTES > data_max) {
        bytes_cut(out, start);
        return -1;
    }
    wire = htonl((uint32_t)(length - PACKET_LENGTH_BYTES));
    memcpy(out->data + start, &wire, sizeof(wire));
    return 0;
}

int packet_put_chunks(struct bytes *out, char code, struct slice content, size_t chunk_max)
{
    assert(chunk_max > 0);
    while (content.len > 0) {
        struct slice chunk = slice_first(content, chunk_max);
        size_t start = packet_begin(out, code);

        bytes_append(out, chunk);
        if (packet_end(out, start, chunk_max) != 0)
            return -1;
        content = slice_from(content, chunk.len);
    }
    return bytes_end(out);
}
