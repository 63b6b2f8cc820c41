/* builder: see builder.h. */
#include "filters/content/builder.h"

#include <stdlib.h>

#include "filters/base/utf8.h"

#define BLOCK_BYTES 16384
#define ARRAY_FIRST 8
#define REPEAT_LOOK 64 /* values back that are looked at for the same one */

struct builder *builder_create(const struct content_limits *limits, struct allowance *allowance)
{
    struct builder *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return NULL;
    arena_init(&b->arena, BLOCK_BYTES, limits->memory_bytes);
    b->limits = limits;
    b->allowance = allowance;
    b->encoded_end = &b->encoded;
    link_list_init(&b->links, &b->arena, allowance);
    b->result = CONTENT_READ;
    return b;
}

void builder_destroy(struct builder *b)
{
    if (b == NULL)
        return;
    while (b->texts != NULL) {
        bytes_fini(&b->texts->bytes);
        b->texts = b->texts->next;
    }
    charset_set_fini(&b->charsets);
    arena_fini(&b->arena);
    free(b);
}

bool builder_fail(struct builder *b, enum content_result result)
{
    if (b->result == CONTENT_READ && arena_failed(&b->arena))
        b->result = CONTENT_MEMORY;
    if (b->result == CONTENT_READ)
        b->result = result;
    return b->result == CONTENT_READ;
}

/* --- texts ------------------------------------------------------------------------------------ */

void builder_begin(const struct builder *b, struct bytes *bytes)
{
    size_t used = b->arena.total_bytes + b->text_bytes + b->lent;

    bytes_init(bytes, used < b->limits->memory_bytes ? b->limits->memory_bytes - used : 0);
}

/* What the arena may take is less by what the text has. */
static void account(struct builder *b, size_t taken)
{
    struct arena *arena = &b->arena;

    b->text_bytes += taken;
    arena->limit_bytes -= taken < arena->limit_bytes ? taken : arena->limit_bytes;
    if (arena->limit_bytes < arena->total_bytes)
        arena->limit_bytes = arena->total_bytes;
}

struct slice builder_keep(struct builder *b, struct bytes *bytes)
{
    struct builder_text *text = NULL;

    if (bytes_end(bytes) == 0)
        text = arena_alloc(&b->arena, sizeof(*text));
    if (text == NULL) {
        bytes_fini(bytes);
        (void)builder_fail(b, CONTENT_MEMORY); /* the answer is known */
        return SLICE("");
    }
    *text = (struct builder_text){.next = b->texts, .bytes = *bytes};
    b->texts = text;
    account(b, bytes->cap);
    return bytes->len > 0 ? bytes_slice(bytes) : SLICE("");
}

/* --- arrays ----------------------------------------------------------------------------------- */

static void *add_item(struct builder *b, struct builder_array *array, size_t size)
{
    size_t capacity = array->capacity > 0 ? 2 * array->capacity : ARRAY_FIRST;
    void *items;

    if (array->count == array->capacity) {
        items = arena_alloc(&b->arena, capacity * size);
        if (items == NULL) {
            (void)builder_fail(b, CONTENT_MEMORY); /* the answer is known */
            return NULL;
        }
        if (array->count > 0)
            memcpy(items, array->items, array->count * size);
        array->items = items;
        array->capacity = capacity;
    }
    return (char *)array->items + array->count++ * size;
}

struct content_part *builder_part(struct builder *b, uint32_t *number)
{
    *number = (uint32_t)b->parts.count;
    return add_item(b, &b->parts, sizeof(struct content_part));
}

struct content_part *builder_part_at(const struct builder *b, uint32_t number)
{
    return (struct content_part *)b->parts.items + number;
}

/* Whether it is there already; what is said of it then holds of both. */
static bool is_there(const struct builder_array *array, const struct content_value *value)
{
    struct content_value *items = array->items;
    size_t first = array->count > REPEAT_LOOK ? array->count - REPEAT_LOOK : 0;

    for (size_t i = array->count; i > first; i--)
        if (items[i - 1].part == value->part && slice_equal(items[i - 1].text, value->text)) {
            items[i - 1].mismatch = items[i - 1].mismatch || value->mismatch;
            return true;
        }
    return false;
}

struct slice builder_clean(struct builder *b, struct slice text)
{
    struct bytes out;

    if (utf8_valid(text))
        return text;
    builder_begin(b, &out);
    utf8_append_clean(text, &out);
    return builder_keep(b, &out);
}

void builder_value(struct builder *b, enum content_fact fact, struct content_value value)
{
    struct content_value *added;

    if (!allowance_spend(b->allowance, value.text.len))
        (void)builder_fail(b, CONTENT_OVER); /* the answer is known */
    value.text = builder_clean(b, value.text);
    if (b->result != CONTENT_READ || is_there(&b->values[fact], &value))
        return;
    added = add_item(b, &b->values[fact], sizeof(*added));
    if (added != NULL)
        *added = value;
}

void builder_name(struct builder *b, struct slice name, uint32_t part)
{
    struct slice copy = arena_copy(&b->arena, name);

    if (builder_fail(b, copy.ptr != NULL ? CONTENT_READ : CONTENT_MEMORY))
        builder_value(b, CONTENT_ATTACHMENT,
                      (struct content_value){.text = copy, .part = part, .view = CONTENT_OTHER});
}

void builder_doubt(struct builder *b, const char *why, uint32_t part)
{
    const struct content_doubt *doubts = b->doubts.items;
    struct content_doubt *added;

    for (size_t i = b->doubts.count; i > 0 && doubts[i - 1].part == part; i--)
        if (strcmp(doubts[i - 1].why, why) == 0)
            return;
    added = add_item(b, &b->doubts, sizeof(*added));
    if (added != NULL)
        *added = (struct content_doubt){.why = why, .part = part};
}

void builder_doubts(struct builder *b, doubt_set set, uint32_t part)
{
    for (enum doubt doubt = 0; doubt < DOUBTS; doubt++)
        if ((set & doubt_bit(doubt)) != 0)
            builder_doubt(b, doubt_text(doubt), part);
}

struct parameter_means builder_means(struct builder *b)
{
    return (struct parameter_means){&b->arena, &b->charsets, b->allowance};
}

/* --- the end ---------------------------------------------------------------------------------- */

struct content *builder_finish(struct builder *b)
{
    if (!builder_fail(b, CONTENT_READ))
        return NULL;
    b->content.parts = b->parts.items;
    b->content.part_count = b->parts.count;
    b->content.doubts = b->doubts.items;
    b->content.doubt_count = b->doubts.count;
    for (size_t i = 0; i < CONTENT_FACTS; i++)
        b->content.values[i] = (struct content_values){b->values[i].items, b->values[i].count};
    charset_set_fini(&b->charsets);
    return &b->content;
}
