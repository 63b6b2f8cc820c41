/* fuzz_mime: a message's parts as GMime sees them, and the texts in them.
 *
 * Beyond not crashing: parts are in the order of the message and inside of the text, a child is
 * below its parent, what is said of one is UTF-8. What is decoded is as long as it was said to be,
 * its beginning is that of the whole, a reading that does not differ is the same, and all text is
 * UTF-8.
 */
#include <stdlib.h>

#include "filters/base/utf8.h"
#include "filters/decode/decode.h"
#include "filters/decode/text.h"
#include "filters/decode/uuencode.h"
#include "filters/message/header.h"
#include "filters/mime/mime.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define PARTS       500 /* room for more would take most of the time */
#define DEPTH       100
#define FIRST_BYTES 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* --- what is said of the parts --- */

static void check_part(const struct mime *mime, size_t at, size_t body_bytes)
{
    const struct mime_part *part = &mime->parts[at];
    const struct slice texts[] = {part->type,    part->disposition, part->name,
                                  part->charset, part->boundary,    part->filename};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        require(utf8_valid(texts[i]));
    require(part->type.len > 0);
    require(part->content_start <= part->content_end && part->content_end <= body_bytes);
    require(part->header_start <= part->content_start);
    if (at == 0) {
        require(part->parent == CONTENT_NO_PART && part->depth == 0);
        return;
    }
    require(part->parent < at && mime->parts[part->parent].kind != MIME_LEAF);
    require(part->depth == mime->parts[part->parent].depth + 1 && part->depth <= DEPTH);
    require(part->content_end <= mime->parts[part->parent].content_end);
}

/* --- what stands in one --- */

static void check_text(struct slice text, struct slice declared)
{
    int charsets[TEXT_CHARSETS_MAX];
    size_t count = text_charsets(text, declared, true, charsets);
    struct charset_set set = {0};
    struct allowance allowance = {0};

    require(count > 0 && count <= TEXT_CHARSETS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct bytes out;

        bytes_init(&out, ARENA_BYTES);
        require(text_to_utf8(&set, charsets[i], text, &allowance, &out) == CONTENT_READ);
        require(utf8_valid(bytes_slice(&out)));
        bytes_fini(&out);
    }
    charset_set_fini(&set);
}

static void check_files(struct slice text)
{
    struct allowance allowance = {0};
    struct uuencode_file file = {.end = 0};
    size_t at = 0;

    while (uuencode_next(text, at, &allowance, &file) == 1) {
        struct bytes out;

        require(file.name.len > 0 && file.end > at && file.end <= text.len);
        at = file.end;
        bytes_init(&out, ARENA_BYTES);
        require(uuencode_decode(file.body, &allowance, &out) == CONTENT_READ);
        require(out.len <= file.body.len * 64);
        bytes_fini(&out);
    }
}

static void check_decoded(enum content_encoding encoding, struct slice raw, struct slice declared)
{
    struct allowance allowance = {0};
    struct decode_look look;
    struct bytes most, other;

    bytes_init(&most, ARENA_BYTES);
    bytes_init(&other, ARENA_BYTES);
    require(decode_look(encoding, raw, &allowance, &look) == CONTENT_READ);
    require(decode_whole(encoding, DECODE_MOST, raw, &allowance, &most) == CONTENT_READ);
    require(most.len == look.size);
    for (enum decode_reading r = DECODE_STOP; r < DECODE_WRITTEN; r++) {
        bytes_clear(&other);
        require(decode_whole(encoding, r, raw, &allowance, &other) == CONTENT_READ);
        require(decode_differs(encoding, &look, r) ||
                slice_equal(bytes_slice(&most), bytes_slice(&other)));
    }
    check_text(bytes_slice(&most), declared);
    check_files(bytes_slice(&most));
    bytes_fini(&most);
    bytes_fini(&other);
}

/* --- a message --- */

static void check_message(const struct header *header, struct slice body, struct arena *arena)
{
    struct mime_bounds bounds = {.parts = PARTS, .body_bytes = body.len};
    struct allowance allowance = {0};
    struct mime mime;
    enum content_result result = mime_read(header, body, &bounds, DEPTH, &allowance, arena, &mime);

    if (result == CONTENT_LIMIT)
        return;
    require(result == CONTENT_READ);
    require(mime.doubt_count <= MIME_DOUBTS_MAX);
    for (size_t i = 0; i < mime.part_count; i++) {
        const struct mime_part *part = &mime.parts[i];

        check_part(&mime, i, body.len);
        if (part->kind == MIME_LEAF)
            check_decoded(part->encoding,
                          slice_first(slice_from(body, part->content_start),
                                      part->content_end - part->content_start),
                          part->charset);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice content = {(const char *)data, size};
    struct header_scan scan = {0};
    struct header header = {0};
    struct header_end end;
    struct arena arena;

    arena_init(&arena, 4096, ARENA_BYTES);
    require(header_scan(&scan, content, true, &end) == 1);
    require(header_parse(&header, slice_first(content, end.fields_end),
                         end.body_start > end.fields_end, &arena) == 0);
    check_message(&header, slice_from(content, end.body_start), &arena);
    arena_fini(&arena);
    return 0;
}
