/* leaf_file: see leaf_file.h. */
#include "filters/content/leaf_file.h"

#include "filters/content/signature.h"
#include "filters/content/zip.h"

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

void leaf_file_take(struct builder *b, uint32_t number, struct slice octets, bool other)
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
