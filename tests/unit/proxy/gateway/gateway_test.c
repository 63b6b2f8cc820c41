/* gateway: its beginning and its end. */
#include "tests/unit/proxy/gateway/gateway_scene.h"

#include <signal.h>
#include <sys/stat.h>

static void cannot_bind(void **state)
{
    char settings[256];
    struct scene s;

    (void)state;
    scene_make(&s);
    (void)snprintf(settings, sizeof(settings),
                   "listeners = ( { address = \"unix:%s\"; },"
                   " { address = \"unix:%s/none/in\"; } );",
                   s.listener, s.folder);
    scene_write(&s, settings);
    scene_open(&s);
    assert_null(s.gateway);
    assert_non_null(strstr(s.error, "none/in"));
    scene_end(&s);
}

static void cannot_log(void **state)
{
    struct scene s;

    (void)state;
    scene_make(&s);
    scene_listen(&s, "", "");
    assert_int_equal(mkdir(s.log, 0700), 0);
    scene_open(&s);
    assert_int_equal(gateway_start(s.gateway, s.error, sizeof(s.error)), -1);
    assert_non_null(strstr(s.error, s.log));
    assert_int_equal(rmdir(s.log), 0);
    scene_end(&s);
}

/* As whoever has started it would. */
static void stop(void *ctx)
{
    (void)ctx;
    assert_int_equal(raise(SIGTERM), 0);
}

static void runs_and_drains(void **state)
{
    struct scene s;
    sigset_t held;

    (void)state;
    scene_begin(&s, "", "");
    gateway_warn(s.gateway, "one more thing");
    assert_int_equal(loop_post(s.gateway->loop, stop, NULL), 0);
    assert_int_equal(gateway_run(s.gateway, NULL), 0);
    assert_int_equal(sigemptyset(&held), 0);
    assert_int_equal(sigaddset(&held, SIGTERM), 0);
    assert_int_equal(sigprocmask(SIG_UNBLOCK, &held, NULL), 0);
    scene_finish(&s, (const char *const[]){"warning: one more thing", "info: ready, configuration ",
                                           "info: stopping; sessions may finish", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cannot_bind),
        cmocka_unit_test(cannot_log),
        cmocka_unit_test(runs_and_drains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
