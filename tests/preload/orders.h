/* orders: what a test says to a preloaded library, by a file that both map: which call from now on
 * is to fail. It lets something happen then, and reads how many there were and whether one failed.
 * So the program starts undisturbed, and one process serves thousands of tries. All threads count
 * together. */
#ifndef TESTS_PRELOAD_ORDERS_H
#define TESTS_PRELOAD_ORDERS_H

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As tests/system/starving.py has it. */
struct orders {
    _Atomic uint64_t fail_at; /* the number of the one that fails, from 1; 0: none is counted */
    _Atomic uint64_t span;    /* so many fail, that one and those behind it */
    _Atomic uint64_t count;   /* since the test made it 0 */
    _Atomic uint64_t failed;
};

/* orders_take(variable): those in the file that the environment's ${variable} names; NULL: none. It
 * opens it past the C library, whose calls may be replaced. */
static inline struct orders *orders_take(const char *variable)
{
    const char *path = getenv(variable);
    int fd = path != NULL ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    void *map = MAP_FAILED;

    if (fd >= 0) {
        map = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        (void)close(fd);
    }
    return map != MAP_FAILED ? map : NULL;
}

/* orders_fail(orders, error): counts a call: whether it fails, with ${error} in errno. */
static inline int orders_fail(struct orders *orders, int error)
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

#endif
