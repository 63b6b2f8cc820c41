/* content: see content.h. */
#include "filters/content/content.h"

#include "filters/content/builder.h"
#include "filters/content/readings.h"
#include "filters/mime/inside.h"
#include "filters/mime/mime.h"

static struct outline_source source_of(const struct builder *b, const struct header *header,
                                       struct slice text)
{
    size_t parts = b->limits->parts;

    return (struct outline_source){
        .header = header,
        .text = text.ptr != NULL ? text : SLICE(""),
        .type = SLICE("text/plain"),
        .parts = b->parts.count < parts ? parts - b->parts.count : 0,
        .depth_max = b->limits->depth,
    };
}

/* What stands below ${header}'s last good field, to those who end it there: mostly it stands so in
 * the message, else it is put together. */
static struct slice text_below(struct builder *b, const struct header *header, struct slice body)
{
    const struct field *first = &header->fields[header->above];
    const struct field *last = &header->fields[header->count - 1];
    const char *end = last->raw.ptr + last->raw.len + (header->separated ? 2 : 0);
    struct bytes out;

    if (end == body.ptr)
        return slice_make(first->raw.ptr, (size_t)(body.ptr + body.len - first->raw.ptr));
    builder_begin(b, &out);
    for (; first <= last; first++)
        bytes_append(&out, first->raw);
    if (header->separated)
        bytes_append(&out, SLICE("\r\n"));
    bytes_append(&out, body);
    return builder_keep(b, &out);
}

/* The message as it is to those who end its header at the first line that is no field. */
static bool read_short(struct builder *b, const struct header *header, struct slice body)
{
    struct header above = *header;
    struct outline_source source;

    if (!header_is_ambiguous(header))
        return true;
    above.count = header->above;
    source = source_of(b, &above, text_below(b, header, body));
    return builder_fail(b, CONTENT_READ) && readings_take(b, &source, CONTENT_NO_PART, true);
}

/* The message as it is to those who pass over empty lines in front of a header: all of it is below
 * the first of them. */
static bool read_headless(struct builder *b, const struct header *header, struct slice body)
{
    struct outline_source source = source_of(b, header, body);

    if (header->count > 0 || !inside_header(body))
        return true;
    builder_doubts(b, doubt_bit(DOUBT_BELOW), 0);
    source.type = SLICE("message/rfc822");
    return builder_fail(b, CONTENT_READ) && readings_take(b, &source, CONTENT_NO_PART, true);
}

static bool read_encoded(struct builder *b)
{
    for (; b->encoded != NULL; b->encoded = b->encoded->next) {
        struct outline_source source = source_of(b, &b->encoded->header, b->encoded->text);

        source.depth = builder_part_at(b, b->encoded->part)->depth + 1;
        if (!readings_take(b, &source, b->encoded->part, true))
            return false;
    }
    return true;
}

void content_ready(void)
{
    mime_ready();
}

enum content_result content_read(const struct header *header, struct slice body,
                                 const struct content_limits *limits, struct allowance *allowance,
                                 struct content **content)
{
    struct builder *b = builder_create(limits, allowance);
    struct outline_source source;
    enum content_result result;

    *content = NULL;
    if (b == NULL)
        return CONTENT_MEMORY;
    source = source_of(b, header, body);
    if (readings_take(b, &source, CONTENT_NO_PART, false) && read_short(b, header, body) &&
        read_headless(b, header, body) && read_encoded(b))
        *content = builder_finish(b);
    result = b->result;
    if (*content == NULL)
        builder_destroy(b);
    return result;
}

const char *content_why(enum content_result result)
{
    switch (result) {
    case CONTENT_READ: return "it was read";
    case CONTENT_LIMIT: return "its structure is over a limit";
    case CONTENT_OVER: return "to read it took too long";
    case CONTENT_MEMORY: return "to read it took too much memory";
    }
    return "";
}

void content_destroy(struct content *content)
{
    builder_destroy((struct builder *)content);
}
