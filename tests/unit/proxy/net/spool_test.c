/* spool: the border between memory and file, and every way a disk can refuse (PROTOCOL E02). */
#undef _FORTIFY_SOURCE /* it would put its own in the place of what is replaced here */

#include "proxy/net/spool.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define LIMIT 10000

struct scene {
    struct spool spool;
    char folder[64];
    int descriptors;
    char content[4 * LIMIT];
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    (void)snprintf(s->folder, sizeof(s->folder), "/tmp/postern-spool-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    for (size_t i = 0; i < sizeof(s->content); i++)
        s->content[i] = (char)(i * 7 + i / 251);
    s->descriptors = count_descriptors();
    spool_init(&s->spool, LIMIT, s->folder);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    spool_fini(&s->spool);
    assert_int_equal(count_descriptors(), s->descriptors);
    assert_int_equal(rmdir(s->folder), 0); /* and no file is left */
    free(s);
    return 0;
}

static void assert_holds(struct scene *s, size_t size, bool in_file)
{
    struct slice view;
    assert_int_equal(spool_view(&s->spool, &view), 0);
    assert_slice(view, slice_make(s->content, size));
    assert_int_equal(s->spool.fd >= 0, in_file);
    assert_int_equal(s->spool.size_bytes, size);
}

/* Appends in steps of ${step} bytes. */
static void fill(struct scene *s, size_t size, size_t step)
{
    for (size_t at = 0; at < size; at += step) {
        size_t now = size - at < step ? size - at : step;
        assert_int_equal(spool_append(&s->spool, slice_make(s->content + at, now)), 0);
    }
}

static void test_border(void **state)
{
    struct scene *s = *state;
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, LIMIT - 1, LIMIT, LIMIT + 1, 3 * LIMIT};
    static const size_t steps[] = {1, 7, 4096, 4 * LIMIT};
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (size_t k = 0; k < COUNT_OF(steps); k++) {
            fill(s, sizes[i], steps[k]);
            assert_holds(s, sizes[i], sizes[i] > LIMIT);
            spool_reset(&s->spool);
            assert_int_equal(count_descriptors(), s->descriptors);
        }
}

static void test_nothing(void **state)
{
    struct scene *s = *state;
    assert_int_equal(spool_append(&s->spool, SLICE_NONE), 0);
    assert_holds(s, 0, false);
}

static void test_limit_is_what_memory_holds_at_most(void **state)
{
    struct scene *s = *state;
    fill(s, LIMIT, 100);
    assert_true(s->spool.memory_cap <= LIMIT);
    fill(s, 1, 1);
    assert_int_equal(s->spool.memory_cap, 0);
}

static void test_no_memory_at_all(void **state)
{
    struct scene *s = *state;
    spool_init(&s->spool, 0, s->folder);
    assert_holds(s, 0, false);
    fill(s, 10, 3);
    assert_holds(s, 10, true);
}

static void test_append_after_view(void **state)
{
    struct scene *s = *state;
    fill(s, LIMIT + 5, LIMIT);
    assert_holds(s, LIMIT + 5, true);
    assert_int_equal(spool_append(&s->spool, slice_make(s->content + LIMIT + 5, 100)), 0);
    assert_holds(s, LIMIT + 105, true);
    assert_holds(s, LIMIT + 105, true); /* the same map again */
}

static void test_failure_sticks(void **state)
{
    struct scene *s = *state;
    struct slice view = SLICE("untouched");
    spool_init(&s->spool, LIMIT, "/nonexistent/folder");
    fill(s, LIMIT, LIMIT);
    assert_int_equal(spool_append(&s->spool, SLICE("x")), -1);
    assert_int_equal(s->spool.error, ENOENT);
    assert_int_equal(spool_append(&s->spool, SLICE("")), -1);
    assert_int_equal(spool_view(&s->spool, &view), -1);
    assert_int_equal(view.len, 0);
    spool_reset(&s->spool);
    assert_int_equal(s->spool.error, 0);
    fill(s, LIMIT, LIMIT);
    assert_holds(s, LIMIT, false);
}

static void test_file_cut_short(void **state)
{
    struct scene *s = *state;
    struct slice view;
    fill(s, 2 * LIMIT, LIMIT);
    assert_int_equal(ftruncate(s->spool.fd, 2 * LIMIT - 1), 0);
    assert_int_equal(spool_view(&s->spool, &view), -1);
    assert_int_equal(s->spool.error, EIO);
}

/* The system's limit on a file's size: a write is cut short first, and the next fails. */
static void test_write_cut_short(void **state)
{
    struct scene *s = *state;
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = LIMIT + 50;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fill(s, LIMIT, LIMIT);
    int result = spool_append(&s->spool, slice_make(s->content, 100));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(result, -1);
    assert_int_equal(s->spool.error, EFBIG);
}

/* -- system calls, in the place of the C library's -- */

