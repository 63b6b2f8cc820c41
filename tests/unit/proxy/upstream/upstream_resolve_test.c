#include "conf/read/config_load.h"
#include "proxy/upstream/upstream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/read/config_load.h"

/* An upstream that is given by name. */
static const char text[] = "upstreams = ( { name = \"named\"; address = \"mx.test:9\"; } );\n";

static struct config *load_config(void)
{
    char path[] = "/tmp/upstream_resolve_test.XXXXXX";
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

/* What is known of a name is tried at once, in order, and each of its addresses rests; the name,
 * which has led somewhere, does not. */
static void test_known_name(void **state)
{
    static const struct address addresses[] = {{.family = ADDRESS_V4, .bytes = {127, 0, 0, 5}},
                                               {.family = ADDRESS_V4, .bytes = {127, 0, 0, 6}}};
    static struct name_cache names;
    const struct resolver_answer answer = {
        .result = RESOLVER_OK, .addresses = addresses, .address_count = 2, .ttl_s = 60};
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    assert_non_null(name_cache_take(&names, SLICE("mx.test"), &answer, loop_now_ms(scene.loop)));
    upstream_resolver(scene.upstream, NULL, &names);
    open_upstream(&scene);
    if (upstream_status(scene.upstream) == UPSTREAM_OPENING)
        assert_int_equal(loop_run(scene.loop), 0);
    assert_int_equal(upstream_status(scene.upstream), UPSTREAM_LOST);
    assert_true(slice_equal(upstream_address(scene.upstream), SLICE("127.0.0.6:9")));
    size_t resting = 0;
    for (size_t i = 0; i < REST_MAX; i++)
        resting += scene.table.items[i].until_ms > 0;
    assert_int_equal(resting, 2);
    assert_true(rest_active(&scene.table, SLICE("127.0.0.5:9"), loop_now_ms(scene.loop)));
    assert_true(rest_active(&scene.table, SLICE("127.0.0.6:9"), loop_now_ms(scene.loop)));
    strike_scene(&scene);
}

/* One that nobody can look up is lost, and there is a reason. */
static void test_unknown_name(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    open_upstream(&scene);
    assert_int_equal(upstream_status(scene.upstream), UPSTREAM_LOST);
    assert_string_equal(upstream_failure(scene.upstream),
                        "the upstream's name could not be looked up");
    strike_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_name),
        cmocka_unit_test(test_unknown_name),
    };
    return cmocka_run_group_tests_name("upstream_resolve", tests, NULL, NULL);
}
