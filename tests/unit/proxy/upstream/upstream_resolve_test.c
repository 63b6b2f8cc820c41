#include "tests/unit/proxy/upstream/lonely.h"

/* An upstream that is given by name. */
static const char text[] = "upstreams = ( { name = \"named\"; address = \"mx.test:9\"; } );\n";

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
    struct lonely scene;
    lonely_begin(&scene, text);
    assert_non_null(name_cache_take(&names, SLICE("mx.test"), &answer, loop_now_ms(scene.loop)));
    upstream_resolver(scene.upstream, NULL, &names);
    lonely_open(&scene);
    lonely_lost(&scene);
    assert_true(slice_equal(upstream_address(scene.upstream), SLICE("127.0.0.6:9")));
    size_t resting = 0;
    for (size_t i = 0; i < REST_MAX; i++)
        resting += scene.table.items[i].until_ms > 0;
    assert_int_equal(resting, 2);
    assert_true(rest_active(&scene.table, SLICE("127.0.0.5:9"), loop_now_ms(scene.loop)));
    assert_true(rest_active(&scene.table, SLICE("127.0.0.6:9"), loop_now_ms(scene.loop)));
    lonely_end(&scene);
}

/* One that nobody can look up is lost, and there is a reason. */
static void test_unknown_name(void **state)
{
    (void)state;
    struct lonely scene;
    lonely_begin(&scene, text);
    lonely_open(&scene);
    assert_int_equal(upstream_status(scene.upstream), UPSTREAM_LOST);
    assert_string_equal(upstream_failure(scene.upstream),
                        "the upstream's name could not be looked up");
    lonely_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_name),
        cmocka_unit_test(test_unknown_name),
    };
    return cmocka_run_group_tests_name("upstream_resolve", tests, NULL, NULL);
}
