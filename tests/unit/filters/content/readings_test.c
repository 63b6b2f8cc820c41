/* readings: parts that most see, and behind them those that only others do. */
#include "tests/unit/filters/content/reading_kit.h"

static void test_once(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=B; boundary=C\n\n"
                   "--B\n\none\n--B--\n--C\n\ntwo\n--C--\n");
    assert_int_equal(kit.content->part_count, 3);
    assert_text(kit.content->parts[1].body, "one");
    assert_false(kit.content->parts[1].other);
    assert_text(kit.content->parts[2].body, "two");
    assert_true(kit.content->parts[2].other);
    assert_int_equal(kit.content->parts[2].parent, 0);
    kit_fini(&kit);
}

/* Which part a doubt is about. */
static void test_doubts(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=B\n\n"
                   "--B\n\none\n--B\nContent-Type: a/b; name=x y\n\ntwo\n--B--\n");
    assert_int_equal(kit.content->doubt_count, 1);
    assert_int_equal(kit.content->doubts[0].part, 2);
    kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_doubts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
