/* failing_disk: a disk and an event loop that fail a running program when the test says so.
 *
 * Loaded by LD_PRELOAD. FAILING_DISK names a folder of the test's; what fails, or is slow, is what
 * has a file there: `sync` (fsync of a directory), `slow` (every fsync takes SLOW_MS longer),
 * `stuck` (fsync waits, as long as it is there; the first to do so makes `reached`), `unlink`, and
 * `epoll` (of the first thread that comes but the main one; it takes the file away), `loops` (every
 * epoll).
 * So the program starts undisturbed.
 */
#include <errno.h>
#include <fcntl.h>
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

static bool find(const char *what, char path[PATH_MAX])
{
    const char *folder = getenv("FAILING_DISK");
    return folder != NULL && snprintf(path, PATH_MAX, "%s/%s", folder, what) < PATH_MAX;
}

static bool is_told(const char *what)
{
    char path[PATH_MAX];
    int before = errno;
    bool told = find(what, path) && access(path, F_OK) == 0;
    errno = before;
    return told;
}

static bool is_told_once(const char *what)
{
    char path[PATH_MAX];
    return is_told(what) && find(what, path) && unlink(path) == 0;
}

static void tell(const char *what)
{
    char path[PATH_MAX];
    int fd = find(what, path) ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (fd >= 0)
        (void)close(fd);
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
    if (is_told("stuck"))
        tell("reached");
    while (is_told("stuck"))
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
    if (is_told("loops") || (gettid() != getpid() && is_told_once("epoll")))
        return fail(EBADF);
    return (int)syscall(SYS_epoll_pwait, fd, events, max, timeout, NULL, 0);
}
