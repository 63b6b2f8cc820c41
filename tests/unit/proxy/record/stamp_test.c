/* stamp: the time of day and its text. */
#include "proxy/record/stamp.h"

#include "tests/unit/support.h"

#include <time.h>

static void texts(void **state)
{
    static const struct {
        int64_t time_us;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {999, "1970-01-01T00:00:00.000Z"}, /* cut, not rounded */
        {1999999, "1970-01-01T00:00:01.999Z"},
        {951826554007000, "2000-02-29T12:15:54.007Z"},
        {4102444800000000, "2100-01-01T00:00:00.000Z"},
        {INT64_MAX, "294247-01-10T04:00:54.775Z"},
    };
    char text[STAMP_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row_slice(stamp_text(rows[i].time_us, text), slice_str(rows[i].text), rows[i].text,
                         i);
}

static void now(void **state)
{
    time_t before = time(NULL);
    int64_t now_us = stamp_now_us();
    time_t after = time(NULL);

    (void)state;
    assert_true(now_us / 1000000 >= before - 1); /* time(2) may lag behind by a tick */
    assert_true(now_us / 1000000 <= after + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(now),
    };

    return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
