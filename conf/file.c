/* file: see file.h. */
#include "conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_READ_BYTES 65536 /* asked of the system at once */
#define FILE_WAIT_MS    2000  /* for what is no plain file to say something */

/* A pipe may have nobody at its other end, and a gateway that reloads cannot wait for him. Returns
 * 0 when there is something to read, or the end; or an errno. */
static int await(int fd)
{
    struct pollfd pipe = {fd, POLLIN, 0};
    int ready = poll(&pipe, 1, FILE_WAIT_MS);

    if (ready < 0)
        return errno;
    return ready > 0 ? 0 : ETIMEDOUT;
}

/* Reads until the end. Returns 0 or an errno; EFBIG when ${out} is full. */
static int read_all(int fd, struct bytes *out)
{
    for (;;) {
        char *room = bytes_reserve(out, FILE_READ_BYTES);
        ssize_t got;
        int error = await(fd);

        if (error == EINTR)
            continue;
        if (error != 0 || room == NULL)
            return error != 0 ? error : EFBIG;
        got = read(fd, room, FILE_READ_BYTES);
        if (got == 0)
            return 0;
        if (got > 0)
            bytes_commit(out, (size_t)got);
        else if (errno != EINTR && errno != EAGAIN)
            return errno;
    }
}

const char *file_read(const char *path, struct bytes *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    int error;

    if (fd < 0)
        return strerror(errno);
    error = read_all(fd, out);
    (void)close(fd); /* only read from */
    return error != 0 ? strerror(error) : NULL;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001b3);
}

uint64_t file_mark(const char *path)
{
    struct stat found;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    if (stat(path, &found) != 0)
        return 0;
    hash = mix(hash, (uint64_t)found.st_ino);
    hash = mix(hash, (uint64_t)found.st_size);
    hash = mix(hash, (uint64_t)found.st_mtim.tv_sec);
    return mix(hash, (uint64_t)found.st_mtim.tv_nsec);
}

struct slice file_beside(struct arena *arena, struct slice file, struct slice path)
{
    size_t slash = slice_find_last(file, '/');
    struct slice folder = slash != SLICE_NOT_FOUND ? slice_first(file, slash + 1) : SLICE_NONE;

    if (slice_starts(path, SLICE("/")))
        return arena_copy(arena, path);
    return arena_format(arena, "%.*s%.*s", SLICE_ARG(folder), SLICE_ARG(path));
}

struct slice file_absolute(struct arena *arena, struct slice path)
{
    char here[PATH_MAX];

    if (slice_starts(path, SLICE("/")))
        return arena_copy(arena, path);
    if (getcwd(here, sizeof(here)) == NULL)
        return SLICE_NONE;
    return arena_format(arena, "%s/%.*s", here, SLICE_ARG(path));
}
