/* encoded: see encoded.h. */
#include "filters/content/encoded.h"

#include "filters/decode/decode.h"

/* ${text} with CRLF at the end of each line, as all that is read here has. */
static struct slice with_line_ends(struct builder *b, struct slice text)
{
    struct bytes out;

    builder_begin(b, &out);
    while (text.len > 0) {
        size_t end = slice_find(text, '\n');
        struct slice line = slice_first(text, end);

        if (line.len > 0 && end != SLICE_NOT_FOUND && line.ptr[line.len - 1] == '\r')
            line.len--;
        bytes_append(&out, line);
        if (end != SLICE_NOT_FOUND)
            bytes_append(&out, SLICE("\r\n"));
        text = end != SLICE_NOT_FOUND ? slice_from(text, end + 1) : SLICE_NONE;
    }
    return builder_keep(b, &out);
}

static struct slice decode(struct builder *b, struct slice raw, enum content_encoding encoding)
{
    struct bytes octets;
    struct slice text = SLICE("");

    builder_begin(b, &octets);
    if (builder_fail(b, decode_whole(encoding, DECODE_MOST, raw, b->allowance, &octets)) &&
        bytes_take(&octets, &text) == 0) {
        b->lent = octets.cap;
        text = with_line_ends(b, text);
        b->lent = 0;
    }
    bytes_fini(&octets);
    return text;
}

/* The message's header stands in ${text}, which is cut to what is below. */
static bool take_header(struct builder *b, struct slice *text, struct header *header)
{
    struct header_scan scan = {0};
    struct header_end end;
    struct slice block;

    if (header_scan(&scan, *text, true, &end) != 1)
        return false;
    block = slice_first(*text, end.fields_end);
    *text = slice_make(text->ptr + end.body_start, text->len - end.body_start);
    return header_parse(header, block, end.body_start > end.fields_end, &b->arena) == 0;
}

/* The multipart's own header, without the encoding that is undone. */
static bool plain_header(struct builder *b, const struct content_part *part,
                         const struct outline_part *from, struct header *header)
{
    struct header own;
    size_t kept = 0;

    if (from->header == NULL && header_parse(&own, part->header, true, &b->arena) != 0)
        return false;
    if (header_clone(header, from->header != NULL ? from->header : &own, &b->arena) != 0)
        return false;
    for (size_t i = 0; i < header->count; i++)
        if (!slice_equal_case(header->fields[i].name, SLICE("Content-Transfer-Encoding")))
            header->fields[kept++] = header->fields[i];
    header->count = kept;
    header_count_above(header);
    return true;
}

static void take(struct builder *b, uint32_t number, const struct outline_part *from,
                 enum content_encoding encoding)
{
    const struct content_part *part = builder_part_at(b, number);
    struct builder_encoded *encoded = arena_alloc(&b->arena, sizeof(*encoded));
    bool message = !declared_is(from->type, SLICE("multipart")), parsed;

    if (encoded == NULL) {
        (void)builder_fail(b, CONTENT_MEMORY); /* b->result says it */
        return;
    }
    encoded->part = number;
    encoded->text = decode(b, part->body, encoding);
    if (b->result != CONTENT_READ)
        return;
    parsed = message ? take_header(b, &encoded->text, &encoded->header)
                     : plain_header(b, part, from, &encoded->header);
    if (!builder_fail(b, parsed ? CONTENT_READ : CONTENT_MEMORY))
        return;
    *b->encoded_end = encoded;
    b->encoded_end = &encoded->next;
}

void encoded_take(struct builder *b, uint32_t number, const struct outline_part *from)
{
    static const enum content_encoding undone[] = {CONTENT_BASE64, CONTENT_QUOTED};

    for (size_t i = 0; i < sizeof(undone) / sizeof(*undone); i++)
        if ((from->declared.encodings & 1U << undone[i]) != 0 && b->result == CONTENT_READ)
            take(b, number, from, undone[i]);
}
