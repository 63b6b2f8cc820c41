/* Leave is taken of the upstream: of a transaction there, or for good. */
#include "proxy/session/parting.h"

#include "tests/unit/proxy/session/session_kit.h"

static void test_keeps(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    assert_false(parting_keeps(s));
    scripted.keepable = true;
    assert_true(parting_keeps(s));
    scripted.status = UPSTREAM_WAITING; /* for what this client has asked */
    assert_false(parting_keeps(s));
    s->resetting = true;
    assert_true(parting_keeps(s));
    kit.host.draining = true;
    assert_false(parting_keeps(s));
    kit_end();
}

struct reset_row {
    bool open, resetting;
    enum upstream_status status;
    const char *told;
    bool resets; /* afterwards */
};

static const struct reset_row reset_rows[] = {
    {true, false, UPSTREAM_READY, "RSET\r\n", true},
    {false, false, UPSTREAM_READY, "", false},
    {true, false, UPSTREAM_CONTENT, "[abort]", false},
    {true, false, UPSTREAM_WAITING, "[abort]", false},
    {true, true, UPSTREAM_WAITING, "", true},
};

static void test_reset(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(reset_rows); i++) {
        struct session *s = kit_begin(SESSION_LISTENER, NULL);
        s->tx.upstream_open = reset_rows[i].open;
        s->resetting = reset_rows[i].resetting;
        scripted.status = reset_rows[i].status;
        parting_reset(s);
        assert_string_equal(upstream_told(), reset_rows[i].told);
        assert_int_equal(s->resetting, reset_rows[i].resets);
        parting_settled(s);
        assert_false(s->resetting);
        kit_end();
    }
}

static void test_end(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    parting_end(s);
    assert_string_equal(upstream_told(), "[quit][destroy]");
    assert_null(s->upstream);
    parting_end(s);
    parting_reset(s);
    parting_quit(s);
    assert_string_equal(upstream_told(), "");
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
