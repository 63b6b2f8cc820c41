/* fuzz_content: a whole message, read in every way.
 *
 * Beyond not crashing: a part lies in the message, below its parent and behind its own header, as
 * edits need it; values are well-formed UTF-8 and belong to a part; no limit is passed; where no
 * line could be a delimiter there is nothing below the message; and less memory never brings
 * another answer than "memory".
 */
#include <stdlib.h>

#include "filters/base/utf8.h"
#include "filters/content/content.h"
#include "filters/message/header.h"

#define PARTS_MAX    200
#define DEPTH_MAX    20
#define MEMORY_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool lies_in(struct slice part, struct slice whole)
{
    return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static void check_part(const struct content *content, size_t number, struct slice body)
{
    const struct content_part *part = &content->parts[number];
    const struct content_part *parent;

    require(part->type.len > 0 || part->type.ptr != NULL);
    if (part->other)
        return;
    if (number == 0) {
        require(part->parent == CONTENT_NO_PART && part->depth == 0 && part->header.len == 0);
        require(part->body.len == body.len && (body.len == 0 || part->body.ptr == body.ptr));
        return;
    }
    require(part->parent < number);
    parent = &content->parts[part->parent];
    require(!parent->other && part->depth == parent->depth + 1);
    require(lies_in(part->body, parent->body));
    if (part->header.len > 0)
        require(part->header.ptr + part->header.len == part->body.ptr &&
                lies_in(part->header, parent->body));
}

static void check_values(const struct content *content)
{
    for (size_t fact = 0; fact < CONTENT_FACTS; fact++)
        for (size_t i = 0; i < content->values[fact].count; i++) {
            const struct content_value *value = &content->values[fact].items[i];

            require(utf8_valid(value->text));
            require(value->part < content->part_count);
        }
    for (size_t i = 0; i < content->doubt_count; i++) {
        require(content->doubts[i].why != NULL);
        require(content->doubts[i].part == CONTENT_NO_PART ||
                content->doubts[i].part < content->part_count);
    }
}

static bool holds(struct slice s, const char *word)
{
    struct slice wanted = slice_str(word);

    for (size_t i = 0; i + wanted.len <= s.len; i++)
        if (slice_starts_case(slice_from(s, i), wanted))
            return true;
    return false;
}

/* No multipart, no message in it, nothing that is decoded to one. */
static void check_flat(const struct content *content, struct slice message)
{
    if (holds(message, "\n--") || holds(message, "message") || holds(message, "digest") ||
        holds(message, "base64") || holds(message, "quoted"))
        return;
    for (size_t i = 0; i < content->part_count; i++)
        require(content->parts[i].depth == 0);
}

static void check_content(const struct content *content, struct slice message, struct slice body)
{
    require(content->part_count >= 1);
    for (size_t i = 0; i < content->part_count; i++) {
        require(content->parts[i].depth <= DEPTH_MAX);
        check_part(content, i, body);
    }
    check_values(content);
    check_flat(content, message);
}

static enum content_result read_within(const struct header *header, struct slice body,
                                       size_t memory_bytes, struct content **content)
{
    struct content_limits limits = {DEPTH_MAX, PARTS_MAX, memory_bytes};
    struct allowance allowance = {0};

    return content_read(header, body, &limits, &allowance, content);
}

/* As content comes in: each line ends in CRLF. */
static struct slice wire(const uint8_t *data, size_t size, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\r')
            continue;
        if (data[i] == '\n')
            out[used++] = '\r';
        out[used++] = (char)data[i];
    }
    return slice_make(out, used);
}

static void check_message(struct slice message, size_t memory_bytes)
{
    struct header_scan scan = {0};
    struct header_end end;
    struct header header;
    struct slice body;
    struct arena arena;
    struct content *content;
    enum content_result result;

    arena_init(&arena, 65536, MEMORY_BYTES);
    require(header_scan(&scan, message, true, &end) == 1);
    require(header_parse(&header, slice_first(message, end.fields_end),
                         end.body_start > end.fields_end, &arena) == 0);
    body = slice_make(message.ptr + end.body_start, message.len - end.body_start);
    result = read_within(&header, body, MEMORY_BYTES, &content);
    require((result == CONTENT_READ) == (content != NULL));
    if (content != NULL)
        check_content(content, message, body);
    content_destroy(content);
    if (read_within(&header, body, memory_bytes, &content) != result)
        require(content == NULL);
    content_destroy(content);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(2 * size + 1);

    require(copy != NULL);
    check_message(wire(data, size, copy), size > 0 ? (size_t)data[size - 1] * 1024 : 0);
    free(copy);
    return 0;
}
