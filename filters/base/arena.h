/* arena: memory with one lifetime.
 *
 * A session has one arena, a message has one, a loaded configuration has one; nothing else lives
 * between. Everything in it is freed at once, so there is no ladder of frees and nothing to forget.
 * Blocks are taken only when needed: an idle session's arena costs nothing. Each arena has a limit;
 * hitting it is an ordinary failure that the caller turns into a 4xx reply, never an abort. The
 * failure sticks as long as what lives in the arena: who decides on the ground of it asks
 * arena_failed, whatever became of each answer.
 */
#ifndef FILTERS_BASE_ARENA_H
#define FILTERS_BASE_ARENA_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t block_bytes;         /* size of an ordinary block */
    size_t total_bytes;         /* taken from malloc so far */
    size_t limit_bytes;         /* total_bytes never exceeds it */
    bool failed;                /* something was asked for and not given; see arena_failed */
};

/* arena_init(arena, block_bytes, limit_bytes): makes an empty arena that takes memory in blocks of
 * ${block_bytes} (larger when one request is larger) and at most ${limit_bytes} in all. Allocates
 * nothing yet. */
void arena_init(struct arena *arena, size_t block_bytes, size_t limit_bytes);

/* arena_alloc(arena, size): ${size} zeroed bytes, aligned for any type, or NULL when the limit is
 * reached or memory is out. They live until arena_reset or arena_fini. */
MUST_USE void *arena_alloc(struct arena *arena, size_t size);

/* arena_copy(arena, s): a copy of ${s} in the arena, followed by a NUL that its length does not
 * count (so that our own texts can be handed to C libraries). Its ptr is NULL on failure only;
 * a copy of the empty slice has a non-NULL ptr. */
MUST_USE struct slice arena_copy(struct arena *arena, struct slice s);

/* arena_format(arena, format, ...): printf into the arena; NUL-terminated like arena_copy. For
 * texts of our own. Its ptr is NULL on failure only. */
MUST_USE struct slice arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* arena_failed(arena): whether something was asked of it and not given since it was last empty. */
static inline bool arena_failed(const struct arena *arena)
{
    return arena->failed;
}

/* arena_fail(arena): something for it was lost before it could be asked for. */
static inline void arena_fail(struct arena *arena)
{
    arena->failed = true;
}

/* arena_reset(arena): frees everything in it; it can be used again at once. One block of ordinary
 * size is kept for the next round. */
void arena_reset(struct arena *arena);

/* arena_fini(arena): frees everything, the kept block included. It can be used again at once. */
void arena_fini(struct arena *arena);

#endif
