/* spool: see spool.h. */
#include "proxy/net/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_FIRST    4096
#define FILE_MODE       0600
#define FILE_TEMPLATE   "%s/postern-spool-XXXXXX"
#define FILE_NAME_BYTES 4096

static int fail(struct spool *s, int error)
{
    s->error = error != 0 ? error : EIO;
    return -1;
}

static void drop_map(struct spool *s)
{
    if (s->map != NULL)
        (void)munmap(s->map, s->map_len);
    s->map = NULL;
}

void spool_init(struct spool *s, size_t memory_limit, const char *dir)
{
    *s = (struct spool){.memory_limit = memory_limit, .dir = dir, .fd = -1};
}

void spool_reset(struct spool *s)
{
    drop_map(s);
    free(s->memory);
    if (s->fd >= 0)
        (void)close(s->fd); /* the file has no name: this is its end */
    spool_init(s, s->memory_limit, s->dir);
}

void spool_fini(struct spool *s)
{
    spool_reset(s);
}

/* -- memory -- */

static int append_memory(struct spool *s, struct slice data)
{
    size_t need = s->memory_len + data.len;
    if (need > s->memory_cap) {
        size_t cap = s->memory_cap > 0 ? s->memory_cap : MEMORY_FIRST;
        while (cap < need)
            cap *= 2;
        if (cap > s->memory_limit)
            cap = s->memory_limit;
        char *memory = realloc(s->memory, cap);
        if (memory == NULL)
            return fail(s, ENOMEM);
        s->memory = memory;
        s->memory_cap = cap;
    }
    memcpy(s->memory + s->memory_len, data.ptr, data.len);
    s->memory_len = need;
    s->size_bytes = need;
    return 0;
}

/* -- the file -- */

/* For file systems without O_TMPFILE: the name lives as long as this function. */
static int open_named(const char *dir)
{
    char name[FILE_NAME_BYTES];
    int len = snprintf(name, sizeof(name), FILE_TEMPLATE, dir);
    if (len < 0 || (size_t)len >= sizeof(name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0 && unlink(name) != 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int open_file(struct spool *s)
{
    s->fd = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, FILE_MODE);
    /* EISDIR: a kernel, EOPNOTSUPP: a file system that does not know O_TMPFILE. */
    if (s->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
        s->fd = open_named(s->dir);
    return s->fd >= 0 ? 0 : fail(s, errno);
}

static int write_file(struct spool *s, struct slice data)
{
    while (data.len > 0) {
        ssize_t put = write(s->fd, data.ptr, data.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail(s, errno);
        if (put == 0)
            return fail(s, ENOSPC);
        s->size_bytes += (uint64_t)put;
        data = slice_from(data, (size_t)put);
    }
    return 0;
}

static int leave_memory(struct spool *s)
{
    if (open_file(s) != 0)
        return -1;
    s->size_bytes = 0;
    if (write_file(s, slice_make(s->memory, s->memory_len)) != 0)
        return -1;
    free(s->memory);
    s->memory = NULL;
    s->memory_len = s->memory_cap = 0;
    return 0;
}

/* -- both -- */

int spool_append(struct spool *s, struct slice data)
{
    if (s->error != 0)
        return -1;
    if (data.len == 0)
        return 0;
    drop_map(s);
    if (s->fd < 0 && data.len <= s->memory_limit - s->memory_len)
        return append_memory(s, data);
    if (s->fd < 0 && leave_memory(s) != 0)
        return -1;
    return write_file(s, data);
}

static int map_file(struct spool *s)
{
    struct stat status;
    if (fstat(s->fd, &status) != 0)
        return fail(s, errno);
    /* Reading past the end of a mapped file is a signal, so a file cut short by others must be
     * found here. */
    if (status.st_size < 0 || (uint64_t)status.st_size != s->size_bytes)
        return fail(s, EIO);
    if (s->size_bytes > SIZE_MAX)
        return fail(s, EFBIG);
    size_t len = (size_t)s->size_bytes;
    void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, s->fd, 0);
    if (map == MAP_FAILED)
        return fail(s, errno);
    /* Most readers go through it once, from the front. */
    (void)posix_madvise(map, len, POSIX_MADV_SEQUENTIAL);
    s->map = map;
    s->map_len = len;
    return 0;
}

struct slice spool_reason(const struct spool *s, struct arena *arena)
{
    struct slice text = SLICE_NONE;
    if (s->error != ENOMEM || s->fd >= 0)
        text = arena_format(arena, "%s: %s", s->dir, strerror(s->error));
    return text.ptr != NULL ? text : SLICE("out of memory");
}

int spool_view(struct spool *s, struct slice *view)
{
    *view = SLICE_NONE;
    if (s->error != 0)
        return -1;
    if (s->fd < 0) {
        *view = slice_make(s->memory, s->memory_len);
        return 0;
    }
    if (s->map == NULL && map_file(s) != 0)
        return -1;
    *view = slice_make(s->map, s->map_len);
    return 0;
}
