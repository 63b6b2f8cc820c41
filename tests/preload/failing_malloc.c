/* failing_malloc: fails one allocation of a running program, for tests.
 *
 * Loaded by LD_PRELOAD; FAILING_MALLOC names the file of its orders. What libc takes for itself by
 * malloc counts too; what glib takes does not, for it ends the process where there is none: who
 * needs it has asked before whether there will be (filters/mime/mime.h).
 */
#include "tests/preload/orders.h"

#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <stdarg.h>
#include <string.h>

#define GLIB_PARTS 16

/* Where glib's code lies. */
static struct {
    uintptr_t begin, end;
} glib[GLIB_PARTS];
static size_t glib_parts;

static struct orders *orders;
static _Thread_local int spared;

int __vasprintf_chk(char **out, int flag, const char *format, va_list arguments);

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static int note_glib(struct dl_phdr_info *library, size_t size, void *unused)
{
    (void)size, (void)unused;
    if (strstr(library->dlpi_name, "/libglib-") == NULL)
        return 0;
    for (size_t i = 0; i < library->dlpi_phnum && glib_parts < GLIB_PARTS; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];

        if (part->p_type != PT_LOAD)
            continue;
        glib[glib_parts].begin = library->dlpi_addr + part->p_vaddr;
        glib[glib_parts].end = glib[glib_parts].begin + part->p_memsz;
        glib_parts++;
    }
    return 0;
}

__attribute__((constructor)) static void take_orders(void)
{
    (void)dl_iterate_phdr(note_glib, NULL);
    orders = orders_take("FAILING_MALLOC");
}

static int of_glib(const void *caller)
{
    for (size_t i = 0; i < glib_parts; i++)
        if ((uintptr_t)caller >= glib[i].begin && (uintptr_t)caller < glib[i].end)
            return 1;
    return 0;
}

static int fails(const void *caller)
{
    return !spared && !of_glib(caller) && orders_fail(orders, ENOMEM);
}

/* By which glib has libc take memory. */
int __vasprintf_chk(char **out, int flag, const char *format, va_list arguments)
{
    int (*real)(char **, int, const char *, va_list);
    int glibs = of_glib(__builtin_return_address(0)), printed;

    *(void **)&real = dlsym(RTLD_NEXT, "__vasprintf_chk");
    spared += glibs;
    printed = real(out, flag, format, arguments);
    spared -= glibs;
    return printed;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
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
    return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    void *got = fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);

    if (got == NULL)
        return ENOMEM;
    *out = got;
    return 0;
}