static struct {
    int no_tmpfile; /* what is said to O_TMPFILE; 0: it works */
    bool no_unlink; /* the name goes, but is said to stay */
    enum { WRITES, IS_INTERRUPTED, WRITES_NOTHING } write;
} calls;

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    if (calls.no_tmpfile != 0 && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = calls.no_tmpfile;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int unlink(const char *path)
{
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (!calls.no_unlink)
        return result;
    errno = EPERM;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (calls.write == WRITES)
        return syscall(SYS_write, fd, bytes, size);
    ssize_t result = calls.write == WRITES_NOTHING ? 0 : -1;
    calls.write = WRITES;
    errno = EINTR;
    return result;
}

/* Whoever may enter the folder must not read what is others' mail, nor find it there afterwards. */
static void test_nobody_else_reads_it(void **state)
{
    struct scene *s = *state;
    mode_t before = umask(0);
    static const int said[] = {0, EOPNOTSUPP, EISDIR};
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        struct stat status;
        calls.no_tmpfile = said[i];
        fill(s, LIMIT + 1, LIMIT);
        assert_holds(s, LIMIT + 1, true);
        assert_int_equal(fstat(s->spool.fd, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        assert_int_equal(status.st_nlink, 0);
        assert_int_equal(fcntl(s->spool.fd, F_GETFD), FD_CLOEXEC);
        spool_reset(&s->spool);
    }
    spool_init(&s->spool, LIMIT, "/nonexistent/folder");
    fill(s, LIMIT, LIMIT);
    assert_int_equal(spool_append(&s->spool, SLICE("x")), -1);
    assert_int_equal(s->spool.error, ENOENT);
    calls.no_tmpfile = 0;
    (void)umask(before);
}

static void assert_no_file(struct scene *s, const char *folder, int error)
{
    spool_init(&s->spool, 0, folder);
    assert_int_equal(spool_append(&s->spool, SLICE("x")), -1);
    assert_int_equal(s->spool.error, error);
    assert_int_equal(count_descriptors(), s->descriptors);
}

/* The system's own word, not that of a second try. */
static void test_no_file(void **state)
{
    struct scene *s = *state;
    char folder[4096 - sizeof("/postern-spool-XXXXXX") + 2] = "";
    calls.no_tmpfile = EACCES;
    assert_no_file(s, s->folder, EACCES);
    calls.no_tmpfile = EOPNOTSUPP;
    memset(folder, '/', sizeof(folder) - 1); /* and with the file's name there is one too many */
    assert_no_file(s, folder, ENAMETOOLONG);
    calls.no_unlink = true;
    assert_no_file(s, s->folder, EPERM);
    calls.no_unlink = false;
    calls.no_tmpfile = 0;
}

static void test_odd_writes(void **state)
{
    struct scene *s = *state;
    calls.write = IS_INTERRUPTED;
    fill(s, 2 * LIMIT, LIMIT);
    assert_holds(s, 2 * LIMIT, true);
    calls.write = WRITES_NOTHING;
    assert_int_equal(spool_append(&s->spool, SLICE("x")), -1);
    assert_int_equal(s->spool.error, ENOSPC);
}

/* Who starts a service may have closed its standard input. */
static void test_any_descriptor(void **state)
{
    struct scene *s = *state;
    int before = dup(STDIN_FILENO);
    assert_int_equal(close(STDIN_FILENO), 0);
    for (int i = 0; i < 2; i++) {
        calls.no_tmpfile = i > 0 ? EOPNOTSUPP : 0;
        errno = EOPNOTSUPP; /* of something else */
        fill(s, 2 * LIMIT, LIMIT);
        assert_int_equal(s->spool.fd, STDIN_FILENO);
        assert_holds(s, 2 * LIMIT, true);
        fill(s, 1, 1);
        spool_reset(&s->spool);
        assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    }
    calls = (__typeof__(calls)){.no_tmpfile = EOPNOTSUPP, .no_unlink = true};
    assert_no_file(s, s->folder, EPERM);
    calls = (__typeof__(calls)){.write = WRITES};
    assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(before), 0);
}

/* Whether the file is in this process's memory. */
static bool is_mapped(const struct scene *s)
{
    char line[4096];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL)
        found = found || strstr(line, s->folder) != NULL;
    assert_int_equal(fclose(maps), 0);
    return found;
}

static void test_map_goes(void **state)
{
    struct scene *s = *state;
    fill(s, 2 * LIMIT, LIMIT);
    assert_holds(s, 2 * LIMIT, true);
    assert_true(is_mapped(s));
    assert_int_equal(spool_append(&s->spool, SLICE("x")), 0);
    assert_false(is_mapped(s));
    struct slice view;
    assert_int_equal(spool_view(&s->spool, &view), 0);
    spool_reset(&s->spool);
    assert_false(is_mapped(s));
}

static int as_root_of_a_namespace(void)
{
    return unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS);
}

/* fill_small_disk(s): in a process of its own: 0 when the disk said ENOSPC and it stuck, 77 when no
 * disk could be made. */
static int fill_small_disk(struct scene *s)
{
    if (as_root_of_a_namespace() != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("spool", s->folder, "tmpfs", 0, "size=16384") != 0)
        return 77;
    size_t put = 0;
    while (put < 100 && spool_append(&s->spool, slice_make(s->content, LIMIT)) == 0)
        put++;
    bool full = put < 100 && s->spool.error == ENOSPC;
    struct slice view;
    return full && spool_view(&s->spool, &view) != 0 ? 0 : 1;
}

static void test_full_disk(void **state)
{
    struct scene *s = *state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(fill_small_disk(s));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip_because("no small file system can be mounted here");
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The place and the system's word, or that it was no matter of a place. */
static void test_reason(void **state)
{
    struct scene *s = *state;
    struct spool other;
    struct arena arena;
    arena_init(&arena, 256, 1024);
    spool_init(&other, 10, "/nonexistent/spool");
    assert_int_equal(spool_append(&other, slice_make(s->content, 11)), -1);
    assert_text(spool_reason(&other, &arena), "/nonexistent/spool: No such file or directory");
    other.error = ENOMEM;
    assert_text(spool_reason(&other, &arena), "out of memory");
    spool_fini(&other);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_border, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limit_is_what_memory_holds_at_most, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_append_after_view, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failure_sticks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file_cut_short, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_cut_short, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_else_reads_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_odd_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_descriptor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_map_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
