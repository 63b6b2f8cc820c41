/* builder: a content while it is made: all that it points to has one lifetime and one limit. */
#ifndef FILTERS_CONTENT_BUILDER_H
#define FILTERS_CONTENT_BUILDER_H

#include "filters/content/content.h"
#include "filters/link/link.h"
#include "filters/message/header.h"
#include "filters/mime/outline.h"

/* A text that was decoded and is kept. */
struct builder_text {
    struct builder_text *next;
    struct bytes bytes;
};

/* A part that is a message or multipart of its own when it is decoded: read when all is that stands
 * around it. */
struct builder_encoded {
    struct builder_encoded *next;
    uint32_t part;
    struct header header;
    struct slice text; /* below the header */
};

struct builder_array {
    void *items;
    size_t count, capacity;
};

struct builder {
    struct content content; /* what it becomes; first, so that one can be freed by the other */
    struct arena arena;
    struct builder_text *texts;
    size_t text_bytes; /* taken by these */
    size_t lent;       /* ... by a buffer that another is made of now */
    struct builder_encoded *encoded, **encoded_end;
    struct link_list links; /* of all parts */
    struct builder_array parts, doubts, values[CONTENT_FACTS];
    struct charset_set charsets;
    const struct content_limits *limits;
    struct allowance *allowance;
    enum content_result result; /* what went wrong first; CONTENT_READ: nothing */
};

/* builder_create(limits, allowance): an empty one, or NULL when memory is out. builder_destroy:
 * with all that was made. */
struct builder *builder_create(const struct content_limits *limits, struct allowance *allowance);
void builder_destroy(struct builder *b);

/* builder_fail(b, result): that went wrong, unless something did before or ${result} is
 * CONTENT_READ. False when anything has. */
bool builder_fail(struct builder *b, enum content_result result);

/* builder_begin(b, bytes): an empty buffer for a text, within what is left of the memory. It ends
 * by builder_keep, which makes it live as long as the content and returns what is in it, or by
 * bytes_fini. */
void builder_begin(const struct builder *b, struct bytes *bytes);
struct slice builder_keep(struct builder *b, struct bytes *bytes);

/* builder_part(b): another part, all zero, and its number in *${number}; NULL: that has failed. */
struct content_part *builder_part(struct builder *b, uint32_t *number);

/* builder_part_at(b, number): that part, until the next one is added. */
struct content_part *builder_part_at(const struct builder *b, uint32_t number);

/* builder_clean(b, text): ${text}, or what is made of it where it is no UTF-8. */
struct slice builder_clean(struct builder *b, struct slice text);

/* builder_value(b, fact, value): one more; not if the part has the same text there already. A text
 * that is no UTF-8 is cleaned. */
void builder_value(struct builder *b, enum content_fact fact, struct content_value value);

/* builder_name(b, name, part): a file's name as one of CONTENT_ATTACHMENT, that only some readers
 * show; a copy is kept. */
void builder_name(struct builder *b, struct slice name, uint32_t part);

/* builder_doubt(b, why, part), builder_doubts(b, set, part): likewise. */
void builder_doubt(struct builder *b, const char *why, uint32_t part);
void builder_doubts(struct builder *b, doubt_set set, uint32_t part);

/* builder_means(b): what reading parameters takes. */
struct parameter_means builder_means(struct builder *b);

/* builder_finish(b): the content, whole; or NULL with b->result, and it is destroyed. */
struct content *builder_finish(struct builder *b);

#endif
