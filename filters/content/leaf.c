/* leaf: see leaf.h. */
#include "filters/content/leaf.h"

static struct content_part *part_at(const struct builder *b, uint32_t number)
{
    return builder_part_at(b, number);
}

static void add(struct builder *b, enum content_fact fact, uint32_t number, struct slice text,
                bool other)
{
    builder_value(b, fact,
                  (struct content_value){
                      .text = text, .part = number, .view = other ? CONTENT_OTHER : CONTENT_PLAIN});
}

static void add_size(struct builder *b, uint32_t number)
{
    uint64_t size = part_at(b, number)->size;
    struct slice digits = arena_format(&b->arena, "%llu", (unsigned long long)size);

    if (builder_fail(b, CONTENT_READ))
        builder_value(b, CONTENT_ATTACHMENT_SIZE,
                      (struct content_value){.text = digits, .number = size, .part = number});
}

static bool is_text(const struct declared *declared)
{
    for (const struct declared_text *type = declared->types; type != NULL; type = type->next)
        if (declared_is(type->text, SLICE("text")))
            return true;
    return false;
}

static void take_text(struct builder *b, uint32_t number)
{
    struct content_part *part = part_at(b, number);

    part->html = slice_equal(part->type, SLICE("text/html"));
    part->shown = !part->attachment;
    add(b, CONTENT_BODY, number, part->body, false);
}

static void take_file(struct builder *b, uint32_t number, const struct declared *declared)
{
    for (const struct declared_text *type = declared->types; type != NULL; type = type->next)
        add(b, CONTENT_ATTACHMENT_TYPE, number, type->text, type->other);
    add_size(b, number);
}

void leaf_take(struct builder *b, uint32_t number, const struct outline_part *from)
{
    const struct declared *declared = &from->declared;
    struct content_part *part = part_at(b, number);
    bool text = is_text(declared);

    if (declared->charsets != NULL)
        part->charset = declared->charsets->text;
    if (declared->names != NULL)
        part->name = declared->names->text;
    part->size = part->body.len;
    for (const struct declared_text *name = declared->names; name != NULL; name = name->next)
        add(b, CONTENT_ATTACHMENT, number, name->text, name->other);
    if (from->kind != OUTLINE_LEAF)
        return;
    part_at(b, number)->attachment = declared->attachment || declared->names != NULL || !text;
    if (text)
        take_text(b, number);
    if (part_at(b, number)->attachment)
        take_file(b, number, declared);
}
