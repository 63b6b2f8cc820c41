/* arena: see arena.h. Blocks stand in a list, newest first; only the newest one has room. */
#include "filters/base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *next;
    size_t size; /* of the whole block, as malloc gave it */
    size_t used; /* bytes of data handed out */
    alignas(max_align_t) char data[];
};

static size_t block_room(const struct arena_block *block)
{
    return block->size - sizeof(*block) - block->used;
}

void arena_init(struct arena *arena, size_t block_bytes, size_t limit_bytes)
{
    *arena = (struct arena){.block_bytes = block_bytes, .limit_bytes = limit_bytes};
}

/* A block for ${size} bytes: of ordinary size if that is enough and the limit leaves so much, else
 * as large as must be. */
static struct arena_block *take_block(struct arena *arena, size_t size)
{
    size_t need = sizeof(struct arena_block) + size;
    size_t left = arena->limit_bytes - arena->total_bytes;
    size_t take = need < arena->block_bytes ? arena->block_bytes : need;
    struct arena_block *block;

    if (need < size || need > left)
        return NULL;
    if (take > left)
        take = left;
    block = malloc(take);
    if (block == NULL)
        return NULL;
    *block = (struct arena_block){.next = arena->blocks, .size = take};
    arena->blocks = block;
    arena->total_bytes += take;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    size_t rounded = size + (alignof(max_align_t) - 1);
    char *at;

    if (rounded < size) {
        arena->failed = true;
        return NULL;
    }
    rounded -= rounded % alignof(max_align_t);
    /* The end of a block need not be aligned, so the exact size may fit where the rounded does
     * not; not worth a second look. */
    if (block == NULL || block_room(block) < rounded)
        block = take_block(arena, rounded);
    if (block == NULL) {
        arena->failed = true;
        return NULL;
    }
    at = block->data + block->used;
    block->used += rounded;
    return memset(at, 0, size);
}

struct slice arena_copy(struct arena *arena, struct slice s)
{
    char *copy = arena_alloc(arena, s.len < SIZE_MAX ? s.len + 1 : s.len);

    if (copy == NULL)
        return SLICE_NONE;
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return slice_make(copy, s.len);
}

struct slice arena_format(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text = NULL;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    if (len >= 0)
        text = arena_alloc(arena, (size_t)len + 1);
    if (text != NULL)
        (void)vsnprintf(text, (size_t)len + 1, format, again); /* measured just before */
    va_end(again);
    va_end(args);
    return text != NULL ? slice_make(text, (size_t)len) : SLICE_NONE;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = NULL;
    struct arena_block *next;

    for (struct arena_block *block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        if (kept == NULL && block->size == arena->block_bytes) {
            kept = block;
            continue;
        }
        arena->total_bytes -= block->size;
        free(block);
    }
    arena->blocks = kept;
    arena->failed = false;
    if (kept != NULL) {
        kept->next = NULL;
        kept->used = 0;
    }
}

void arena_fini(struct arena *arena)
{
    struct arena_block *next;

    for (struct arena_block *block = arena->blocks; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
    arena->total_bytes = 0;
    arena->failed = false;
}
