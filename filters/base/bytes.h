/* bytes: a growing buffer with one owner and a limit.
 *
 * Appending can fail (limit or memory). The failure sticks, so that a writer appends many pieces
 * and asks once: appending answers nothing, bytes_take and bytes_end answer for all of it. After a
 * failure nothing more is appended, and what is there is whole pieces only. Neither emptying nor
 * overwriting takes a failure back: only bytes_set and bytes_renew begin another text, and
 * bytes_fini ends this one.
 *
 * A text that is kept (a name, a command) is put by bytes_set, whose answer must be looked at;
 * bytes_slice reads it. A text that is built is had by bytes_take, which gives none when a piece is
 * missing.
 */
#ifndef FILTERS_BASE_BYTES_H
#define FILTERS_BASE_BYTES_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

struct bytes {
    char *data;
    size_t len;
    size_t cap;
    size_t limit_bytes; /* len never exceeds it */
    bool failed;        /* a piece did not fit, or memory was out; for bytes.c and tests */
};

/* bytes_init(b, limit_bytes): makes ${b} empty; allocates nothing yet. */
void bytes_init(struct bytes *b, size_t limit_bytes);

/* bytes_append(b, s): appends a copy of ${s}, unless it has failed or fails now. */
void bytes_append(struct bytes *b, struct slice s);

/* bytes_append_char(b, c): appends one byte; as bytes_append. */
void bytes_append_char(struct bytes *b, char c);

/* bytes_format(b, format, ...): appends a printf; for texts of our own. As bytes_append. */
void bytes_format(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* bytes_end(b): whether all that was appended is there: 0, or -1. */
MUST_USE int bytes_end(const struct bytes *b);

/* bytes_take(b, out): the same, and what is in it, as bytes_slice; on -1 ${out} is not set. */
MUST_USE int bytes_take(const struct bytes *b, struct slice *out);

/* bytes_fail(b): a piece of the text is missing that its writer could not even append. */
void bytes_fail(struct bytes *b);

/* bytes_set(b, s): another text: a copy of ${s}, which may not lie in ${b}. Returns 0, or -1: it is
 * empty then, and has failed. */
MUST_USE int bytes_set(struct bytes *b, struct slice s);

/* bytes_reserve(b, size): makes room for ${size} more bytes and returns where they start, or NULL:
 * it has failed. The caller writes there and then calls bytes_commit. */
MUST_USE char *bytes_reserve(struct bytes *b, size_t size);

/* bytes_commit(b, size): counts ${size} bytes written into reserved room. */
void bytes_commit(struct bytes *b, size_t size);

/* bytes_cut(b, len): keeps the first ${len} bytes, at most what there is. */
void bytes_cut(struct bytes *b, size_t len);

/* bytes_slice(b): what is in it; valid until the next call that changes ${b}. For a text that is
 * kept, or one whose bytes_end was asked. */
static inline struct slice bytes_slice(const struct bytes *b)
{
    return (struct slice){b->data, b->len};
}

/* bytes_clear(b): empties it and keeps its memory; it has failed if it had. */
void bytes_clear(struct bytes *b);

/* bytes_renew(b): bytes_clear, for a text that has nothing to do with the last one, whose failure
 * is known: it may be written anew. */
void bytes_renew(struct bytes *b);

/* bytes_go_on(b): the piece that is missing is accounted for, and what follows has nothing to do
 * with it: more may be appended. For a queue of texts. */
void bytes_go_on(struct bytes *b);

/* bytes_wipe(b): as bytes_clear, and overwrites all of its memory, for secrets. What growing has
 * left behind elsewhere is not reached: reserve the room first. */
void bytes_wipe(struct bytes *b);

/* bytes_fini(b): frees its memory; it is then as after bytes_init with the same limit. */
void bytes_fini(struct bytes *b);

#endif
