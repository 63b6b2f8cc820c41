#include "conf/read/config_load.h"
#include "proxy/upstream/upstream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Three addresses where nobody listens, and the order they are tried in. */
static const char text[] =
    "upstreams = ( { address = [ \"127.0.0.1:9\", \"127.0.0.2:9\", \"127.0.0.3:9\" ]; } );\n";

static struct config *load_config(void)
{
    char path[] = "/tmp/upstream_open_test.XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    (void)close(fd);
    struct diag diag;
    diag_init(&diag);
    struct config *config = config_load(path, CONFIG_NEEDS_NOTHING, NULL, &diag);
    diag_fini(&diag);
    (void)unlink(path);
    assert_non_null(config);
    return config;
}

struct scene {
    struct loop *loop;
    struct upstream *upstream;
    struct config *config;
    struct rest_table table;
};

static void owner_wake(void *ctx)
{
    struct scene *scene = ctx;
    if (upstream_status(scene->upstream) == UPSTREAM_LOST)
        loop_stop(scene->loop);
}

static void raise_scene(struct scene *scene)
{
    *scene = (struct scene){.config = load_config(), .loop = loop_create()};
    scene->upstream = upstream_create(scene->loop, owner_wake, scene);
    assert_non_null(scene->upstream);
    upstream_rest(scene->upstream, &scene->table);
}

static void strike_scene(struct scene *scene)
{
    upstream_destroy(scene->upstream);
    loop_destroy(scene->loop);
    config_unref(scene->config);
}

static void open_upstream(struct scene *scene)
{
    struct identity identity = {.helo = SLICE("them")};
    upstream_open(scene->upstream, scene->config, &scene->config->upstreams[0], SLICE("me"),
                  &identity);
}

/* Bits: which addresses rest; which is tried first. */
static const struct {
    unsigned resting;
    size_t first;
} choices[] = {{0, 0}, {1, 1}, {2, 0}, {3, 2}, {6, 0}, {5, 1}, {7, 0}};

static void test_choice(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        struct scene scene;
        raise_scene(&scene);
        const struct endpoint *all = scene.config->upstreams[0].endpoints;
        for (size_t j = 0; j < 3; j++)
            if (choices[i].resting & 1u << j)
                rest_begin(&scene.table, all[j].text, "broken", loop_now_ms(scene.loop));
        open_upstream(&scene);
        if (!slice_equal(upstream_address(scene.upstream), all[choices[i].first].text))
            fail_msg("%x rest: first is %.*s", choices[i].resting,
                     SLICE_ARG(upstream_address(scene.upstream)));
        strike_scene(&scene);
    }
}

static void test_all_fail(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    const struct endpoint *all = scene.config->upstreams[0].endpoints;
    open_upstream(&scene);
    if (upstream_status(scene.upstream) == UPSTREAM_OPENING)
        assert_int_equal(loop_run(scene.loop), 0);
    assert_int_equal(upstream_status(scene.upstream), UPSTREAM_LOST);
    assert_true(slice_equal(upstream_address(scene.upstream), all[2].text));
    for (size_t j = 0; j < 3; j++)
        assert_true(rest_active(&scene.table, all[j].text, loop_now_ms(scene.loop)));
    strike_scene(&scene);
}

/* Where the client wanted to go is tried once, and nowhere else; it does not rest. */
static void test_towards(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    const struct endpoint *all = scene.config->upstreams[0].endpoints;
    struct endpoint there = {.text = SLICE("127.0.0.4:9")};
    assert_int_equal(address_parse_port(there.text, &there.address), 0);
    upstream_towards(scene.upstream, &there, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        open_upstream(&scene);
        if (upstream_status(scene.upstream) == UPSTREAM_OPENING)
            assert_int_equal(loop_run(scene.loop), 0);
        assert_int_equal(upstream_status(scene.upstream), UPSTREAM_LOST);
        assert_true(slice_equal(upstream_address(scene.upstream), there.text));
    }
    assert_false(rest_active(&scene.table, there.text, loop_now_ms(scene.loop)));
    for (size_t j = 0; j < 3; j++)
        assert_false(rest_active(&scene.table, all[j].text, loop_now_ms(scene.loop)));
    upstream_towards(scene.upstream, NULL, NULL, NULL);
    open_upstream(&scene);
    assert_true(slice_equal(upstream_address(scene.upstream), all[0].text));
    strike_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_all_fail),
        cmocka_unit_test(test_towards),
    };
    return cmocka_run_group_tests_name("upstream_open", tests, NULL, NULL);
}
