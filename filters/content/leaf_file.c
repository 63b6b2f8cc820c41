/* leaf_file: see leaf_file.h. */
#include "filters/content/leaf_file.h"

#include "filters/base/charset_names.h"
#include "filters/decode/tnef.h"
#include "filters/file/signature.h"
#include "filters/file/zip.h"

static void add(struct builder *b, enum content_fact fact, uint32_t number, struct slice text,
                bool other)
{
    builder_value(b, fact,
                  (struct content_value){
                      .text = text, .part = number, .view = other ? CONTENT_OTHER : CONTENT_PLAIN});
}

static enum content_result result_of(enum zip_result result)
{
    switch (result) {
    case ZIP_READ: return CONTENT_READ;
    case ZIP_LIMIT: return CONTENT_LIMIT;
    case ZIP_OVER: return CONTENT_OVER;
    case ZIP_MEMORY: return CONTENT_MEMORY;
    }
    return CONTENT_MEMORY;
}

/* Both may hold: one member is encrypted, another cannot be seen into. */
static void add_encrypted(struct builder *b, uint32_t number, const struct zip *zip, bool other)
{
    if (zip->encrypted)
        add(b, CONTENT_ARCHIVE_ENCRYPTED, number, SLICE("yes"), other);
    if (zip->unknown)
        add(b, CONTENT_ARCHIVE_ENCRYPTED, number, SLICE("unknown"), other);
    if (!zip->encrypted && !zip->unknown)
        add(b, CONTENT_ARCHIVE_ENCRYPTED, number, SLICE("no"), other);
}

/* A file by itself. */
static void take_file(struct builder *b, uint32_t number, struct slice octets, bool other)
{
    struct zip zip;
    struct slice type;

    if (!builder_fail(b, result_of(zip_read(octets, b->allowance, &b->arena, &zip))))
        return;
    for (size_t i = 0; i < zip.name_count; i++)
        add(b, CONTENT_ARCHIVE_MEMBER, number, zip.names[i], other);
    for (size_t i = 0; i < zip.doubt_count; i++)
        builder_doubt(b, zip.doubts[i], number);
    if (zip.archive)
        add_encrypted(b, number, &zip, other);
    type = signature_of(octets, zip.names, zip.outer_count);
    if (type.ptr == NULL)
        return;
    add(b, CONTENT_ATTACHMENT_TYPE, number, type, other);
    if (!other)
        builder_part_at(b, number)->shown_type = type;
}

static void add_wide(struct builder *b, uint32_t number, struct slice octets)
{
    struct bytes name;

    builder_begin(b, &name);
    if (charset_to_utf8(&b->charsets, CHARSET_UTF_16LE, octets, &name) != 0)
        bytes_append(&name, octets);
    add(b, CONTENT_ATTACHMENT, number, builder_keep(b, &name), true);
}

/* The files in it, which only some readers show. */
static void take_tnef(struct builder *b, uint32_t number, struct tnef *tnef)
{
    struct tnef_item item;

    while (b->result == CONTENT_READ && tnef_next(tnef, &item)) {
        builder_doubts(b, doubt_bit(DOUBT_TNEF), number);
        switch (item.kind) {
        case TNEF_NAME: builder_name(b, item.octets, number); break;
        case TNEF_WIDE: add_wide(b, number, item.octets); break;
        case TNEF_FILE: take_file(b, number, item.octets, true); break;
        }
    }
}

void leaf_file_take(struct builder *b, uint32_t number, struct slice octets, bool other)
{
    struct tnef tnef;

    take_file(b, number, octets, other);
    if (b->result == CONTENT_READ && tnef_begin(&tnef, octets))
        take_tnef(b, number, &tnef);
}
