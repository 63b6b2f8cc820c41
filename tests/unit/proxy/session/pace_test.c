/* pace: what a client may take its time for (PROTOCOL Z03). */
#include "proxy/session/pace.h"
#include "tests/unit/support.h"

#define LIMIT_MS 180000
#define RATE     500

/* send_every(p, every_ms, octets): sends so many octets each time, for an hour at most; returns
 * when its time was out, 0: never. */
static uint64_t send_every(struct pace *p, uint64_t every_ms, size_t octets)
{
    for (uint64_t now_ms = 0; now_ms < 3600000; now_ms += every_ms) {
        uint64_t wait_ms = pace_wait(p, now_ms);
        if (wait_ms < every_ms)
            return now_ms + wait_ms;
        pace_resume(p, now_ms + every_ms, octets);
    }
    return 0;
}

static void test_who_is_out_of_time(void **state)
{
    (void)state;
    const struct {
        unsigned rate;
        uint64_t every_ms;
        size_t octets;
        uint64_t out_ms; /* 0: never */
    } rows[] = {
        {RATE, 1000, 500, 0},
        {RATE, 1000, 499, 0}, /* its two milliseconds a second last */
        {RATE, 2, 1, 0},
        {RATE, 10000, 5000, 0},
        {RATE, 180000, 90000, 0},
        {RATE, 180000, 1 << 20, 0},
        {RATE, 180001, 1 << 20, 180000}, /* too long a pause, whatever came before */
        {RATE, 10000, 1, 180034},
        {RATE, 1000, 250, 359000},
        {RATE, 180000, 1000, 182000},
        {0, 180000, 1, 0},
        {0, 180001, 1, 180000},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pace p;
        pace_begin(&p, LIMIT_MS, rows[i].rate);
        uint64_t out_ms = send_every(&p, rows[i].every_ms, rows[i].octets);
        if (out_ms < rows[i].out_ms || out_ms > rows[i].out_ms + 2000)
            fail_msg("row %zu: %ju", i, (uintmax_t)out_ms);
    }
}

static void test_only_waiting_counts(void **state)
{
    (void)state;
    struct pace p;
    pace_begin(&p, LIMIT_MS, RATE);
    assert_int_equal(pace_wait(&p, 1000), LIMIT_MS);
    assert_int_equal(pace_wait(&p, 5000), LIMIT_MS); /* the same waiting */
    pace_resume(&p, 101000, 0);                      /* the upstream is slow now */
    pace_resume(&p, 900000, 0);
    assert_int_equal(pace_wait(&p, 999000), 80000);
    pace_resume(&p, 999001, 1000);
    assert_int_equal(pace_wait(&p, 999001), 81999);
}

static void test_what_goes_first_earns_nothing(void **state)
{
    (void)state;
    struct pace p;
    pace_begin(&p, LIMIT_MS, 0); /* one octet would earn all of it */
    (void)pace_wait(&p, 0);
    pace_resume(&p, 100000, 0);
    assert_int_equal(pace_wait(&p, 200000), 80000);
}

static void test_small_pieces_earn_what_large_ones_do(void **state)
{
    (void)state;
    struct pace p;
    pace_begin(&p, LIMIT_MS, 3000); /* a third of a millisecond each */
    (void)pace_wait(&p, 0);
    pace_resume(&p, 100000, 0);
    for (int i = 0; i < 3000; i++)
        pace_resume(&p, 100000, 1);
    assert_int_equal(pace_wait(&p, 100000), 81000);
}

static void test_silent_or_slow(void **state)
{
    (void)state;
    struct pace p;
    pace_begin(&p, LIMIT_MS, RATE);
    assert_int_equal(pace_wait(&p, 0), LIMIT_MS);
    assert_false(pace_silent(&p, LIMIT_MS - 1));
    assert_true(pace_silent(&p, LIMIT_MS));
    pace_resume(&p, 100000, 5);
    assert_false(pace_silent(&p, LIMIT_MS)); /* nobody waits */
    assert_int_equal(pace_wait(&p, 100000), 80010);
    assert_false(pace_silent(&p, 180010));
    pace_resume(&p, 999999, 1);
    assert_int_equal(pace_wait(&p, 999999), 2);
    pace_resume(&p, 2000000, 0);
    assert_int_equal(pace_wait(&p, 2000000), 1); /* a time that is over is none without a limit */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_out_of_time),
        cmocka_unit_test(test_only_waiting_counts),
        cmocka_unit_test(test_what_goes_first_earns_nothing),
        cmocka_unit_test(test_small_pieces_earn_what_large_ones_do),
        cmocka_unit_test(test_silent_or_slow),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
