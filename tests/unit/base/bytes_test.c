#include "filters/base/bytes.h"

#include "tests/unit/support.h"

static void appends_add_up(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 1000);
    assert_null(b.data);
    assert_int_equal(bytes_append(&b, SLICE("a\0b")), 0);
    assert_int_equal(bytes_append_char(&b, 'c'), 0);
    assert_int_equal(bytes_append(&b, SLICE_NONE), 0);
    assert_int_equal(bytes_format(&b, "%03d", 7), 0);
    assert_slice(bytes_slice(&b), SLICE("a\0bc007"));
    assert_false(b.failed);
    bytes_fini(&b);
}

static void the_limit_is_exact(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 10);
    assert_int_equal(bytes_append(&b, SLICE("0123456789")), 0);
    assert_int_equal(bytes_append(&b, SLICE_NONE), 0);
    assert_int_equal(bytes_append_char(&b, 'x'), -1);
    assert_true(b.failed);
    assert_text(bytes_slice(&b), "0123456789");
    bytes_fini(&b);
}

/* Each row: a failing call, and then one that would fit but must not be taken any more. */
static void failure_sticks(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 8);
    assert_int_equal(bytes_append(&b, SLICE("abc")), 0);
    assert_int_equal(bytes_format(&b, "%s", "too long"), -1);
    assert_int_equal(bytes_append_char(&b, 'd'), -1);
    assert_int_equal(bytes_format(&b, "d"), -1);
    assert_null(bytes_reserve(&b, 1));
    assert_text(bytes_slice(&b), "abc");
    bytes_clear(&b);
    assert_false(b.failed);
    assert_int_equal(bytes_format(&b, "%s", "12345678"), 0);
    assert_null(bytes_reserve(&b, SIZE_MAX));
    assert_text(bytes_slice(&b), "12345678");
    bytes_fini(&b);
    assert_int_equal(b.limit_bytes, 8);
    assert_int_equal(bytes_append_char(&b, 'x'), 0);
    bytes_fini(&b);
}

static void reserve_and_commit(void **state)
{
    struct bytes b;
    char *room;

    (void)state;
    bytes_init(&b, 100);
    assert_non_null(bytes_reserve(&b, 0));
    room = bytes_reserve(&b, 100);
    assert_non_null(room);
    memset(room, 'x', 100);
    bytes_commit(&b, 3);
    assert_text(bytes_slice(&b), "xxx");
    assert_non_null(bytes_reserve(&b, 97));
    assert_null(bytes_reserve(&b, 98));
    bytes_fini(&b);
    bytes_init(&b, SIZE_MAX); /* no limit, but an end of numbers */
    assert_int_equal(bytes_append(&b, SLICE("abc")), 0);
    assert_null(bytes_reserve(&b, SIZE_MAX - 3));
    bytes_fini(&b);
}

static void consume_moves_down(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 100);
    bytes_consume(&b, 5);
    bytes_append(&b, SLICE("hello world"));
    bytes_consume(&b, 0);
    bytes_consume(&b, 6);
    assert_text(bytes_slice(&b), "world");
    bytes_consume(&b, 50);
    assert_int_equal(b.len, 0);
    bytes_fini(&b);
}

static void growth_is_bounded_by_the_limit(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(bytes_append_char(&b, (char)('a' + i % 26)), 0);
    assert_int_equal(bytes_append_char(&b, 'x'), -1);
    assert_true(b.cap <= 100001);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    bytes_fini(&b);
}

static void wiping_reaches_all_of_it(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 100);
    bytes_wipe(&b);
    bytes_append(&b, SLICE("secret secret"));
    bytes_consume(&b, 7); /* the end of it is still there, behind what counts */
    b.failed = true;
    bytes_wipe(&b);
    assert_int_equal(b.len, 0);
    assert_false(b.failed);
    for (size_t i = 0; i < b.cap && i < 13; i++)
        assert_int_equal(b.data[i], 0);
    bytes_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_add_up),
        cmocka_unit_test(the_limit_is_exact),
        cmocka_unit_test(failure_sticks),
        cmocka_unit_test(reserve_and_commit),
        cmocka_unit_test(consume_moves_down),
        cmocka_unit_test(growth_is_bounded_by_the_limit),
        cmocka_unit_test(wiping_reaches_all_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
