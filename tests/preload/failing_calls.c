/* failing_calls: fails one call of the system in a running program, for tests.
 *
 * Loaded by LD_PRELOAD. FAILING_CALLS names a file of the test's that both map: the test says in
 * it which call from now on is to fail, lets something happen, and reads how many there were and
 * whether one failed. Without that file's orders the program runs undisturbed. What fails is what a
 * machine at the end of its means refuses: descriptors, sockets, threads, files, places on the
 * disk. All threads count together. A call that gives something back, as close, never fails.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As tests/system/starving.py has it. */
struct orders {
    _Atomic uint64_t fail_at; /* the number of the one that fails, from 1; 0: none is counted */
    _Atomic uint64_t span;    /* so many fail, that one and those behind it */
    _Atomic uint64_t count;   /* since the test made it 0 */
    _Atomic uint64_t failed;
};

static struct orders *orders;

__attribute__((constructor)) static void take_orders(void)
{
    const char *path = getenv("FAILING_CALLS");
    int fd = path != NULL ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    void *map = MAP_FAILED;

    if (fd >= 0) {
        map = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        (void)close(fd);
    }
    if (map != MAP_FAILED)
        orders = map;
}

static int fails(int error)
{
    uint64_t fail_at = orders != NULL ? atomic_load(&orders->fail_at) : 0;
    uint64_t number;

    if (fail_at == 0)
        return 0;
    number = atomic_fetch_add(&orders->count, 1) + 1;
    if (number < fail_at || number - fail_at >= atomic_load(&orders->span))
        return 0;
    atomic_fetch_add(&orders->failed, 1);
    errno = error;
    return 1;
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
