/* worker: what becomes of a connection that is given to one, whatever it is doing. */
#include "proxy/gateway/worker.h"

#include "conf/config.h"
#include "conf/file.h"
#include "tests/unit/configured.h"
#include "tests/unit/proxy/net/ground.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CONF                                                                                       \
    "hostname = \"gw.example.org\"; listeners = ( { address = \"127.0.0.1:25\"; } );\n"            \
    "upstreams = ( { address = \"10.0.0.1:25\"; identify = \"xclient\"; } );\n"

static const struct address CLIENT = {.family = ADDRESS_UNIX};

struct scene {
    struct config *config;
    struct serving *serving;
    struct tls_store *tls;
    struct worker *worker;
    atomic_uint ended; /* clients */
};

static void on_ended(void *ctx, const struct address *client)
{
    struct scene *scene = ctx;
    assert_int_equal(client->family, CLIENT.family);
    atomic_fetch_add(&scene->ended, 1);
}

static void load(struct scene *scene)
{
    struct diag diag;
    scene->config = configured(CONF);
    scene->serving = serving_create(scene->config);
    diag_init(&diag);
    scene->tls = tls_store_create(scene->config, &diag);
    diag_fini(&diag);
}

static void raise_scene(struct scene *scene)
{
    *scene = (struct scene){.serving = NULL};
    load(scene);
    const struct worker_options options = {
        .serving = scene->serving, .tls = scene->tls, .ended = on_ended, .ctx = scene};
    scene->worker = worker_create(&options);
    assert_non_null(scene->worker);
}

static void strike_scene(struct scene *scene)
{
    worker_destroy(scene->worker);
    tls_store_unref(scene->tls);
    serving_unref(scene->serving);
    config_unref(scene->config);
}

/* Read until its end, as text. */
static void expect_heard(int fd, const char *expected)
{
    char heard[256] = "";
    size_t len = 0;
    ssize_t got;
    while ((got = recv(fd, heard + len, sizeof heard - 1 - len, 0)) > 0)
        len += (size_t)got;
    assert_int_equal(got, 0);
    assert_string_equal(heard, expected);
    assert_int_equal(close(fd), 0);
}

/* Between a worker's loop that breaks and the end of it there may be one more. */
static void test_arrives_while_draining(void **state)
{
    (void)state;
    struct scene scene;
    int fds[2];
    raise_scene(&scene);
    tcp_pair(fds);
    worker_drain(scene.worker);
    assert_int_equal(worker_serve(scene.worker, fds[0], 0, &CLIENT), 0);
    expect_heard(fds[1], "");
    while (worker_sessions(scene.worker) > 0 || atomic_load(&scene.ended) == 0)
        (void)sched_yield();
    assert_int_equal(atomic_load(&scene.ended), 1);
    strike_scene(&scene);
}

static void test_wanted(void **state)
{
    (void)state;
    static const struct {
        unsigned workers, wanted;
    } rows[] = {{1, 1}, {WORKERS_MAX, WORKERS_MAX}, {WORKERS_MAX + 1, WORKERS_MAX}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct config config = {.workers = rows[i].workers};
        assert_int_equal(worker_wanted(&config), rows[i].wanted);
    }
    const struct config as_many_as_cpus = {.workers = 0};
    assert_int_equal(worker_wanted(&as_many_as_cpus), sysconf(_SC_NPROCESSORS_ONLN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrives_while_draining),
        cmocka_unit_test(test_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
