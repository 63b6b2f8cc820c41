#include "proxy/record/outlet.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define FILE_MODE   0640
#define SYSLOG_NAME "postern"

int outlet_open(struct outlet *outlet, enum writer_target target, const char *path)
{
    struct stat status;
    *outlet = (struct outlet){.target = target, .fd = -1};
    switch (target) {
    case WRITER_STDOUT: outlet->fd = STDOUT_FILENO; break;
    case WRITER_STDERR: outlet->fd = STDERR_FILENO; break;
    case WRITER_SYSLOG: openlog(SYSLOG_NAME, LOG_PID, LOG_MAIL); return 0;
    case WRITER_FILE:
        /* O_NONBLOCK: a FIFO without a reader must not stop us here. */
        outlet->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                          FILE_MODE);
        if (outlet->fd < 0)
            return -1;
        break;
    }
    outlet->regular = fstat(outlet->fd, &status) == 0 && S_ISREG(status.st_mode);
    return 0;
}

void outlet_close(const struct outlet *outlet)
{
    if (outlet->target == WRITER_FILE)
        (void)close(outlet->fd);
}

/* The outlet itself is only written to, and its path may be another file by now. */
static int open_to_read(int fd)
{
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

bool outlet_torn(const struct outlet *outlet)
{
    struct stat status;
    char last = '\0';
    if (!outlet->regular || fstat(outlet->fd, &status) != 0 || status.st_size == 0)
        return false;
    int fd = open_to_read(outlet->fd);
    bool known = fd >= 0 && pread(fd, &last, 1, status.st_size - 1) == 1;
    if (fd >= 0)
        (void)close(fd);
    return !known || last != '\n'; /* an empty line does less harm than a lost one */
}

bool outlet_ready(const struct outlet *outlet, int patience_ms)
{
    struct pollfd poller = {.fd = outlet->fd, .events = POLLOUT};
    return outlet->regular || poll(&poller, 1, patience_ms) != 0;
}

/* next_chunk(outlet, lines): how much to write at once. A regular file takes all. Of anything else
 * poll only promises PIPE_BUF bytes, and what is no longer than that is not mixed with the lines of
 * other writers; so whole lines, if one fits. */
static struct slice next_chunk(const struct outlet *outlet, struct slice lines)
{
    if (outlet->regular || lines.len <= PIPE_BUF)
        return lines;
    struct slice chunk = slice_first(lines, PIPE_BUF);
    size_t line_end = slice_find_last(chunk, '\n');
    return line_end == SLICE_NOT_FOUND ? chunk : slice_first(chunk, line_end + 1);
}

ssize_t outlet_write(const struct outlet *outlet, struct slice lines)
{
    struct slice chunk = next_chunk(outlet, lines);
    return write(outlet->fd, chunk.ptr, chunk.len);
}

void outlet_log(int priority, struct slice line)
{
    syslog(priority, "%.*s", SLICE_ARG(line));
}
