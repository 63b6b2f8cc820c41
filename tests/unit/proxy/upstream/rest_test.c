#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proxy/upstream/rest.h"

static void test_ends(void **state)
{
    (void)state;
    struct rest_table t = {0};
    struct slice a = SLICE("10.0.0.1:25"), b = SLICE("10.0.0.1:2");
    rest_begin(&t, a, "broken", 5);
    assert_true(rest_active(&t, a, 5));
    assert_false(rest_active(&t, b, 5));
    assert_true(rest_active(&t, a, 5 + UPSTREAM_REST_MS - 1));
    assert_false(rest_active(&t, a, 5 + UPSTREAM_REST_MS));
    rest_begin(&t, a, "broken", 10);
    assert_true(rest_active(&t, a, 5 + UPSTREAM_REST_MS));
    rest_end(&t, b);
    assert_true(rest_active(&t, a, 10));
    rest_end(&t, a);
    assert_false(rest_active(&t, a, 10));
}

/* Full: the first to end gives way, and nothing grows. */
static void test_full(void **state)
{
    (void)state;
    struct rest_table t = {0};
    char text[REST_MAX + 1][8];
    for (size_t i = 0; i <= REST_MAX; i++) {
        (void)snprintf(text[i], sizeof text[i], "a:%zu", i);
        rest_begin(&t, slice_str(text[i]), "broken", i);
    }
    assert_false(rest_active(&t, slice_str(text[0]), REST_MAX));
    for (size_t i = 1; i <= REST_MAX; i++)
        assert_true(rest_active(&t, slice_str(text[i]), REST_MAX));
}

static void test_length(void **state)
{
    (void)state;
    struct rest_table t = {0};
    static const char text[REST_TEXT_MAX + 1];
    struct slice fits = {text, REST_TEXT_MAX}, longer = {text, REST_TEXT_MAX + 1};
    rest_begin(&t, longer, "broken", 1);
    assert_false(rest_active(&t, longer, 1));
    rest_begin(&t, fits, "broken", 1);
    assert_true(rest_active(&t, fits, 1));
}

/* What cannot rest takes nobody's place. */
static void test_none(void **state)
{
    (void)state;
    static const char text[REST_TEXT_MAX + 1];
    const struct slice none[] = {SLICE_NONE, {text, REST_TEXT_MAX + 1}};
    for (size_t row = 0; row < sizeof none / sizeof none[0]; row++) {
        struct rest_table t = {0};
        char places[REST_MAX][8];
        for (size_t i = 0; i < REST_MAX; i++) {
            (void)snprintf(places[i], sizeof places[i], "a:%zu", i);
            rest_begin(&t, slice_str(places[i]), "broken", i);
        }
        rest_begin(&t, none[row], "broken", REST_MAX);
        for (size_t i = 0; i < REST_MAX; i++)
            assert_true(rest_active(&t, slice_str(places[i]), REST_MAX));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests_name("rest", tests, NULL, NULL);
}
