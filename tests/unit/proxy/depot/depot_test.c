/* quarantine: a message is stored whole or not at all. */
#include "tests/unit/proxy/depot/depot_folder.h"

#include "conf/file.h"

#include <limits.h>

static const struct slice PIECES[] = {SLICE_INIT("{}\n"), SLICE_INIT("A: b\r\n\r\n"),
                                      SLICE_INIT("text\r\n")};

static void assert_file(const struct folder *f, const char *name, const char *text)
{
    char path[256];
    struct bytes got;
    bytes_init(&got, 1 << 20);
    assert_null(file_read(folder_path(f, name, path), &got));
    assert_int_equal(got.len, strlen(text));
    assert_memory_equal(got.data, text, got.len);
    bytes_fini(&got);
}

/* What has no value is left out, but for what says who and why. */
static void line_of_little(void **state)
{
    static const struct depot_recipient recipient = {.address = SLICE_INIT("u@x")};
    const struct depot_record record = {
        .id = SLICE("q"), .recipients = &recipient, .recipient_count = 1, .party = PARTY_RULE};
    struct bytes line;
    (void)state;
    bytes_init(&line, 1000);
    assert_int_equal(depot_format(&record, &line), 0);
    assert_text(bytes_slice(&line),
                "{\"version\":1,\"id\":\"q\",\"time_us\":0,\"listener\":\"\",\"policy\":\"\","
                "\"upstream\":\"\",\"client\":\"unknown\",\"helo\":\"\",\"sender\":\"\","
                "\"recipients\":[{\"address\":\"u@x\"}],\"decided_by\":\"rule\",\"rule\":\"\","
                "\"reason\":\"\",\"subject\":\"\",\"from\":\"\",\"message_id\":\"\",\"size\":0}\n");
    bytes_fini(&line);
}

