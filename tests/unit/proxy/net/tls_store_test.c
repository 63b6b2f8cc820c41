/* tls_store: the certificates of a configuration. */
#include "conf/config.h"
#include "conf/listener_conf.h"
#include "conf/listener_tls.h"
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"
#include "proxy/net/tls_store.h"
#include "tests/unit/proxy/net/certificates.h"

#include <sys/stat.h>

static int setup(void **state)
{
    char *folder = calloc(1, FOLDER_MAX);
    assert_non_null(folder);
    folder_make(folder);
    certificate_make(folder, 30);
    *state = folder;
    return 0;
}

static int teardown(void **state)
{
    folder_remove(*state);
    free(*state);
    return 0;
}

static void test_store(void **state)
{
    const char *folder = *state;
    char certificate[128], key[128];
    struct listener_conf listeners[2] = {{.name = SLICE("plain")}, {.name = SLICE("tls")}};
    struct config config = {.listeners = listeners, .listener_count = 2};
    struct tls_certificate known[2];
    struct diag diag;
    diag_init(&diag);
    assert_int_equal(tls_store_mark(&config), 0);
    listeners[1].tls.mode = TLS_STARTTLS;
    listeners[1].tls.pair.certificate = path_in(folder, "mx.pem", certificate);
    listeners[1].tls.pair.key = path_in(folder, "mx.key", key);
    uint64_t mark = tls_store_mark(&config);
    struct tls_store *store = tls_store_create(&config, &diag);
    assert_non_null(store);
    assert_int_equal(diag.warnings, 0);
    assert_null(tls_store_listener(store, SLICE("plain")));
    assert_non_null(tls_store_listener(store, SLICE("tls")));
    assert_int_equal(tls_store_certificates(store, known, 2), 1);
    assert_in_range(known[0].days_left, 29, 30);
    assert_int_equal(tls_store_mark(&config), mark);
    certificate_make(folder, 5);
    assert_true(tls_store_mark(&config) != mark);
    assert_ptr_equal(tls_store_ref(store), store);
    tls_store_unref(store);
    assert_non_null(tls_store_listener(store, SLICE("tls"))); /* one still holds it */
    tls_store_unref(store);
    store = tls_store_create(&config, &diag);
    assert_int_equal(diag.warnings, 1); /* expires soon */
    tls_store_unref(store);
    diag_fini(&diag);
}

/* -- the mark -- */

enum { FILES = 8 }; /* that a configuration can name for TLS */

static const char *const CHANGES[] = {"grows", "is of another second", "is of another moment",
                                      "is another file"};

static void put(const char *path, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(fputc('x', file), 'x');
    assert_int_equal(fclose(file), 0);
}

/* ${path}, of 10 bytes, becomes another in one way only. */
static void change(const char *path, size_t how)
{
    char other[128 + sizeof(".new")];
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    struct timespec times[2] = {status.st_atim, status.st_mtim};
    (void)snprintf(other, sizeof(other), "%.127s.new", path);
    if (how == 0)
        put(path, 11);
    if (how == 3)
        put(other, (size_t)status.st_size);
    times[1].tv_sec += how == 1;
    times[1].tv_nsec = (times[1].tv_nsec + (how == 2)) % 1000000000;
    assert_int_equal(utimensat(AT_FDCWD, how == 3 ? other : path, times, 0), 0);
    if (how == 3)
        assert_int_equal(rename(other, path), 0);
}

/* Each file that is used counts, whatever about it is another. */
static void test_mark(void **state)
{
    char paths[FILES][128];
    struct slice files[FILES];
    for (int i = 0; i < FILES; i++) {
        const char name[] = {'f', (char)('0' + i), '\0'};
        files[i] = path_in(*state, name, paths[i]);
        put(paths[i], 10);
    }
    struct tls_pair other = {.certificate = files[3], .key = files[4]};
    struct listener_conf listener = {.tls = {.mode = TLS_STARTTLS,
                                             .pair = {.certificate = files[0], .key = files[1]},
                                             .client_ca = files[2],
                                             .others = &other,
                                             .other_count = 1}};
    struct upstream_conf upstream = {.tls = {.mode = UPSTREAM_TLS_REQUIRED,
                                             .certificate = files[5],
                                             .key = files[6],
                                             .ca = files[7]}};
    const struct config config = {
        .listeners = &listener, .listener_count = 1, .upstreams = &upstream, .upstream_count = 1};
    for (size_t i = 0; i < FILES; i++)
        for (size_t how = 0; how < COUNT_OF(CHANGES); how++) {
            uint64_t before = tls_store_mark(&config);
            change(paths[i], how);
            assert_row(tls_store_mark(&config) != before, CHANGES[how], i);
        }
    listener.tls.mode = TLS_PASSTHROUGH;
    upstream.tls.mode = UPSTREAM_TLS_OFF;
    assert_int_equal(tls_store_mark(&config), 0);
}

/* A session of before a reload finds the upstream that has the name now. */
static void test_upstream_keeps(void **state)
{
    const char *folder = *state;
    char ca[128];
    struct upstream_conf now[] = {
        {.name = SLICE("mta"), .tls = {.mode = UPSTREAM_TLS_REQUIRED, .name = SLICE("mx.test")}},
        {.name = SLICE("far"), .tls = {.mode = UPSTREAM_TLS_VERIFIED, .name = SLICE("mx.test")}}};
    struct config config = {.upstreams = now, .upstream_count = 2};
    struct upstream_conf before = now[0];
    struct diag diag;
    now[1].tls.ca = path_in(folder, "mx.pem", ca);
    diag_init(&diag);
    struct tls_store *store = tls_store_create(&config, &diag);
    assert_non_null(store);
    assert_non_null(tls_store_upstream(store, &before));
    before.tls.mode = UPSTREAM_TLS_VERIFIED;
    assert_null(tls_store_upstream(store, &before)); /* "mta" is not verified any more */
    before.tls.mode = UPSTREAM_TLS_IMPLICIT;
    assert_non_null(tls_store_upstream(store, &before));
    before.tls.ca = now[1].tls.ca;
    assert_null(tls_store_upstream(store, &before));
    before.name = SLICE("far");
    assert_non_null(tls_store_upstream(store, &before));
    before.name = SLICE("gone");
    assert_null(tls_store_upstream(store, &before));
    tls_store_unref(store);
    diag_fini(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mark, setup, teardown),
        cmocka_unit_test_setup_teardown(test_upstream_keeps, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
