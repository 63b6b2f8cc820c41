/* content: a message as parts, and what each says. */
#include "tests/unit/filters/content/reading_kit.h"

static void test_one_part(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Subject: x\n\nHello\n");
    assert_int_equal(kit.content->part_count, 1);
    assert_int_equal(kit.content->doubt_count, 0);
    assert_text(kit.content->parts[0].type, "text/plain");
    assert_true(kit.content->parts[0].shown);
    assert_int_equal(kit.content->parts[0].parent, CONTENT_NO_PART);
    assert_slice(kit.content->parts[0].body, kit.body);
    assert_int_equal(kit.content->values[CONTENT_BODY].count, 1);
    assert_value(&kit, CONTENT_BODY, "Hello\r\n");
    kit_fini(&kit);
}

static void test_multipart(void **state)
{
    struct kit kit;
    const struct content_part *parts;

    (void)state;
    kit_read(&kit, "Content-Type: multipart/mixed; boundary=\"B\"\n\n"
                   "--B\nContent-Type: text/plain\n\none\n"
                   "--B\nContent-Type: application/pdf; name=a.pdf\n\ntwo\n\n--B--\n");
    assert_int_equal(kit.content->doubt_count, 0);
    assert_int_equal(kit.content->part_count, 3);
    parts = kit.content->parts;
    assert_text(parts[0].type, "multipart/mixed");
    assert_text(parts[1].header, "Content-Type: text/plain\r\n\r\n");
    assert_text(parts[1].body, "one");
    assert_text(parts[2].body, "two\r\n");
    assert_int_equal(parts[2].parent, 0);
    assert_int_equal(parts[2].depth, 1);
    assert_true(parts[2].attachment && !parts[2].shown);
    assert_text(parts[2].name, "a.pdf");
    assert_value(&kit, CONTENT_BODY, "one");
    assert_value(&kit, CONTENT_ATTACHMENT, "a.pdf");
    assert_value(&kit, CONTENT_ATTACHMENT_TYPE, "application/pdf");
    assert_value(&kit, CONTENT_ATTACHMENT_SIZE, "5");
    kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_part),
        cmocka_unit_test(test_multipart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
