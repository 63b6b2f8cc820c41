/* failing_malloc: fails one allocation of a running program, for tests.
 *
 * Loaded by LD_PRELOAD. FAILING_MALLOC names a file of the test's that both map: the test says in
 * it which allocation from now on is to fail, lets something happen, and reads how many there were
 * and whether one failed. So the program starts undisturbed, and one process serves thousands of
 * tries. All threads count together; what libc takes for itself by malloc counts too.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* As tests/system/starving.py has it. */
struct orders {
    _Atomic uint64_t fail_at; /* the number of the one that fails, from 1; 0: none is counted */
    _Atomic uint64_t span;    /* so many fail, that one and those behind it */
    _Atomic uint64_t count;   /* since the test made it 0 */
    _Atomic uint64_t failed;
};

static struct orders *orders;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

__attribute__((constructor)) static void take_orders(void)
{
    const char *path = getenv("FAILING_MALLOC");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = MAP_FAILED;

    if (fd >= 0) {
        map = mmap(NULL, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        (void)close(fd);
    }
    if (map != MAP_FAILED)
        orders = map;
}

static int fails(void)
{
    uint64_t fail_at = orders != NULL ? atomic_load(&orders->fail_at) : 0;
    uint64_t number;

    if (fail_at == 0)
        return 0;
    number = atomic_fetch_add(&orders->count, 1) + 1;
    if (number < fail_at || number - fail_at >= atomic_load(&orders->span))
        return 0;
    atomic_fetch_add(&orders->failed, 1);
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
    size_t whole;

    if (__builtin_mul_overflow(count, size, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, whole);
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *got = memalign(alignment, size);

    if (got == NULL)
        return ENOMEM;
    *out = got;
    return 0;
}
