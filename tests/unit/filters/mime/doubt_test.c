/* doubt: each has a text of its own. */
#include "filters/mime/doubt.h"

#include "tests/unit/support.h"

static void test_texts(void **state)
{
    (void)state;
    for (enum doubt doubt = 0; doubt < DOUBTS; doubt++) {
        assert_non_null(doubt_text(doubt));
        assert_true(doubt_bit(doubt) != 0);
        for (enum doubt other = 0; other < doubt; other++)
            assert_string_not_equal(doubt_text(doubt), doubt_text(other));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
