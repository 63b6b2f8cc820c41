/* leaf_file: what a part's octets show, whatever is said of them. */
#include "tests/unit/filters/content/reading_kit.h"

#define OCTETS "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n"
/* A ZIP with one empty member "evil.exe". */
#define ZIP                                                                                        \
    "UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAIAAAAZXZpbC5leGVQSwECFAMUAAAAAAAAACEAAAAA\n"               \
    "AAAAAAAAAAAACAAAAAAAAAAAAAAAgAEAAAAAZXZpbC5leGVQSwUGAAAAAAEAAQA2AAAAJgAAAAAA\n"

static void test_zip(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, OCTETS ZIP);
    assert_value(&kit, CONTENT_ARCHIVE_MEMBER, "evil.exe");
    assert_value(&kit, CONTENT_ARCHIVE_ENCRYPTED, "no");
    assert_value(&kit, CONTENT_ATTACHMENT_TYPE, "application/zip");
    assert_value(&kit, CONTENT_ATTACHMENT_TYPE, "application/octet-stream");
    assert_text(kit.content->parts[0].shown_type, "application/zip");
    kit_fini(&kit);
}

/* One that says it is a text, and shows none. */
static void test_text(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" ZIP);
    assert_value(&kit, CONTENT_ARCHIVE_MEMBER, "evil.exe");
    assert_value(&kit, CONTENT_ATTACHMENT_TYPE, "application/zip");
    assert_value(&kit, CONTENT_ATTACHMENT_TYPE, "text/plain");
    kit_fini(&kit);
}

/* No archive has no value, which is not "no". */
static void test_none(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, OCTETS "b25l\n");
    assert_int_equal(kit.content->values[CONTENT_ARCHIVE_ENCRYPTED].count, 0);
    assert_int_equal(kit.content->values[CONTENT_ARCHIVE_MEMBER].count, 0);
    assert_null(kit.content->parts[0].shown_type.ptr);
    kit_fini(&kit);
}

/* A name in a winmail.dat, in 8 bits and in 16. */
static void test_tnef(void **state)
{
    struct kit kit;

    (void)state;
    kit_read(&kit, OCTETS "eJ8+IgEAAhCAAQAGAAAAYS5leGUAAAACBZAGABgAAAABAAAAHwAHNwEAAAAGAAAA"
                          "YgBjAAAAAAAAAA==\n");
    assert_value(&kit, CONTENT_ATTACHMENT, "a.exe");
    assert_value(&kit, CONTENT_ATTACHMENT, "bc");
    assert_doubt(&kit, "a container that only some readers open");
    kit_fini(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zip),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_tnef),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
