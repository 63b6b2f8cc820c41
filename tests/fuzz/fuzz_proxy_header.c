/* fuzz_proxy_header: the PROXY header in front of a session. The first byte is the size of the
 * pieces. Pieces must not matter; what is read can be written in either version and reads as the
 * same. */
#include <assert.h>

#include "proxy/smtp/proxy_header.h"

#define HEAD_BYTES 1

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum proxy_header_result read_pieces(struct slice input, size_t piece_bytes,
                                            struct proxy_header *header, size_t *consumed)
{
    enum proxy_header_result result = PROXY_HEADER_MORE;

    for (size_t at = 0; at < input.len && result == PROXY_HEADER_MORE;) {
        at += slice_first(slice_from(input, at), piece_bytes).len;
        result = proxy_header_read(slice_first(input, at), header, consumed);
    }
    return result;
}

static void check_same(const struct proxy_header *a, const struct proxy_header *b)
{
    assert(a->proxied == b->proxied);
    assert(address_equal(&a->source, &b->source) && a->source.port == b->source.port);
    assert(address_equal(&a->destination, &b->destination));
    assert(a->destination.port == b->destination.port);
}

static void check_written(const struct proxy_header *header, bool v1)
{
    struct proxy_header again;
    struct bytes out;
    size_t consumed;

    bytes_init(&out, PROXY_HEADER_V1_MAX);
    assert((v1 ? proxy_header_write_v1 : proxy_header_write_v2)(&out, &header->source,
                                                                &header->destination) == 0);
    assert(proxy_header_read(bytes_slice(&out), &again, &consumed) == PROXY_HEADER_READY);
    assert(consumed == out.len);
    check_same(header, &again);
    bytes_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header whole, pieces;
    size_t consumed = 0, in_pieces = 0;
    struct slice input;
    enum proxy_header_result result;

    if (size <= HEAD_BYTES)
        return 0;
    input = slice_make((const char *)data + HEAD_BYTES, size - HEAD_BYTES);
    result = read_pieces(input, size, &whole, &consumed);
    assert(read_pieces(input, 1 + data[0] % 64u, &pieces, &in_pieces) == result);
    if (result != PROXY_HEADER_READY)
        return 0;
    assert(consumed == in_pieces && consumed <= input.len && consumed <= PROXY_HEADER_V2_MAX);
    check_same(&whole, &pieces);
    check_written(&whole, true);
    check_written(&whole, false);
    return 0;
}