static void is_stored(void **state)
{
    struct folder *f = *state;
    char path[256];
    struct stat status;
    assert_int_equal(folder_store(f, "a.1", PIECES, COUNT_OF(PIECES)), 0);
    assert_file(f, "mail/a.1", "{}\nA: b\r\n\r\ntext\r\n");
    assert_int_equal(folder_count(f, "tmp"), 0);
    assert_int_equal(stat(folder_path(f, "mail/a.1", path), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(f->dir, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void never_overwrites(void **state)
{
    struct folder *f = *state;
    assert_int_equal(folder_store(f, "a", PIECES, 1), 0);
    assert_int_equal(folder_store(f, "a", PIECES, 3), EEXIST);
    assert_file(f, "mail/a", "{}\n");
    assert_int_equal(folder_count(f, "tmp"), 0);
}

static void is_replaced(void **state)
{
    struct folder *f = *state;
    assert_int_equal(folder_store(f, "a", PIECES, 3), 0);
    assert_int_equal(depot_replace(f->dir, "a", PIECES, 1), 0);
    assert_file(f, "mail/a", "{}\n");
    assert_int_equal(depot_replace(f->dir, "b", PIECES, 1), ENOENT);
    assert_int_equal(folder_count(f, "mail"), 1);
    assert_int_equal(folder_count(f, "tmp"), 0);
}

static void is_removed(void **state)
{
    struct folder *f = *state;
    assert_int_equal(folder_store(f, "a", PIECES, 3), 0);
    assert_int_equal(depot_remove(f->dir, "a"), 0);
    assert_int_equal(depot_remove(f->dir, "a"), ENOENT);
    assert_int_equal(folder_count(f, "mail"), 0);
}

/* One whose message is not answered yet is not among the others, until it is confirmed. */
static void is_pending(void **state)
{
    struct folder *f = *state;
    int lock = folder_store_pending(f, "a", PIECES, 3);
    assert_file(f, "pending/a", "{}\nA: b\r\n\r\ntext\r\n");
    assert_int_equal(folder_count(f, "mail") + folder_count(f, "tmp"), 0);
    assert_int_equal(depot_orphans(f->dir), 0); /* it is locked */
    assert_int_equal(depot_confirm(f->dir, "a"), 0);
    assert_file(f, "mail/a", "{}\nA: b\r\n\r\ntext\r\n");
    assert_int_equal(folder_count(f, "pending"), 0);
    assert_int_equal(depot_confirm(f->dir, "a"), ENOENT);
    assert_int_equal(close(lock), 0);
}

/* What its owner's death leaves; it can be replaced and removed as any other. */
static void is_orphaned(void **state)
{
    struct folder *f = *state;
    assert_int_equal(depot_orphans(f->dir), 0); /* there is not even a directory */
    assert_int_equal(close(folder_store_pending(f, "a", PIECES, 3)), 0);
    int lock = folder_store_pending(f, "b", PIECES, 3);
    assert_int_equal(folder_store(f, "c", PIECES, 3), 0);
    assert_int_equal(depot_orphans(f->dir), 1);
    assert_int_equal(depot_replace(f->dir, "a", PIECES, 1), 0);
    assert_file(f, "pending/a", "{}\n");
    assert_int_equal(depot_remove(f->dir, "a"), 0);
    assert_int_equal(depot_remove(f->dir, "a"), ENOENT);
    assert_int_equal(depot_orphans(f->dir), 0);
    assert_int_equal(folder_count(f, "pending"), 1);
    assert_int_equal(close(lock), 0);
}

/* Dying between the two steps of confirming leaves it in both places: it is confirmed. */
static void never_confirms_over_another(void **state)
{
    struct folder *f = *state;
    assert_int_equal(folder_store(f, "a", PIECES, 1), 0);
    assert_int_equal(close(folder_store_pending(f, "a", PIECES, 3)), 0);
    assert_int_equal(depot_confirm(f->dir, "a"), EEXIST);
    assert_file(f, "mail/a", "{}\n");
    assert_int_equal(depot_remove(f->dir, "a"), 0);
    assert_int_equal(folder_count(f, "pending") + folder_count(f, "mail"), 0);
}

static void names(void **state)
{
    static const char *const BAD[] = {"",    ".",   "..",  ".a",  "a/b", "../a",
                                      "a b", "a\n", "a*b", "a_b", "\xff"};
    struct folder *f = *state;
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_false(depot_id_valid(slice_str(BAD[i])));
        assert_int_equal(folder_store(f, BAD[i], PIECES, 1), EINVAL);
        assert_int_equal(depot_replace(f->dir, BAD[i], PIECES, 1), EINVAL);
        assert_int_equal(depot_remove(f->dir, BAD[i]), EINVAL);
        assert_int_equal(depot_confirm(f->dir, BAD[i]), EINVAL);
    }
    char longest[DEPOT_ID_MAX + 1];
    memset(longest, 'a', sizeof(longest));
    assert_true(depot_id_valid(slice_make(longest, DEPOT_ID_MAX - 1)));
    assert_false(depot_id_valid(slice_make(longest, DEPOT_ID_MAX)));
    assert_true(depot_id_valid(SLICE("azAZ09.-")));
    assert_true(depot_id_valid(SLICE("20261121-124026.572-1lg349q-0-0.1")));
}

/* Only what is old, and a file. */
static void clears_what_is_stale(void **state)
{
    struct folder *f = *state;
    char path[256];
    struct timespec old[2] = {{.tv_sec = time(NULL) - (DEPOT_STALE_HOURS + 1) * 3600}, {0}};
    old[1] = old[0];
    assert_int_equal(depot_prepare(f->dir), 0);
    folder_write(f, "tmp/old", SLICE("x"));
    folder_write(f, "tmp/new", SLICE("x"));
    assert_int_equal(utimensat(AT_FDCWD, folder_path(f, "tmp/old", path), old, 0), 0);
    assert_int_equal(folder_store(f, "a", PIECES, 1), 0);
    assert_int_equal(folder_count(f, "tmp"), 1);
    assert_int_not_equal(access(folder_path(f, "tmp/new", path), F_OK), -1);
}

/* The limit of a file's size stands for a full disk: nothing is left. */
static void leaves_nothing_when_full(void **state)
{
    struct folder *f = *state;
    struct rlimit before, small;
    assert_int_equal(depot_prepare(f->dir), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 8;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int error = folder_store(f, "a", PIECES, 3);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, old);
    assert_int_equal(error, EFBIG);
    assert_int_equal(folder_count(f, "tmp"), 0);
    assert_int_equal(folder_count(f, "mail"), 0);
}

static void needs_a_directory(void **state)
{
    struct folder *f = *state;
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/state", f->top);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(depot_prepare(f->dir), ENOTDIR);
    assert_int_equal(folder_store(f, "a", PIECES, 1), ENOTDIR);
    assert_int_equal(depot_prepare(""), ENOENT);
    char longest[PATH_MAX + 1];
    memset(longest, 'x', PATH_MAX);
    longest[PATH_MAX] = '\0';
    assert_int_equal(depot_prepare(longest), ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_of_little),
        cmocka_unit_test_setup_teardown(is_stored, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(never_overwrites, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(is_replaced, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(is_removed, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(is_pending, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(is_orphaned, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(never_confirms_over_another, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(names, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(clears_what_is_stale, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(leaves_nothing_when_full, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(needs_a_directory, folder_setup, folder_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
