/* gateway_lists: changed lists, loaded beside the loop. */
#include "proxy/gateway/gateway_lists.h"

#include "tests/unit/proxy/gateway/gateway_scene.h"

#define RULES "lists = { l = { file = \"list\"; }; };"

static void write_list(const struct scene *s, const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/list", s->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void remove_list(const struct scene *s)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/list", s->folder);
    (void)unlink(path);
}

static void begin(struct scene *s)
{
    scene_make(s);
    write_list(s, "x.test\n");
    scene_listen(s, "", RULES);
    scene_open(s);
    assert_string_equal(s->error, "");
    assert_int_equal(gateway_start(s->gateway, s->error, sizeof(s->error)), 0);
    s->gateway->lists.timer = loop_timer_create(s->gateway->loop, gateway_lists_look, s->gateway);
}

static bool all_is_done(const void *ctx)
{
    const struct gateway *g = ctx;

    return g->lists.from == NULL && g->awaited == 0;
}

static void look_twice(struct scene *s)
{
    gateway_lists_look(s->gateway);
    gateway_lists_look(s->gateway);
}

static void finish(struct scene *s, const char *logged)
{
    remove_list(s);
    scene_finish(s, (const char *const[]){logged, NULL});
}

static void taken_in(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    const struct config *before = s.gateway->config;
    write_list(&s, "x.test\ny.test\n");
    look_twice(&s);
    assert_non_null(s.gateway->lists.from);
    assert_ptr_equal(s.gateway->config, before);
    run_until(s.gateway->loop, all_is_done, s.gateway);
    assert_ptr_not_equal(s.gateway->config, before);
    assert_int_equal(list_count(s.gateway->config->lists.items[0].list), 2);
    finish(&s, "info: reloaded /");
}

static void not_taken_in(void **state)
{
    (void)state;
    for (int other = 0; other < 2; other++) {
        struct scene s;

        begin(&s);
        const struct config *before = s.gateway->config;
        write_list(&s, other != 0 ? "y.test\nz.test\n" : "@x.test\n");
        if (other != 0)
            scene_listen(&s, "", RULES " # changed");
        look_twice(&s);
        run_until(s.gateway->loop, all_is_done, s.gateway);
        assert_ptr_equal(s.gateway->config, before);
        look_twice(&s);
        assert_null(s.gateway->lists.from); /* not tried again */
        finish(&s, other != 0 ? "both wait for a reload" : "reload failed, the old policy stays");
    }
}

/* A thread that is under way when all ends is waited for. */
static void stopped_meanwhile(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    write_list(&s, "x.test\ny.test\n");
    look_twice(&s);
    assert_non_null(s.gateway->lists.from);
    remove_list(&s);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken_in),
        cmocka_unit_test(not_taken_in),
        cmocka_unit_test(stopped_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
