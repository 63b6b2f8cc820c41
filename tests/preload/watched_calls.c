/* watched_calls: what a running program asks of the system, in its order, for tests.
 *
 * Loaded by LD_PRELOAD. WATCHED_CALLS names a folder of the test's: each call is a line of its file
 * `calls`, with the path that the system knows for what it is about, or the first line of what is
 * sent. What must be done before something else is noted when it is done, and only if it succeeds;
 * what others can see at once, a reply, before. So a line above another happened before it.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINE_BYTES (2 * PATH_MAX)
#define TEXT_BYTES 60 /* of what is sent */

/* Appends a line: one write, so that those of several threads do not mix. */
static void note(const char *call, const char *what)
{
    char path[PATH_MAX], line[LINE_BYTES];
    const char *folder = getenv("WATCHED_CALLS");

    if (folder == NULL || snprintf(path, sizeof(path), "%s/calls", folder) >= PATH_MAX)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    int len = snprintf(line, sizeof(line), "%s %s\n", call, what);
    if (fd < 0)
        return;
    (void)!write(fd, line, (size_t)len);
    (void)close(fd);
}

static void path_of(int fd, char path[PATH_MAX])
{
    char link[32];
    ssize_t len;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, PATH_MAX - 1);
    path[len > 0 ? len : 0] = '\0';
}

/* ${result} of a call about ${name}, relative to the folder ${dir}; NULL: about ${dir} itself. */
static int done(const char *call, int result, int dir, const char *name)
{
    char folder[PATH_MAX] = "", path[PATH_MAX];

    if (result != 0)
        return result;
    if (dir != AT_FDCWD)
        path_of(dir, folder);
    if (snprintf(path, sizeof(path), "%s%s%s", folder, name != NULL && folder[0] != '\0' ? "/" : "",
                 name != NULL ? name : "") < PATH_MAX)
        note(call, path);
    return result;
}

int fsync(int fd)
{
    return done("fsync", (int)syscall(SYS_fsync, fd), fd, NULL);
}

int syncfs(int fd)
{
    return done("syncfs", (int)syscall(SYS_syncfs, fd), fd, NULL);
}

int mkdir(const char *path, mode_t mode)
{
    return done("mkdir", (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode), AT_FDCWD, path);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
    return done("mkdir", (int)syscall(SYS_mkdirat, dir, path, mode), dir, path);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    return done("link", (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags), to_dir, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return done("rename", (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0), to_dir, to);
}

int unlinkat(int dir, const char *path, int flags)
{
    return done("unlink", (int)syscall(SYS_unlinkat, dir, path, flags), dir, path);
}

static void note_sent(const char *data, size_t len)
{
    char text[TEXT_BYTES + 1];
    const char *end = memchr(data, '\r', len);
    size_t take = end != NULL ? (size_t)(end - data) : len;

    if (take > TEXT_BYTES)
        take = TEXT_BYTES;
    memcpy(text, data, take);
    text[take] = '\0';
    note("send", text);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
    note_sent(data, len);
    return (ssize_t)syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (message->msg_iovlen > 0)
        note_sent(message->msg_iov[0].iov_base, message->msg_iov[0].iov_len);
    return (ssize_t)syscall(SYS_sendmsg, fd, message, flags);
}
