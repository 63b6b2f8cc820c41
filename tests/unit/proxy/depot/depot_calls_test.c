/* quarantine: what is done in which order, and what is left when any of it fails. */
#undef _FORTIFY_SOURCE /* it would put its own in the place of what is replaced here */

#include "tests/unit/proxy/depot/depot_folder.h"

#include <sys/file.h>
#include <sys/syscall.h>

/* -- system calls, in the place of the C library's -- */

enum call { NO_CALL, FSYNC, SYNCFS, LINK, UNLINK, RENAME, FLOCK, CHOWN, CALLS };
enum odd_write { PLAIN, INTERRUPTED, NOTHING };

static struct {
    enum call fails;      /* with EIO, ... */
    unsigned before;      /* ... after so many of its kind */
    enum call then;       /* fails next */
    enum odd_write write; /* what the next does */
    char seen[32];        /* the first letter of each */
} calls;

static bool fails(enum call call)
{
    static const char letters[] = " fslurko";
    size_t len = strlen(calls.seen);
    if (len < sizeof(calls.seen) - 1)
        calls.seen[len] = letters[call];
    if (call != calls.fails || calls.before-- > 0)
        return false;
    calls.fails = calls.then;
    calls.before = 0;
    calls.then = NO_CALL;
    errno = EIO;
    return true;
}

