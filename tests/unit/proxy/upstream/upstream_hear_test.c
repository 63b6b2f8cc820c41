/* upstream_hear: a reply that is there before what it would answer (PROTOCOL D4, U03, U04). The
 * server is the bare end of a socket that takes little. */
#include <stdlib.h>

#include "conf/config.h"
#include "tests/unit/proxy/upstream/idle.h"

#define LITTLE 4096    /* octets of room in the socket, as asked for */
#define MUCH   1000000 /* more than it has */

struct scene {
    struct loop *loop;
    struct config config;
    struct upstream_conf conf;
    struct idle idle;
};

static struct scene *scene_new(enum upstream_phase phase)
{
    struct scene *scene = calloc(1, sizeof *scene);
    const int room = LITTLE;
    assert_non_null(scene);
    scene->config.timeouts.command_ms = GROUND_PATIENCE_MS;
    scene->loop = loop_create();
    scene->idle = idle_make(scene->loop, &scene->conf);
    scene->idle.upstream->config = &scene->config;
    scene->idle.upstream->phase = phase;
    assert_int_equal(setsockopt(scene->idle.server, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    return scene;
}

static void scene_end(struct scene *scene)
{
    scene->idle.upstream->config = NULL; /* it is no heap's */
    idle_end(&scene->idle);
    loop_destroy(scene->loop);
    free(scene);
}

/* So much content on its way, then its end. */
static void send_message(struct scene *scene, size_t size)
{
    char *content = calloc(1, size);
    struct slice all = slice_make(content, size);
    upstream_content(scene->idle.upstream, &all, 1);
    upstream_end(scene->idle.upstream, SLICE("\r\n.\r\n"), GROUND_PATIENCE_MS);
    upstream_flush(scene->idle.upstream);
    free(content);
}

static void server_says(struct scene *scene, const char *text)
{
    write_all(scene->idle.server, slice_str(text));
    run_for(scene->loop, 20);
}

static void server_reads(struct scene *scene)
{
    char buffer[65536];
    do
        run_for(scene->loop, 5);
    while (recv(scene->idle.server, buffer, sizeof buffer, MSG_DONTWAIT) > 0);
}

static void expect(const struct scene *scene, enum upstream_status status, bool cut_short)
{
    assert_int_equal(upstream_status(scene->idle.upstream), status);
    assert_int_equal(upstream_cut_short(scene->idle.upstream), cut_short);
}

static void test_queued_here(void **state)
{
    (void)state;
    struct scene *scene = scene_new(PHASE_CONTENT);
    send_message(scene, MUCH);
    server_says(scene, "250 2.0.0 Ok\r\n");
    expect(scene, UPSTREAM_LOST, true);
    scene_end(scene);
}

/* The system has taken all of it, and the server has not. */
static void test_in_the_system(void **state)
{
    (void)state;
    struct scene *scene = scene_new(PHASE_CONTENT);
    send_message(scene, 100);
    server_says(scene, "250 2.0.0 Ok\r\n");
    expect(scene, UPSTREAM_LOST, false);
    scene_end(scene);
}

static void test_in_time(void **state)
{
    (void)state;
    struct scene *scene = scene_new(PHASE_CONTENT);
    send_message(scene, MUCH);
    server_reads(scene);
    server_says(scene, "250 2.0.0 Ok\r\n");
    expect(scene, UPSTREAM_READY, false);
    assert_int_equal(upstream_reply(scene->idle.upstream)->code, 250);
    scene_end(scene);
}

static void test_refuses_early(void **state)
{
    (void)state;
    struct scene *scene = scene_new(PHASE_CONTENT);
    send_message(scene, MUCH);
    server_says(scene, "552 5.3.4 Too big\r\n");
    expect(scene, UPSTREAM_REFUSED, true);
    assert_int_equal(upstream_reply(scene->idle.upstream)->code, 552);
    scene_end(scene);
}

/* What has begun too early does not become an answer by ending in time. */
static void test_begins_early(void **state)
{
    (void)state;
    struct scene *scene = scene_new(PHASE_CONTENT);
    send_message(scene, 100);
    server_says(scene, "25");
    server_reads(scene);
    server_says(scene, "0 2.0.0 Ok\r\n");
    expect(scene, UPSTREAM_LOST, false);
    scene_end(scene);
}

/* A failure to send drops what was queued, and lets the last words of the server through. */
static void test_says_it_and_resets(void **state)
{
    (void)state;
    struct scene *scene = scene_new(PHASE_CONTENT);
    send_message(scene, MUCH);
    write_all(scene->idle.server, SLICE("250 2.0.0 Ok\r\n"));
    assert_int_equal(shutdown(scene->idle.server, SHUT_RDWR), 0);
    run_for(scene->loop, 20);
    expect(scene, UPSTREAM_LOST, true);
    scene_end(scene);
}

/* No command is answered early either. */
static void test_command(void **state)
{
    static const char *const REPLIES[] = {"250 2.1.0 Ok\r\n", "550 5.1.0 No\r\n"};
    (void)state;
    for (size_t i = 0; i < sizeof REPLIES / sizeof REPLIES[0]; i++) {
        struct scene *scene = scene_new(PHASE_READY);
        upstream_command(scene->idle.upstream, SLICE("MAIL FROM:<a@b>\r\n"));
        server_says(scene, REPLIES[i]);
        expect(scene, UPSTREAM_LOST, true);
        scene_end(scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queued_here),
        cmocka_unit_test(test_in_the_system),
        cmocka_unit_test(test_in_time),
        cmocka_unit_test(test_refuses_early),
        cmocka_unit_test(test_begins_early),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_says_it_and_resets),
    };
    return cmocka_run_group_tests_name("upstream_hear", tests, NULL, NULL);
}
