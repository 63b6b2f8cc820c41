/* file: see file.h. */
#include "conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define FILE_READ_BYTES 65536 /* asked of the system at once */

/* Reads until the end. Returns 0 or an errno; EFBIG when ${out} is full. */
static int read_all(int fd, struct bytes *out)
{
    for (;;) {
        char *room = bytes_reserve(out, FILE_READ_BYTES);
        ssize_t got;

        if (room == NULL)
            return EFBIG;
        got = read(fd, room, FILE_READ_BYTES);
        if (got == 0)
            return 0;
        if (got > 0)
            bytes_commit(out, (size_t)got);
        else if (errno != EINTR)
            return errno;
    }
}

const char *file_read(const char *path, struct bytes *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int error;

    if (fd < 0)
        return strerror(errno);
    error = read_all(fd, out);
    (void)close(fd); /* only read from */
    return error != 0 ? strerror(error) : NULL;
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
