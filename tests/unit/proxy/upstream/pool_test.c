/* pool: who gets which connection, how many there are, and when they end. */
#include "proxy/upstream/pool.h"

#include "tests/unit/proxy/upstream/idle.h"

#define LONG_MS 60000

static const struct upstream_conf ONE = {.name = SLICE_INIT("one"), .keepalive = 2};
static const struct upstream_conf TWO = {.name = SLICE_INIT("two"), .keepalive = 1};

struct scene {
    struct loop *loop;
    struct pool *pool;
    struct idle idle[4]; /* in the pool, until take() */
};

static void raise_scene(struct scene *scene)
{
    *scene = (struct scene){.loop = loop_create()};
    scene->pool = pool_create(scene->loop, NULL);
    assert_non_null(scene->pool);
    for (size_t i = 0; i < COUNT_OF(scene->idle); i++)
        scene->idle[i].server = -1;
}

static void strike_scene(struct scene *scene)
{
    pool_destroy(scene->pool);
    for (size_t i = 0; i < COUNT_OF(scene->idle); i++)
        if (scene->idle[i].server >= 0)
            assert_int_equal(close(scene->idle[i].server), 0);
    loop_destroy(scene->loop);
}

static struct upstream *put(struct scene *scene, size_t i, const struct upstream_conf *conf,
                            uint64_t idle_ms)
{
    scene->idle[i] = idle_make(scene->loop, conf);
    pool_put(scene->pool, scene->idle[i].upstream, idle_ms);
    return scene->idle[i].upstream;
}

/* Has the pool give one, which must be ${wanted}, and ends it. */
static void take(struct scene *scene, const struct upstream_conf *conf,
                 const struct upstream *wanted)
{
    struct upstream *got = pool_take(scene->pool, conf, idle_wake, scene);
    assert_ptr_equal(got, wanted);
    if (got != NULL)
        assert_ptr_equal(got->ctx, scene);
    upstream_destroy(got);
}

/* What server ${i} has heard, and whether its client has left. */
static void expect_heard(struct scene *scene, size_t i, const char *text)
{
    char heard[64] = "";
    run_for(scene->loop, 10);
    ssize_t got = read(scene->idle[i].server, heard, sizeof heard - 1);
    assert_string_equal(heard, text);
    assert_true(text[0] != '\0' || got < 0);
}

static void test_take(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    take(&scene, &ONE, NULL);
    const struct upstream *a = put(&scene, 0, &ONE, LONG_MS), *b = put(&scene, 1, &TWO, LONG_MS),
                          *c = put(&scene, 2, &ONE, LONG_MS);
    assert_int_equal(pool_count(scene.pool), 3);
    take(&scene, &ONE, c); /* the one put last is the likeliest to live */
    take(&scene, &ONE, a);
    take(&scene, &ONE, NULL);
    take(&scene, &TWO, b);
    assert_int_equal(pool_count(scene.pool), 0);
    strike_scene(&scene);
}

static void test_bound(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    (void)put(&scene, 0, &ONE, LONG_MS);
    const struct upstream *b = put(&scene, 1, &TWO, LONG_MS), *c = put(&scene, 2, &ONE, LONG_MS),
                          *d = put(&scene, 3, &ONE, LONG_MS);
    assert_int_equal(pool_count(scene.pool), 3);
    expect_heard(&scene, 0, "QUIT\r\n");
    expect_heard(&scene, 2, "");
    take(&scene, &ONE, d);
    take(&scene, &ONE, c);
    take(&scene, &ONE, NULL);
    take(&scene, &TWO, b);
    strike_scene(&scene);
}

static bool one_is_left(const void *ctx)
{
    const struct scene *scene = ctx;
    return pool_count(scene->pool) == 1;
}

static bool none_is_left(const void *ctx)
{
    const struct scene *scene = ctx;
    return pool_count(scene->pool) == 0;
}

static void test_time(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    uint64_t begin_ms = clock_ms();
    (void)put(&scene, 0, &ONE, 100);
    (void)put(&scene, 1, &ONE, 2000);
    run_until(scene.loop, one_is_left, &scene);
    assert_true(clock_ms() - begin_ms >= 99);
    expect_heard(&scene, 0, "QUIT\r\n");
    expect_heard(&scene, 1, "");
    run_until(scene.loop, none_is_left, &scene);
    assert_true(clock_ms() - begin_ms >= 1999);
    expect_heard(&scene, 1, "QUIT\r\n");
    /* and once more, after it was empty */
    (void)put(&scene, 2, &ONE, 20);
    run_until(scene.loop, none_is_left, &scene);
    strike_scene(&scene);
}

/* One whose RSET is not answered yet is nobody's; a refused one is the end of it. */
static void test_resetting(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    for (size_t i = 0; i < 2; i++) {
        scene.idle[i] = idle_make(scene.loop, &ONE);
        scene.idle[i].upstream->phase = PHASE_COMMAND;
        pool_put(scene.pool, scene.idle[i].upstream, LONG_MS);
    }
    take(&scene, &ONE, NULL);
    write_all(scene.idle[0].server, SLICE("451 4.3.0 no\r\n"));
    run_for(scene.loop, 20);
    assert_int_equal(pool_count(scene.pool), 1);
    write_all(scene.idle[1].server, SLICE("250 2.0.0 Ok\r\n"));
    run_for(scene.loop, 20);
    take(&scene, &ONE, scene.idle[1].upstream);
    strike_scene(&scene);
}

/* What a server may do to an idle connection, and whether that is found at once or when it is
 * wanted. */
static void test_server(void **state)
{
    static const struct {
        const char *says;
        size_t left; /* in the pool, before anybody wants it */
    } rows[] = {
        {"421 4.4.2 bye\r\n", 0}, {"250 2.0.0 Ok\r\n", 0}, {"421-half", 1}, {"\r\n", 0}, {"", 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        raise_scene(&scene);
        (void)put(&scene, 0, &ONE, LONG_MS);
        if (rows[i].says[0] != '\0')
            write_all(scene.idle[0].server, slice_str(rows[i].says));
        else
            assert_int_equal(shutdown(scene.idle[0].server, SHUT_WR), 0);
        run_for(scene.loop, 20);
        assert_int_equal(pool_count(scene.pool), rows[i].left);
        take(&scene, &ONE, NULL);
        assert_int_equal(pool_count(scene.pool), 0);
        strike_scene(&scene);
    }
}

/* Age is looked at when one is taken, too. */
static void test_age(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    const struct upstream *young = put(&scene, 0, &ONE, LONG_MS);
    put(&scene, 1, &ONE, LONG_MS)->wear.born_ms -= UPSTREAM_KEEP_AGE_MS;
    take(&scene, &ONE, young);
    assert_int_equal(pool_count(scene.pool), 0);
    expect_heard(&scene, 1, "QUIT\r\n");
    strike_scene(&scene);
}

static void test_close(void **state)
{
    (void)state;
    struct scene scene;
    raise_scene(&scene);
    (void)put(&scene, 0, &ONE, LONG_MS);
    (void)put(&scene, 1, &TWO, LONG_MS);
    pool_close(scene.pool, "test");
    assert_int_equal(pool_count(scene.pool), 0);
    expect_heard(&scene, 0, "QUIT\r\n");
    expect_heard(&scene, 1, "QUIT\r\n");
    strike_scene(&scene);
    pool_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take),   cmocka_unit_test(test_bound),
        cmocka_unit_test(test_time),   cmocka_unit_test(test_resetting),
        cmocka_unit_test(test_server), cmocka_unit_test(test_age),
        cmocka_unit_test(test_close),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
