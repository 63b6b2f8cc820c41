/* spool: the content of one message while it is held: memory up to a limit, then one unlinked file.
 *
 * Append until the end, then read it as one contiguous run, mapped when it is in the file. The file
 * never has a name that outlives its opening (O_TMPFILE, or mkostemp and unlink), so a crash leaves
 * nothing behind.
 */
#ifndef PROXY_NET_SPOOL_H
#define PROXY_NET_SPOOL_H

#include "filters/base/arena.h"
#include "filters/base/must_use.h"

#define SPOOL_DESCRIPTORS 1

struct spool {
    char *memory;
    size_t memory_len, memory_cap;
    size_t memory_limit;
    const char *dir; /* borrowed, NUL-terminated */
    int fd;          /* -1: all in memory */
    uint64_t size_bytes;
    char *map;
    size_t map_len;
    int error; /* errno of the first failure; it sticks */
};

/* spool_init(s, memory_limit, dir): empty; takes nothing yet. ${dir} must outlive it. */
void spool_init(struct spool *s, size_t memory_limit, const char *dir);

/* spool_append(s, data): 0, or -1 with s->error (ENOSPC, EIO, ENOMEM, ...). After a failure nothing
 * more is kept. A write that is cut short is a failure. */
MUST_USE int spool_append(struct spool *s, struct slice data);

/* spool_view(s, view): all of it, contiguous; valid until spool_append, spool_reset or spool_fini.
 * 0, or -1 with s->error, also when the file holds less than was written. */
MUST_USE int spool_view(struct spool *s, struct slice *view);

/* spool_reason(s, arena): why it failed, for a person: the directory and what the system said of
 * it, or that memory was out; NUL-terminated. */
struct slice spool_reason(const struct spool *s, struct arena *arena);

/* spool_reset(s): empty again; all memory and the file are given back. spool_fini is the same. */
void spool_reset(struct spool *s);
void spool_fini(struct spool *s);

#endif
