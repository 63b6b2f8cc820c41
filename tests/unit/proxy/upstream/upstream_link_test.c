/* upstream_link: what is said on the connection to a server, and what is kept of how it was lost.
 */
#include "conf/config.h"
#include "tests/unit/proxy/upstream/idle.h"

static const struct upstream_conf CONF = {.keepalive = 1};

struct scene {
    struct loop *loop;
    struct config config;
    struct idle idle;
    struct upstream *upstream;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){.loop = loop_create()};
    scene->config.timeouts.command_ms = GROUND_PATIENCE_MS;
    scene->idle = idle_make(scene->loop, &CONF);
    scene->upstream = scene->idle.upstream;
    scene->upstream->config = &scene->config;
}

static void end(struct scene *scene)
{
    scene->upstream->config = NULL; /* it is no heap's */
    idle_end(&scene->idle);
    loop_destroy(scene->loop);
}

static void expect_lost(const struct scene *scene, const char *failure)
{
    assert_int_equal(upstream_status(scene->upstream), UPSTREAM_LOST);
    assert_string_equal(upstream_failure(scene->upstream), failure);
    assert_null(scene->upstream->connection);
}

static void test_say(void **state)
{
    struct scene scene;
    char heard[16];
    (void)state;
    begin(&scene);
    scene.upstream->reply = (struct reply){250, SLICE("250 before\r\n")};
    upstream_link_say(scene.upstream, PHASE_COMMAND, SLICE("NOOP\r\n"));
    upstream_flush(scene.upstream);
    assert_int_equal(upstream_status(scene.upstream), UPSTREAM_WAITING);
    assert_int_equal(upstream_reply(scene.upstream)->code, 0);
    assert_int_equal(recv(scene.idle.server, heard, sizeof heard, 0), 6);
    assert_memory_equal(heard, "NOOP\r\n", 6);
    end(&scene);
}

/* Whatever is there before a command is no reply to it. */
static void test_say_after_words(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    write_all(scene.idle.server, SLICE("42"));
    run_for(scene.loop, 20);
    upstream_link_say(scene.upstream, PHASE_COMMAND, SLICE("NOOP\r\n"));
    expect_lost(&scene, "the upstream sent a reply to no command");
    upstream_link_say(scene.upstream, PHASE_COMMAND, SLICE("NOOP\r\n")); /* to nobody */
    expect_lost(&scene, "the upstream sent a reply to no command");
    end(&scene);
}

static void test_reasons(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    upstream_link_lose_because(scene.upstream, "it broke", "");
    expect_lost(&scene, "it broke");
    assert_false(upstream_insecure(scene.upstream));
    end(&scene);
    begin(&scene);
    scene.upstream->phase = PHASE_STARTTLS;
    upstream_link_lose_because(scene.upstream, "it broke", "Broken pipe");
    expect_lost(&scene, "it broke: Broken pipe");
    assert_true(upstream_insecure(scene.upstream)); /* there was no answer to STARTTLS */
    end(&scene);
}

/* What was said and has not left cannot have arrived. */
static void test_cut_short(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    upstream_link_fail(scene.upstream, PHASE_REFUSED, "not now");
    assert_int_equal(upstream_status(scene.upstream), UPSTREAM_REFUSED);
    assert_false(upstream_cut_short(scene.upstream));
    end(&scene);
    begin(&scene);
    upstream_link_say(scene.upstream, PHASE_COMMAND, SLICE("NOOP\r\n"));
    upstream_link_lose(scene.upstream, "not now");
    assert_true(upstream_cut_short(scene.upstream));
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_say),
        cmocka_unit_test(test_say_after_words),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_cut_short),
    };
    return cmocka_run_group_tests_name("upstream_link", tests, NULL, NULL);
}
