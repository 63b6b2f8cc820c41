/* descriptors: the budget (PROTOCOL Z05). What it is worth: tests/system/test_limits.py. */
#include "conf/config.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "conf/upstream_conf.h"
#include "proxy/gateway/descriptors.h"
#include "tests/unit/proxy/net/ground.h"

#define PER_SESSION 3 /* client, upstream, spool file */

static void test_opened(void **state)
{
    (void)state;
    unsigned before = descriptors_opened();
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(before, count_descriptors() - 1);
    assert_int_equal(descriptors_opened(), before + 1);
    assert_int_equal(close(fd), 0);
}

static void test_room(void **state)
{
    (void)state;
    const struct {
        unsigned allowed, others, sessions, lingering;
        bool room;
    } rows[] = {
        {64, 34, 0, 0, true},   {64, 34, 9, 0, true},   {64, 34, 10, 0, false},
        {64, 34, 9, 1, false},  {64, 34, 8, 3, true},   {64, 34, 8, 4, false},
        {64, 34, 0, 27, true},  {64, 34, 0, 28, false}, {64, 62, 0, 0, false},
        {64, 100, 0, 0, false}, {0, 0, 0, 0, false},    {UINT32_MAX, 40, UINT32_MAX, 0, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct descriptors d = {rows[i].allowed, rows[i].others, 3};
        if (descriptors_room(&d, rows[i].sessions, rows[i].lingering) != rows[i].room)
            fail_msg("row %zu", i);
    }
    assert_int_equal(descriptors_sessions(&(struct descriptors){64, 34, 3}), 10);
    assert_int_equal(descriptors_sessions(&(struct descriptors){64, 70, 3}), 0);
}

/* As many as the connections need, as far as they can be had; more workers leave less. */
static void test_fit(void **state)
{
    (void)state;
    struct config config = {.limits = {.connections = 50}};
    struct rlimit before, limit = {32, 200};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    struct descriptors d = descriptors_fit(&config, 1, 10);
    assert_true(d.allowed >= d.others + 50 * PER_SESSION);
    assert_true(descriptors_sessions(&d) >= 50);
    config.limits.connections = 1000;
    struct descriptors more = descriptors_fit(&config, 3, 12);
    assert_true(more.allowed >= d.allowed);
    assert_int_equal(more.others, d.others + 2 + 2 * (5 + 7));
    struct upstream_conf upstreams[] = {{.keepalive = 20}, {.keepalive = 7}};
    config.upstreams = upstreams;
    config.upstream_count = 2;
    config.resolver.server_count = 4;
    assert_int_equal(descriptors_fit(&config, 3, 12).others, more.others + 3 * (27 + 2));
    struct milter_conf milters[4] = {{.on_failure = MILTER_FAILURE_TEMPFAIL}};
    struct policy policies[] = {{.milters = milters, .milter_count = 1},
                                {.milters = milters, .milter_count = 4},
                                {.milter_count = 0}};
    config.policies = policies;
    config.policy_count = 3;
    assert_int_equal(descriptors_fit(&config, 1, 10).one, PER_SESSION + 4 * 2);
    milters[3].on_failure = MILTER_FAILURE_QUARANTINE;
    assert_int_equal(descriptors_fit(&config, 1, 10).one, PER_SESSION + 4 * 2 + 1);
    limit = before;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* not allowed to everybody */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opened),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_fit),
    };
    return cmocka_run_group_tests_name("descriptors", tests, NULL, NULL);
}
