/* bytes: a growing buffer with one owner and a limit.
 *
 * Appending can fail (limit or memory). The failure sticks in ${failed}, so that a writer may
 * append many pieces and look once at the end; after a failure nothing more is appended, and what
 * is there is whole pieces only.
 */
#ifndef FILTERS_BASE_BYTES_H
#define FILTERS_BASE_BYTES_H

#include "filters/base/slice.h"

struct bytes {
    char *data;
    size_t len;
    size_t cap;
    size_t limit_bytes; /* len never exceeds it */
    bool failed;        /* an append did not fit, or memory was out */
};

/* bytes_init(b, limit_bytes): makes ${b} empty; allocates nothing yet. */
void bytes_init(struct bytes *b, size_t limit_bytes);

/* bytes_append(b, s): appends a copy of ${s}. Returns 0, or -1 and sets b->failed. */
int bytes_append(struct bytes *b, struct slice s);

/* bytes_append_char(b, c): appends one byte; as bytes_append. */
int bytes_append_char(struct bytes *b, char c);

/* bytes_format(b, format, ...): appends a printf; for texts of our own. As bytes_append. */
int bytes_format(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* bytes_reserve(b, size): makes room for ${size} more bytes and returns where they start, or NULL
 * (and sets b->failed). The caller writes there and then calls bytes_commit. */
char *bytes_reserve(struct bytes *b, size_t size);

/* bytes_commit(b, size): counts ${size} bytes written into reserved room. */
void bytes_commit(struct bytes *b, size_t size);

/* bytes_consume(b, size): removes the first ${size} bytes (at most len), moving the rest down. */
void bytes_consume(struct bytes *b, size_t size);

/* bytes_slice(b): what is in it; valid until the next call that changes ${b}. */
static inline struct slice bytes_slice(const struct bytes *b)
{
    return (struct slice){b->data, b->len};
}

/* bytes_clear(b): empties it, keeps its memory and clears b->failed. */
void bytes_clear(struct bytes *b);

/* bytes_wipe(b): as bytes_clear, and overwrites all of its memory, for secrets. What growing has
 * left behind elsewhere is not reached: reserve the room first. */
void bytes_wipe(struct bytes *b);

/* bytes_fini(b): frees its memory; it is then as after bytes_init with the same limit. */
void bytes_fini(struct bytes *b);

#endif
