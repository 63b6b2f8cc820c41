/* milter_stream: see milter_stream.h. */
#include "tests/fuzz/milter_stream.h"

#include <assert.h>

#define HEAD_BYTES  1
#define STORY_BYTES (1024 * 1024)

/* What came out: each packet's code, its data, and a head that tells where the next begins. */
struct story {
    struct bytes bytes;
    size_t start; /* of the packet that is open */
    bool open;
};

static void tell(struct story *story, const struct packet *packet)
{
    if (!story->open)
        story->start = packet_begin(&story->bytes, packet->code);
    bytes_append(&story->bytes, packet->data);
    story->open = !packet->ended;
    if (packet->ended) {
        int ended = packet_end(&story->bytes, story->start, SIZE_MAX);
        assert(ended == 0);
    }
}

static enum packet_result read_pieces(struct slice input, size_t piece_bytes,
                                      struct packet_reader reader, struct story *story,
                                      void (*judge)(struct packet packet))
{
    enum packet_result result = PACKET_MORE;
    size_t consumed = 0, size;
    struct packet packet;

    for (size_t at = 0; at < input.len && result == PACKET_MORE;) {
        at += slice_first(slice_from(input, at), piece_bytes).len;
        do {
            result =
                packet_read(&reader, slice_from(slice_first(input, at), consumed), &packet, &size);
            assert(size <= at - consumed && (size > 0) == (result == PACKET_READY));
            consumed += size;
            if (result == PACKET_READY)
                tell(story, &packet);
            if (result == PACKET_READY && judge != NULL)
                judge(packet);
        } while (result == PACKET_READY);
    }
    return result;
}

void milter_stream_run(const uint8_t *data, size_t size, char streamed,
                       void (*judge)(struct packet packet))
{
    struct packet_reader reader = {.streamed = streamed};
    struct story whole = {.open = false}, pieces = {.open = false};
    enum packet_result result;
    struct slice input;

    if (size <= HEAD_BYTES)
        return;
    input = slice_make((const char *)data + HEAD_BYTES, size - HEAD_BYTES);
    bytes_init(&whole.bytes, STORY_BYTES);
    bytes_init(&pieces.bytes, STORY_BYTES);
    result = read_pieces(input, size, reader, &whole, judge);
    assert(read_pieces(input, 1 + data[0] % 64u, reader, &pieces, NULL) == result);
    assert(whole.open == pieces.open && whole.bytes.len <= input.len);
    assert(slice_equal(bytes_slice(&whole.bytes), bytes_slice(&pieces.bytes)));
    bytes_fini(&whole.bytes);
    bytes_fini(&pieces.bytes);
}
