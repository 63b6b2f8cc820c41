#define ZLIB_CONST

#include "filters/file/inflate.h"

#include <zlib.h>

#define STEP_BYTES ((size_t)32768)

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* zlib counts its input in an int: the next piece of ${data}. */
static void feed(z_stream *stream, struct slice *data)
{
    struct slice piece = slice_first(*data, UINT_MAX / 2);

    if (stream->avail_in > 0 || data->len == 0)
        return;
    stream->next_in = (const Bytef *)piece.ptr;
    stream->avail_in = (uInt)piece.len;
    *data = slice_from(*data, piece.len);
}

/* One step: at most ${room} more octets. Z_OK: there may be more. */
static int step(z_stream *stream, size_t room, struct bytes *out)
{
    char *at = bytes_reserve(out, room);
    int result;

    if (at == NULL)
        return Z_MEM_ERROR;
    stream->next_out = (Bytef *)at;
    stream->avail_out = (uInt)room;
    result = inflate(stream, Z_NO_FLUSH);
    bytes_commit(out, room - stream->avail_out);
    return result;
}

static enum inflate_result of_zlib(int result)
{
    if (result == Z_STREAM_END)
        return INFLATE_WHOLE;
    if (result == Z_MEM_ERROR)
        return INFLATE_MEMORY;
    return result == Z_OK ? INFLATE_FULL : INFLATE_BROKEN;
}

/* ${kept}: ${out} keeps all of it, else the last step's. */
static enum inflate_result run(z_stream *stream, struct slice *data, size_t limit_bytes, bool kept,
                               struct allowance *allowance, struct bytes *out)
{
    int result = Z_OK;

    while (result == Z_OK && limit_bytes > 0) {
        size_t before = kept ? out->len : 0;

        bytes_cut(out, before);
        feed(stream, data);
        result = step(stream, smaller(STEP_BYTES, limit_bytes), out);
        limit_bytes -= out->len - before;
        if (!allowance_spend(allowance, out->len - before))
            return INFLATE_OVER;
    }
    return of_zlib(result);
}

enum inflate_result inflate_raw(struct slice data, size_t limit_bytes, struct allowance *allowance,
                                struct bytes *out)
{
    z_stream stream = {.next_in = NULL};
    enum inflate_result result;

    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return INFLATE_MEMORY;
    result = run(&stream, &data, limit_bytes, true, allowance, out);
    (void)inflateEnd(&stream);
    return result;
}

enum inflate_result inflate_extent(struct slice data, struct allowance *allowance, size_t *extent)
{
    z_stream stream = {.next_in = NULL};
    struct slice rest = data;
    enum inflate_result result;
    struct bytes out;

    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return INFLATE_MEMORY;
    bytes_init(&out, STEP_BYTES);
    result = run(&stream, &rest, SIZE_MAX, false, allowance, &out);
    *extent = data.len - rest.len - stream.avail_in;
    bytes_fini(&out);
    (void)inflateEnd(&stream);
    return result;
}
