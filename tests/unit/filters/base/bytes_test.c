#include "filters/base/bytes.h"

#include "tests/unit/support.h"

static void appends_add_up(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 1000);
    assert_null(b.data);
    bytes_append(&b, SLICE("a\0b"));
    assert_int_equal(bytes_end(&b), 0);
    bytes_append_char(&b, 'c');
    assert_int_equal(bytes_end(&b), 0);
    bytes_append(&b, SLICE_NONE);
    assert_int_equal(bytes_end(&b), 0);
    bytes_format(&b, "%03d", 7);
    assert_int_equal(bytes_end(&b), 0);
    assert_slice(bytes_slice(&b), SLICE("a\0bc007"));
    assert_false(b.failed);
    bytes_fini(&b);
}

static void the_limit_is_exact(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 10);
    bytes_append(&b, SLICE("0123456789"));
    assert_int_equal(bytes_end(&b), 0);
    bytes_append(&b, SLICE_NONE);
    assert_int_equal(bytes_end(&b), 0);
    bytes_append_char(&b, 'x');
    assert_int_equal(bytes_end(&b), -1);
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
    bytes_append(&b, SLICE("abc"));
    assert_int_equal(bytes_end(&b), 0);
    bytes_format(&b, "%s", "too long");
    assert_int_equal(bytes_end(&b), -1);
    bytes_append_char(&b, 'd');
    assert_int_equal(bytes_end(&b), -1);
    bytes_format(&b, "d");
    assert_int_equal(bytes_end(&b), -1);
    assert_null(bytes_reserve(&b, 1));
    assert_text(bytes_slice(&b), "abc");
    bytes_clear(&b);
    assert_int_equal(bytes_end(&b), -1);
    bytes_wipe(&b);
    assert_int_equal(bytes_end(&b), -1);
    bytes_cut(&b, 0);
    assert_int_equal(bytes_end(&b), -1);
    bytes_renew(&b);
    bytes_format(&b, "%s", "12345678");
    assert_int_equal(bytes_end(&b), 0);
    assert_null(bytes_reserve(&b, SIZE_MAX));
    assert_text(bytes_slice(&b), "12345678");
    bytes_go_on(&b);
    assert_int_equal(bytes_end(&b), 0);
    assert_text(bytes_slice(&b), "12345678");
    bytes_fini(&b);
    assert_int_equal(b.limit_bytes, 8);
    bytes_append_char(&b, 'x');
    assert_int_equal(bytes_end(&b), 0);
    bytes_fini(&b);
}

/* What is taken is all of it or nothing, and a text that is put is another one. */
static void taken_whole_or_not(void **state)
{
    struct bytes b;
    struct slice out = SLICE("untouched");

    (void)state;
    bytes_init(&b, 8);
    bytes_append(&b, SLICE("abc"));
    bytes_append(&b, SLICE("defghi"));
    assert_int_equal(bytes_take(&b, &out), -1);
    assert_text(out, "untouched");
    assert_int_equal(bytes_set(&b, SLICE("fits")), 0);
    assert_int_equal(bytes_take(&b, &out), 0);
    assert_text(out, "fits");
    assert_int_equal(bytes_set(&b, SLICE("too long a text")), -1);
    assert_int_equal(b.len, 0);
    assert_int_equal(bytes_end(&b), -1);
    assert_int_equal(bytes_set(&b, SLICE_NONE), 0);
    assert_int_equal(bytes_end(&b), 0);
    bytes_fail(&b);
    assert_int_equal(bytes_take(&b, &out), -1);
    bytes_fini(&b);
    assert_int_equal(bytes_end(&b), 0);
}

static void cut_keeps_the_front(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 100);
    bytes_append(&b, SLICE("hello"));
    bytes_cut(&b, 7);
    assert_text(bytes_slice(&b), "hello");
    bytes_cut(&b, 2);
    assert_text(bytes_slice(&b), "he");
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
    bytes_append(&b, SLICE("abc"));
    assert_int_equal(bytes_end(&b), 0);
    assert_null(bytes_reserve(&b, SIZE_MAX - 3));
    bytes_fini(&b);
}

static void growth_is_bounded_by_the_limit(void **state)
{
    struct bytes b;

    (void)state;
    bytes_init(&b, 100000);
    for (int i = 0; i < 100000; i++)
        bytes_append_char(&b, (char)('a' + i % 26));
    assert_int_equal(bytes_end(&b), 0);
    bytes_append_char(&b, 'x');
    assert_int_equal(bytes_end(&b), -1);
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
    bytes_cut(&b, 7); /* the end of it is still there, behind what counts */
    bytes_wipe(&b);
    assert_int_equal(b.len, 0);
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
        cmocka_unit_test(taken_whole_or_not),
        cmocka_unit_test(cut_keeps_the_front),
        cmocka_unit_test(reserve_and_commit),
        cmocka_unit_test(growth_is_bounded_by_the_limit),
        cmocka_unit_test(wiping_reaches_all_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
