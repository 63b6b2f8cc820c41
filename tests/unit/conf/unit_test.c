#include "conf/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define BAD UINT64_MAX

struct row {
    const char *text;
    uint64_t size, time;
};

static const struct row ROWS[] = {
    {"0", 0, BAD},
    {"512K", 512 * 1024, BAD},
    {"50M", UINT64_C(50) << 20, BAD},
    {"5G", UINT64_C(5) << 30, BAD},
    {"4294967296", UINT64_C(1) << 32, BAD},
    {"500ms", BAD, 500},
    {"30s", BAD, 30000},
    {"5m", BAD, 300000},
    {"1h", BAD, 3600000},
    {"1d", BAD, 86400000},
    {"0s", BAD, 0},
    {"", BAD, BAD},
    {"K", BAD, BAD},
    {"ms", BAD, BAD},
    {"-5s", BAD, BAD},
    {"1 K", BAD, BAD},
    {" 1", BAD, BAD},
    {"1k", BAD, BAD},
    {"1KB", BAD, BAD},
    {"1.5s", BAD, BAD},
    {"1s5m", BAD, BAD},
    {"9223372036854775807", BAD, BAD}, /* one digit of headroom is given up */
    {"922337203685477580", UINT64_C(922337203685477580), BAD},
    {"99999999999999999999", BAD, BAD},
    {"8589934592G", BAD, BAD}, /* 2^63 */
    {"8589934591G", UINT64_C(8589934591) << 30, BAD},
};

static void sizes_and_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        uint64_t size = BAD, ms = BAD;

        assert_int_equal(unit_size(slice_str(ROWS[i].text), &size), ROWS[i].size == BAD ? -1 : 0);
        assert_true(size == ROWS[i].size);
        assert_int_equal(unit_time(slice_str(ROWS[i].text), &ms), ROWS[i].time == BAD ? -1 : 0);
        assert_true(ms == ROWS[i].time);
    }
}

struct number_row {
    const char *text;
    int result;
    enum number_op op;
    double number;
};

static const struct number_row NUMBERS[] = {
    {"5", 0, NUMBER_EQUAL, 5},
    {"> 10M", 0, NUMBER_GREATER, 10485760},
    {">10M", 0, NUMBER_GREATER, 10485760},
    {"<= 5", 0, NUMBER_LESS_EQUAL, 5},
    {">=  2.5", 0, NUMBER_GREATER_EQUAL, 2.5},
    {"< -1", 0, NUMBER_LESS, -1},
    {"-0.25", 0, NUMBER_EQUAL, -0.25},
    {"0.125K", 0, NUMBER_EQUAL, 128},
    {"10.05", 0, NUMBER_EQUAL, 10.05},
    {"", -1, 0, 0},
    {">", -1, 0, 0},
    {"= 5", -1, 0, 0},
    {"=> 5", -1, 0, 0},
    {"5 ", -1, 0, 0},
    {"5.", -1, 0, 0},
    {".5", -1, 0, 0},
    {"5s", -1, 0, 0},
    {"--5", -1, 0, 0},
    {"1e3", -1, 0, 0},
};

static void numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(*NUMBERS); i++) {
        const struct number_row *row = &NUMBERS[i];
        enum number_op op;
        double number;

        assert_int_equal(unit_number(slice_str(row->text), &op, &number), row->result);
        if (row->result < 0)
            continue;
        assert_int_equal(op, row->op);
        assert_true(number > row->number - 1e-9 && number < row->number + 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes_and_times),
                                       cmocka_unit_test(numbers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
