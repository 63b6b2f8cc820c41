/* others: what GMime sees beside the outline is a value, and a doubt. */
#include "tests/unit/filters/content/reading_kit.h"

/* An ordinary message is the same to both, whatever stands in it. */
static void test_agree(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=B\n\nbefore\n"
                   "--B\nContent-Type: multipart/alternative; boundary=C\n\n"
                   "--C\n\none\n\n--C\nContent-Type: text/html\n\ntwo\n--C--\n\n"
                   "--B\nContent-Type: message/rfc822\n\nSubject: x\n\nthree\n"
                   "--B\nContent-Type: image/png; name=a.png\n"
                   "Content-Transfer-Encoding: base64\n\nQQ==\n\n--B--\nbehind\n");
    if (kit.content->doubt_count > 0)
        kit_say(&kit, CONTENT_ATTACHMENT);
    assert_int_equal(kit.content->doubt_count, 0);
    assert_int_equal(kit.content->part_count, 7);
    for (size_t i = 0; i < kit.content->part_count; i++)
        assert_false(kit.content->parts[i].other);
    kit_fini(&kit);
}

/* It takes the last of two types; so does another reading of ours, and no part is there twice. */
static void test_differ(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=B\n\n"
                   "--B\n\none\n--B--\n");
    assert_int_equal(kit.content->part_count, 3);
    assert_doubt(&kit, "parts that only some readers find");
    assert_value(&kit, CONTENT_BODY, "one");
    kit_fini(&kit);
}

/* GMime takes the first of two boundaries: it finds what most find, and there is one doubt. */
static void test_one_doubt(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=B; boundary=C\n\n--B\n\none\n--B--\n");
    assert_int_equal(kit.content->part_count, 2);
    assert_int_equal(kit.content->doubt_count, 1);
    kit_fini(&kit);
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=B\n\n--B\n\none\n");
    assert_int_equal(kit.content->doubt_count, 1);
    kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agree),
        cmocka_unit_test(test_differ),
        cmocka_unit_test(test_one_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
