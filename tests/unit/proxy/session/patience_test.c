/* How long one waits, and that others do not know. */
#include "proxy/session/patience.h"

#include "tests/unit/proxy/net/ground.h"

static void on_over(void *ctx)
{
    (*(unsigned *)ctx)++;
}

static void test_over(void **state)
{
    unsigned wakes = 0;
    struct patience p = {.timer = NULL}, other = {.timer = NULL};
    (void)state;
    struct loop *loop = loop_create();
    assert_non_null(loop);
    assert_int_equal(patience_init(&p, loop, on_over, &wakes), 0);
    assert_int_equal(patience_init(&other, loop, on_over, &wakes), 0);
    patience_begin(&p, 1);
    patience_begin(&other, 10000);
    assert_false(p.over);
    run_for(loop, 20);
    assert_true(p.over);
    assert_false(other.over);
    assert_int_equal(wakes, 1);
    patience_begin(&p, 10000);
    assert_false(p.over);
    patience_fini(&p);
    patience_fini(&other);
    loop_destroy(loop);
}

static void test_ended(void **state)
{
    unsigned wakes = 0;
    struct patience p = {.timer = NULL};
    (void)state;
    struct loop *loop = loop_create();
    assert_non_null(loop);
    assert_int_equal(patience_init(&p, loop, on_over, &wakes), 0);
    patience_begin(&p, 1);
    patience_end(&p);
    run_for(loop, 20);
    assert_false(p.over);
    assert_int_equal(wakes, 0);
    patience_begin(&p, 1);
    const struct loop_timer *timer = p.timer;
    assert_int_equal(patience_init(&p, loop, on_over, &wakes), 0); /* it has one */
    assert_ptr_equal(p.timer, timer);
    run_for(loop, 20);
    assert_true(p.over);
    patience_end(&p);
    assert_false(p.over);
    patience_fini(&p);
    patience_fini(&p);
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_over),
        cmocka_unit_test(test_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
