/* failing_disk: a disk and an event loop that fail a running program when the test says so.
 *
 * Loaded by LD_PRELOAD. FAILING_DISK names a folder of the test's; what fails, or is slow, is what has
 * a file there: `sync` (fsync of a directory), `slow` (every fsync takes SLOW_MS longer), `unlink`, and
 * `epoll` (of every thread but the first). So the program starts undisturbed.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLOW_MS 30

static bool is_told(const char *what)
{
    const char *folder = getenv("FAILING_DISK");
    char path[PATH_MAX];

    if (folder == NULL || snprintf(path, sizeof path, "%s/%s", folder, what) >= (int)sizeof path)
        return false;
    int before = errno;
    bool told = access(path, F_OK) == 0;
    errno = before;
    return told;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

int fsync(int fd)
{
    const struct timespec delay = {.tv_nsec = SLOW_MS * 1000000L};
    struct stat status;

    if (is_told("slow"))
        (void)nanosleep(&delay, NULL);
    if (is_told("sync") && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        return fail(EIO);
    return (int)syscall(SYS_fsync, fd);
}

int unlinkat(int fd, const char *name, int flag)
{
    return is_told("unlink") ? fail(EROFS) : (int)syscall(SYS_unlinkat, fd, name, flag);
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    if (gettid() != getpid() && is_told("epoll"))
        return fail(EBADF);
    return (int)syscall(SYS_epoll_pwait, fd, events, max, timeout, NULL, 0);
}
