/* failing_calls: fails one call of the system in a running program, for tests.
 *
 * Loaded by LD_PRELOAD; FAILING_CALLS names the file of its orders. What fails is what a machine at
 * the end of its means refuses: descriptors, sockets, threads, files, places on the disk. A call
 * that gives something back, as close, never fails.
 */
#include "tests/preload/orders.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

static struct orders *orders;

__attribute__((constructor)) static void take_orders(void)
{
    orders = orders_take("FAILING_CALLS");
}

static int fails(int error)
{
    return orders_fail(orders, error);
}

/* CALL(name, error, parameters, system call's arguments): a call that fails with ${error} when its
 * turn has come. */
#define CALL(name, error, parameters, ...)                                                         \
    int name parameters                                                                            \
    {                                                                                              \
        return fails(error) ? -1 : (int)syscall(__VA_ARGS__);                                      \
    }

CALL(socket, EMFILE, (int domain, int type, int protocol), SYS_socket, domain, type, protocol)
CALL(listen, EADDRINUSE, (int fd, int backlog), SYS_listen, fd, backlog)
CALL(pipe2, EMFILE, (int ends[2], int flags), SYS_pipe2, ends, flags)
CALL(eventfd, EMFILE, (unsigned value, int flags), SYS_eventfd2, value, flags)
CALL(epoll_create1, EMFILE, (int flags), SYS_epoll_create1, flags)
CALL(epoll_ctl, ENOSPC, (int fd, int what, int of, struct epoll_event *event), SYS_epoll_ctl, fd,
     what, of, event)
CALL(setsockopt, ENOBUFS, (int fd, int level, int name, const void *value, socklen_t size),
     SYS_setsockopt, fd, level, name, value, size)
CALL(fsync, EIO, (int fd), SYS_fsync, fd)
CALL(mkdirat, ENOSPC, (int fd, const char *name, mode_t mode), SYS_mkdirat, fd, name, mode)
CALL(linkat, ENOSPC, (int from, const char *name, int to, const char *as, int flags), SYS_linkat,
     from, name, to, as, flags)
CALL(fchmod, EPERM, (int fd, mode_t mode), SYS_fchmod, fd, mode)
CALL(unlinkat, EROFS, (int fd, const char *name, int flags), SYS_unlinkat, fd, name, flags)

static int open_at(int folder, const char *name, int flags, va_list rest)
{
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    return fails(EMFILE) ? -1 : (int)syscall(SYS_openat, folder, name, flags, mode);
}

int open(const char *name, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    int fd = open_at(AT_FDCWD, name, flags, rest);
    va_end(rest);
    return fd;
}

int openat(int folder, const char *name, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    int fd = open_at(folder, name, flags, rest);
    va_end(rest);
    return fd;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *context)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (fails(EAGAIN))
        return EAGAIN;
    *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    return next(thread, attributes, run, context);
}
