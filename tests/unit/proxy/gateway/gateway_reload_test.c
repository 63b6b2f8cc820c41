/* gateway_reload: a newer configuration, or the old one and why. */
#include "proxy/gateway/gateway_reload.h"

#include "tests/unit/proxy/gateway/gateway_scene.h"

static bool all_have_taken(const void *ctx)
{
    const struct gateway *g = ctx;

    return g->awaited == 0;
}

static void reload(struct scene *s)
{
    gateway_reload(s->gateway);
    run_until(s->gateway->loop, all_have_taken, s->gateway);
}

#define OLD "reload failed, the old policy stays: "

static const struct {
    const char *of_listener, *settings, *logged;
    bool taken;
} ROWS[] = {
    {"", "", "info: reloaded /", true},
    {"policy = \"other\";", "policies = { other = { rules = ( ); }; };", "info: reloaded /", true},
    {"", "workers_of = 3;", OLD "the configuration has errors", false},
    {"", "user = \"nobody\";", "reload: a changed user needs a restart", true},
    {"",
     "quarantine = { directory = \"conf/under-a-file\"; };"
     "rules = ( { then = { quarantine = \"x\"; }; } );",
     OLD, false},
};

static void reloads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct scene s;

        scene_begin(&s, "", "");
        const struct config *before = s.gateway->config;
        scene_listen(&s, ROWS[i].of_listener, ROWS[i].settings);
        reload(&s);
        assert_row((s.gateway->config != before) == ROWS[i].taken, ROWS[i].settings, i);
        scene_finish(&s, (const char *const[]){ROWS[i].logged, NULL});
    }
}

/* Its sockets are those of the start. */
static void sockets_stay(void **state)
{
    char settings[256];
    struct scene s;

    (void)state;
    scene_begin(&s, "name = \"in\";", "");
    (void)snprintf(settings, sizeof(settings),
                   "listeners = ( { name = \"in\"; address = \"unix:%s/moved\"; },"
                   " { name = \"more\"; address = \"unix:%s/more\"; } );",
                   s.folder, s.folder);
    scene_write(&s, settings);
    reload(&s);
    scene_finish(&s, (const char *const[]){"a changed address needs a restart",
                                           "listener 'more' is new: it needs a restart", NULL});
}

/* One that is asked for while workers have not taken the last yet is not forgotten. */
static void once_more(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, "", "");
    gateway_reload(s.gateway);
    assert_int_equal(s.gateway->awaited, 1);
    const struct config *first = s.gateway->config;
    scene_listen(&s, "", "limits = { errors = 3; };");
    gateway_reload(s.gateway);
    assert_true(s.gateway->reload_again);
    assert_ptr_equal(s.gateway->config, first);
    run_until(s.gateway->loop, all_have_taken, s.gateway);
    run_until(s.gateway->loop, all_have_taken, s.gateway);
    assert_false(s.gateway->reload_again);
    assert_int_equal(s.gateway->config->limits.errors, 3);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reloads),
        cmocka_unit_test(sockets_stay),
        cmocka_unit_test(once_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
