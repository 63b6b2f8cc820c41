/* encoded: messages and multiparts that are encoded as a whole. */
#include "tests/unit/filters/content/reading_kit.h"

#define INNER "Q29udGVudC1UeXBlOiBhL2I7IG5hbWU9ZXZpbC5leGUKCmJhZAo=\n" /* with bare line feeds */

static void test_message(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: message/rfc822; name=a.eml\n"
                   "Content-Transfer-Encoding: base64\n\n" INNER);
    assert_int_equal(kit.content->part_count, 2);
    assert_int_equal(kit.content->parts[1].parent, 0);
    assert_int_equal(kit.content->parts[1].depth, 1);
    assert_true(kit.content->parts[1].other);
    assert_text(kit.content->parts[1].body, "bad\r\n");
    assert_value(&kit, CONTENT_ATTACHMENT, "evil.exe");
    assert_value(&kit, CONTENT_ATTACHMENT, "a.eml");
    assert_value(&kit, CONTENT_ATTACHMENT_TYPE, "message/rfc822");
    kit_fini(&kit);
}

/* One in another: the depth of all counts. */
static void test_depth(void **state)
{
    static const char twice[] =
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        "Q29udGVudC1UeXBlOiBtZXNzYWdlL3JmYzgyMgpDb250ZW50LVRyYW5zZmVyLUVuY29kaW5nOiBiYXNlNjQK\n"
        "CmVBPT0K\n";
    struct kit kit;

    (void)state;
    kit_read(&kit, twice);
    assert_int_equal(kit.content->part_count, 3);
    assert_int_equal(kit.content->parts[2].depth, 2);
    kit_fini(&kit);
    kit_init(&kit, slice_str(twice));
    kit.limits.depth = 1;
    assert_int_equal(kit_try(&kit), CONTENT_LIMIT);
    assert_null(kit.content);
    kit_fini(&kit);
    kit_init(&kit, slice_str(twice));
    kit.limits.parts = 2;
    assert_int_equal(kit_try(&kit), CONTENT_LIMIT);
    kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
