/* stock: what a depot holds is counted, and what is too old goes. */
#include "proxy/depot/stock.h"

#include "tests/unit/proxy/depot/depot_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#define NOW_S 100000000

static struct depot_conf depot_of(const struct folder *f)
{
    return (struct depot_conf){.directory = slice_str(f->dir)};
}

static void put(const struct folder *f, const char *id, int64_t time_s)
{
    const struct slice piece = SLICE("0123456789");
    const struct timespec times[] = {{.tv_sec = time_s}, {.tv_sec = time_s}};
    char name[64], path[256];
    assert_int_equal(folder_store(f, id, &piece, 1), 0);
    (void)snprintf(name, sizeof(name), "mail/%s", id);
    assert_int_equal(utimensat(AT_FDCWD, folder_path(f, name, path), times, 0), 0);
}

static void without_limits(void **state)
{
    const struct folder *f = *state;
    struct depot_conf depot = depot_of(f);
    struct stock stock = {.of = NULL};
    size_t removed = 1;
    assert_int_equal(stock_room(&stock, f, &depot, UINT64_MAX, 0), 0);
    put(f, "old", 1);
    assert_int_equal(stock_sweep(&depot, NOW_S, &removed), 0);
    assert_int_equal(removed, 0);
    assert_int_equal(folder_count(f, "mail"), 1);
}

static void of_nothing(void **state)
{
    const struct folder *f = *state;
    struct depot_conf depot = depot_of(f);
    struct stock stock = {.of = NULL};
    size_t removed = 1;
    depot.max_size_bytes = 10;
    depot.max_age_ms = 1000;
    assert_int_equal(stock_room(&stock, f, &depot, 10, 0), 0);
    assert_int_equal(stock_room(&stock, f, &depot, 1, 0), EDQUOT);
    assert_int_equal(stock_sweep(&depot, NOW_S, &removed), 0);
    assert_int_equal(removed, 0);
    depot.directory = SLICE("/dev/null");
    assert_int_equal(stock_room(&stock, state, &depot, 1, 0), ENOTDIR);
    assert_int_equal(stock_sweep(&depot, NOW_S, &removed), ENOTDIR);
}

/* Whole messages, copies under way, what is half written: all of it takes room. */
static void counts_all(void **state)
{
    const struct folder *f = *state;
    const struct slice piece = SLICE("0123456789");
    struct depot_conf depot = depot_of(f);
    struct stock stock = {.of = NULL};
    depot.max_size_bytes = 33;
    put(f, "a", NOW_S);
    int lock = folder_store_pending(f, "b", &piece, 1);
    folder_write(f, "tmp/c", SLICE("12345"));
    assert_int_equal(stock_room(&stock, f, &depot, 9, 0), EDQUOT);
    assert_int_equal(stock_room(&stock, f, &depot, 8, 0), 0);
    assert_int_equal(stock_room(&stock, f, &depot, 1, 0), EDQUOT);
    stock_less(&stock, 8);
    assert_int_equal(stock_room(&stock, f, &depot, 3, 0), 0);
    stock_less(&stock, 100);
    assert_int_equal(stock_room(&stock, f, &depot, 34, 0), EDQUOT); /* more than there ever is */
    assert_int_equal(stock_room(&stock, f, &depot, 33, 0), 0);
    assert_int_equal(close(lock), 0);
}

/* What other processes do shows after a while; sooner where it would be refused; and at once by
 * another configuration. */
static void looks_again(void **state)
{
    const struct folder *f = *state;
    struct depot_conf depot = depot_of(f);
    struct stock stock = {.of = NULL};
    char path[256];
    depot.max_size_bytes = 20;
    assert_int_equal(stock_room(&stock, f, &depot, 1, 5), 0);
    put(f, "a", NOW_S);
    put(f, "b", NOW_S);
    assert_int_equal(stock_room(&stock, f, &depot, 1, STOCK_KNOWN_MS + 4), 0);
    assert_int_equal(stock_room(&stock, f, &depot, 1, STOCK_KNOWN_MS + 5), EDQUOT);
    assert_int_equal(remove(folder_path(f, "mail/a", path)), 0);
    assert_int_equal(stock_room(&stock, f, &depot, 1, STOCK_KNOWN_MS + STOCK_DOUBTED_MS + 4),
                     EDQUOT);
    assert_int_equal(stock_room(&stock, f, &depot, 1, STOCK_KNOWN_MS + STOCK_DOUBTED_MS + 5), 0);
    assert_int_equal(remove(folder_path(f, "mail/b", path)), 0);
    assert_int_equal(stock_room(&stock, state, &depot, 20, STOCK_KNOWN_MS + STOCK_DOUBTED_MS + 6),
                     0);
}

static void sweeps(void **state)
{
    const struct folder *f = *state;
    struct depot_conf depot = depot_of(f);
    size_t removed;
    char path[256];
    depot.max_age_ms = 60000;
    put(f, "old", NOW_S - 61);
    put(f, "just", NOW_S - 60);
    put(f, "held", NOW_S - 61);
    folder_write(f, "mail/.ours", SLICE("x"));
    const struct timespec old[] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, folder_path(f, "mail/.ours", path), old, 0), 0);
    int fd = open(folder_path(f, "mail/held", path), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(stock_sweep(&depot, NOW_S, &removed), 0);
    assert_int_equal(removed, 1);
    assert_int_equal(access(folder_path(f, "mail/old", path), F_OK), -1);
    assert_int_equal(access(folder_path(f, "mail/just", path), F_OK), 0);
    assert_int_equal(access(folder_path(f, "mail/held", path), F_OK), 0);
    assert_int_equal(access(folder_path(f, "mail/.ours", path), F_OK), 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(stock_sweep(&depot, NOW_S, &removed), 0);
    assert_int_equal(removed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_limits, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(of_nothing, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(counts_all, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(looks_again, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(sweeps, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
