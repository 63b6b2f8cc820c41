/* When one answer is enough for two questions. */
#include "filters/eval/question.h"

#include "tests/unit/support.h"

static void same(void **state)
{
    const struct question a = {QUESTION_CLIENT_NAME, SLICE("192.0.2.1"), SLICE_NONE, NULL};
    struct question b = {QUESTION_CLIENT_NAME, SLICE("192.0.2.1"), SLICE(""), &a};

    (void)state;
    assert_true(question_same(&a, &b));
    b.key = SLICE("192.0.2.2");
    assert_false(question_same(&a, &b));
    b.key = a.key;
    b.source = SLICE("zone.test");
    assert_false(question_same(&a, &b));
}

static void of_a_client(void **state)
{
    char text[ADDRESS_TEXT_MAX];
    struct address client;

    (void)state;
    assert_int_equal(address_parse(SLICE("2001:DB8::0:1"), &client), 0);
    struct question question = question_client_name(&client, text);
    assert_int_equal(question.kind, QUESTION_CLIENT_NAME);
    assert_text(question.key, "2001:db8::1");
    assert_ptr_equal(question.key.ptr, text);
    assert_int_equal(question.source.len, 0);
    assert_null(question.next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same),
        cmocka_unit_test(of_a_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
