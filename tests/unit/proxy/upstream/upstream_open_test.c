#include "tests/unit/proxy/upstream/lonely.h"

/* Three addresses where nobody listens, and the order they are tried in. */
static const char text[] =
    "upstreams = ( { address = [ \"127.0.0.1:9\", \"127.0.0.2:9\", \"127.0.0.3:9\" ]; } );\n";

/* Bits: which addresses rest; which is tried first. */
static const struct {
    unsigned resting;
    size_t first;
} choices[] = {{0, 0}, {1, 1}, {2, 0}, {3, 2}, {6, 0}, {5, 1}, {7, 0}};

static void test_choice(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        struct lonely scene;
        lonely_begin(&scene, text);
        const struct endpoint *all = scene.config->upstreams[0].endpoints;
        for (size_t j = 0; j < 3; j++)
            if (choices[i].resting & 1u << j)
                rest_begin(&scene.table, all[j].text, "broken", loop_now_ms(scene.loop));
        lonely_open(&scene);
        if (!slice_equal(upstream_address(scene.upstream), all[choices[i].first].text))
            fail_msg("%x rest: first is %.*s", choices[i].resting,
                     SLICE_ARG(upstream_address(scene.upstream)));
        lonely_end(&scene);
    }
}

static void test_all_fail(void **state)
{
    (void)state;
    struct lonely scene;
    lonely_begin(&scene, text);
    const struct endpoint *all = scene.config->upstreams[0].endpoints;
    lonely_open(&scene);
    lonely_lost(&scene);
    assert_true(slice_equal(upstream_address(scene.upstream), all[2].text));
    for (size_t j = 0; j < 3; j++)
        assert_true(rest_active(&scene.table, all[j].text, loop_now_ms(scene.loop)));
    lonely_end(&scene);
}

/* Where the client wanted to go is tried once, and nowhere else; it does not rest. */
static void test_towards(void **state)
{
    (void)state;
    struct lonely scene;
    lonely_begin(&scene, text);
    const struct endpoint *all = scene.config->upstreams[0].endpoints;
    struct endpoint there = {.text = SLICE("127.0.0.4:9")};
    assert_int_equal(address_parse_port(there.text, &there.address), 0);
    upstream_towards(scene.upstream, &there, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        lonely_open(&scene);
        lonely_lost(&scene);
        assert_true(slice_equal(upstream_address(scene.upstream), there.text));
    }
    assert_false(rest_active(&scene.table, there.text, loop_now_ms(scene.loop)));
    for (size_t j = 0; j < 3; j++)
        assert_false(rest_active(&scene.table, all[j].text, loop_now_ms(scene.loop)));
    upstream_towards(scene.upstream, NULL, NULL, NULL);
    lonely_open(&scene);
    assert_true(slice_equal(upstream_address(scene.upstream), all[0].text));
    lonely_end(&scene);
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
