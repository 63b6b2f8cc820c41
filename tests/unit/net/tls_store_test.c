/* tls_store: the certificates of a configuration. */
#include "proxy/net/tls_store.h"
#include "tests/unit/net/certificates.h"

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
    tls_store_unref(store);
    store = tls_store_create(&config, &diag);
    assert_int_equal(diag.warnings, 1); /* expires soon */
    tls_store_unref(store);
    diag_fini(&diag);
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
        cmocka_unit_test_setup_teardown(test_upstream_keeps, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
