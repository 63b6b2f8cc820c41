#include "proxy/net/outgoing.h"
#include "tests/unit/checked_mutex.h"
#include "tests/unit/support.h"

static struct address at(const char *text)
{
    struct address address;
    assert_int_equal(address_parse_port(slice_str(text), &address), 0);
    return address;
}

/* Connections in the table, and such as differ from the first by one thing each. The last two of
 * the first share a bucket with it. */
static const char *const OURS[][2] = {
    {"10.0.0.1:40000", "192.0.2.1:25"},
    {"[2001:db8::1]:40000", "[2001:db8::2]:25"},
    {"10.0.0.1:44096", "192.0.2.1:25"},
};
static const char *const OTHERS[][2] = {
    {"10.0.0.2:40000", "192.0.2.1:25"}, {"10.0.0.1:40001", "192.0.2.1:25"},
    {"10.0.0.1:40000", "192.0.2.2:25"}, {"10.0.0.1:40000", "192.0.2.1:26"},
    {"10.0.0.1:35904", "192.0.2.1:25"},
};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool has(struct outgoing *table, const char *const ends[2])
{
    struct address from = at(ends[0]), to = at(ends[1]);
    return outgoing_has(table, &from, &to);
}

static void test_table(void **state)
{
    (void)state;
    struct outgoing *table = outgoing_create();
    struct outgoing_mark marks[COUNT(OURS)] = {0};
    assert_non_null(table);
    /* put in, and taken out from every place in the bucket */
    for (size_t out = 0; out < COUNT(OURS); out++) {
        for (size_t i = 0; i < COUNT(OURS); i++) {
            assert_false(has(table, OURS[i]));
            outgoing_add(table, &marks[i], at(OURS[i][0]), at(OURS[i][1]));
            assert_true(has(table, OURS[i]));
        }
        for (size_t i = 0; i < COUNT(OTHERS); i++)
            assert_false(has(table, OTHERS[i]));
        outgoing_remove(&marks[out]);
        for (size_t i = 0; i < COUNT(OURS); i++)
            assert_int_equal(has(table, OURS[i]), i != out);
        for (size_t i = 0; i < COUNT(OURS); i++)
            outgoing_remove(&marks[i]);
    }
    /* one mark is one connection */
    outgoing_add(table, &marks[0], at(OURS[0][0]), at(OURS[0][1]));
    outgoing_add(table, &marks[0], at(OURS[1][0]), at(OURS[1][1]));
    assert_false(has(table, OURS[0]));
    assert_true(has(table, OURS[1]));
    outgoing_remove(&marks[0]);
    outgoing_remove(&marks[0]);
    assert_false(has(table, OURS[1]));
    outgoing_destroy(table);
    outgoing_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};
    return cmocka_run_group_tests_name("outgoing", tests, NULL, NULL);
}