int fsync(int fd)
{
    return fails(FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int syncfs(int fd)
{
    return fails(SYNCFS) ? -1 : (int)syscall(SYS_syncfs, fd);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    return fails(LINK) ? -1 : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int unlinkat(int dir, const char *path, int flags)
{
    return fails(UNLINK) ? -1 : (int)syscall(SYS_unlinkat, dir, path, flags);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return fails(RENAME) ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int fchown(int fd, uid_t user, gid_t group)
{
    return fails(CHOWN) ? -1 : (int)syscall(SYS_fchown, fd, user, group);
}

int flock(int fd, int operation)
{
    return fails(FLOCK) ? -1 : (int)syscall(SYS_flock, fd, operation);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    enum odd_write odd = calls.write;
    calls.write = PLAIN;
    errno = EINTR;
    return odd == PLAIN ? syscall(SYS_write, fd, bytes, size) : odd == NOTHING ? 0 : -1;
}

static void watch(enum call fails, unsigned before)
{
    memset(&calls, 0, sizeof(calls));
    calls.fails = fails;
    calls.before = before;
}

/* -- order -- */

static const struct slice TEXT[] = {SLICE_INIT("{}\n"), SLICE_INIT("text\r\n")};

/* The content, the name, the folder, in this order; new folders are on the disk before. */
static void is_on_the_disk(void **state)
{
    struct folder *f = *state;
    watch(NO_CALL, 0);
    assert_int_equal(depot_prepare(f->dir), 0);
    assert_string_equal(calls.seen, "s");
    watch(NO_CALL, 0);
    assert_int_equal(depot_prepare(f->dir), 0);
    assert_string_equal(calls.seen, "");
    char path[256];
    assert_int_equal(rmdir(folder_path(f, "pending", path)), 0);
    assert_int_equal(depot_prepare(f->dir), 0);
    assert_string_equal(calls.seen, "s");
    watch(NO_CALL, 0);
    assert_int_equal(folder_store(f, "a", TEXT, 2), 0);
    assert_string_equal(calls.seen, "fluf");
    watch(NO_CALL, 0);
    assert_int_equal(close(folder_store_pending(f, "b", TEXT, 2)), 0);
    assert_string_equal(calls.seen, "kfluf");
    watch(NO_CALL, 0);
    assert_int_equal(depot_confirm(f->dir, "b"), 0);
    assert_string_equal(calls.seen, "lfu");
    watch(NO_CALL, 0);
    assert_int_equal(depot_replace(f->dir, "b", TEXT, 1), 0);
    assert_string_equal(calls.seen, "ofrf");
    watch(NO_CALL, 0);
    assert_int_equal(depot_remove(f->dir, "b"), 0);
    assert_string_equal(calls.seen, "ufu");
}

/* -- failures -- */

static size_t count_all(const struct folder *f)
{
    return folder_count(f, "tmp") + folder_count(f, "mail") + folder_count(f, "pending");
}

static void empty(const struct folder *f)
{
    static const char *const FOLDERS[] = {"tmp", "mail", "pending"};
    for (size_t i = 0; i < COUNT_OF(FOLDERS); i++) {
        char path[256];
        assert_int_equal(
            nftw(folder_path(f, FOLDERS[i], path), folder_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    }
    assert_int_equal(depot_prepare(f->dir), 0);
}

/* Stored, or told that it was not, and whether something may be left. */
static void store_with(struct folder *f, enum call call, unsigned before, bool pending)
{
    struct depot_deposit deposit = {
        .id = "a", .pieces = TEXT, .count = 2, .pending = pending, .left = true};
    watch(call, before);
    int error = depot_store(f->dir, &deposit);
    watch(NO_CALL, 0);
    if (error != 0) {
        assert_int_equal(error, EIO);
        assert_int_equal(deposit.lock, -1);
        assert_int_equal(count_all(f) > 0, deposit.left);
        return;
    }
    assert_false(deposit.left);
    assert_int_equal(folder_count(f, pending ? "pending" : "mail"), 1);
    assert_int_equal(deposit.lock >= 0, pending);
    if (pending)
        assert_int_equal(close(deposit.lock), 0);
}

/* Each call of each kind fails once. */
static void storing_fails(void **state)
{
    struct folder *f = *state;
    assert_int_equal(depot_prepare(f->dir), 0);
    for (int pending = 0; pending < 2; pending++)
        for (enum call call = FSYNC; call < CALLS; call++)
            for (unsigned before = 0; before < 3; before++) {
                int descriptors = count_descriptors();
                store_with(f, call, before, pending == 1);
                assert_int_equal(count_descriptors(), descriptors);
                empty(f);
            }
}

/* The whole disk gives way: what cannot be taken back is told. */
static void nothing_works(void **state)
{
    struct depot_deposit deposit = {.id = "a", .pieces = TEXT, .count = 2};
    struct folder *f = *state;
    for (unsigned before = 0; before < 2; before++) {
        watch(FSYNC, before);
        calls.then = UNLINK;
        assert_int_equal(depot_store(f->dir, &deposit), EIO);
        assert_true(deposit.left);
        assert_int_equal(count_all(f), 1);
        empty(f);
    }
}

static void odd_writes(void **state)
{
    struct folder *f = *state;
    watch(NO_CALL, 0);
    calls.write = INTERRUPTED;
    assert_int_equal(folder_store(f, "a", TEXT, 2), 0);
    calls.write = NOTHING;
    assert_int_equal(folder_store(f, "b", TEXT, 2), ENOSPC);
    assert_int_equal(count_all(f), 1);
}

/* Who starts a service may have closed its standard input. */
static void any_descriptor(void **state)
{
    struct folder *f = *state;
    int before = dup(STDIN_FILENO);
    assert_int_equal(depot_prepare(f->dir), 0);
    assert_int_equal(close(STDIN_FILENO), 0);
    assert_int_equal(folder_store(f, "a", TEXT, 2), 0);
    assert_int_equal(depot_replace(f->dir, "a", TEXT, 1), 0);
    assert_int_equal(depot_orphans(f->dir), 0);
    assert_int_equal(depot_remove(f->dir, "a"), 0);
    int lock = folder_store_pending(f, "a", TEXT, 2);
    assert_int_equal(depot_orphans(f->dir), 0);
    assert_int_equal(close(lock), 0);
    assert_int_equal(depot_orphans(f->dir), 1);
    assert_int_equal(depot_confirm(f->dir, "a"), 0);
    assert_int_equal(depot_prepare(f->dir), 0);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(before), 0);
}

/* A failure behind storing is told; how many files are left then. */
static const struct {
    int (*work)(const char *dir, const char *id);
    enum call call;
    unsigned before;
    size_t mail, pending;
} LATER[] = {
    {depot_confirm, LINK, 0, 0, 1},   {depot_confirm, FSYNC, 0, 1, 1},
    {depot_confirm, UNLINK, 0, 1, 1}, {depot_remove, UNLINK, 1, 0, 1},
    {depot_remove, FSYNC, 0, 0, 0},   {depot_remove, UNLINK, 0, 0, 0},
};

static void later_failures(void **state)
{
    struct folder *f = *state;
    for (size_t i = 0; i < COUNT_OF(LATER); i++) {
        assert_int_equal(close(folder_store_pending(f, "a", TEXT, 2)), 0);
        watch(LATER[i].call, LATER[i].before);
        assert_int_equal(LATER[i].work(f->dir, "a"), EIO);
        watch(NO_CALL, 0);
        assert_int_equal(folder_count(f, "mail"), LATER[i].mail);
        assert_int_equal(folder_count(f, "pending"), LATER[i].pending);
        (void)!depot_remove(f->dir, "a");
        assert_int_equal(count_all(f), 0);
    }
}

/* The old one stays, and nothing of the new one. */
static void replacing_fails(void **state)
{
    static const struct {
        enum call call;
        unsigned before;
        off_t size; /* of what is there then */
    } rows[] = {{CHOWN, 0, 9}, {FSYNC, 0, 9}, {RENAME, 0, 9}, {FSYNC, 1, 3}};
    struct folder *f = *state;
    char path[256];
    struct stat status;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(folder_store(f, "a", TEXT, 2), 0);
        watch(rows[i].call, rows[i].before);
        assert_int_equal(depot_replace(f->dir, "a", TEXT, 1), EIO);
        watch(NO_CALL, 0);
        assert_int_equal(folder_count(f, "tmp"), 0);
        assert_int_equal(stat(folder_path(f, "mail/a", path), &status), 0);
        assert_int_equal(status.st_size, rows[i].size);
        assert_int_equal(depot_remove(f->dir, "a"), 0);
    }
}

static void preparing_fails(void **state)
{
    struct folder *f = *state;
    watch(SYNCFS, 0);
    assert_int_equal(depot_prepare(f->dir), EIO);
    watch(NO_CALL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_on_the_disk, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(storing_fails, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(nothing_works, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(odd_writes, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(any_descriptor, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(later_failures, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(replacing_fails, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(preparing_fails, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
