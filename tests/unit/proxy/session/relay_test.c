/* The upstream as a session uses it: reached, asked, waited for, said on. */
#include "proxy/session/relay.h"

#include "tests/unit/proxy/session/session_kit.h"

static unsigned reached;

static void on_reached(struct session *s)
{
    assert_ptr_equal(s, &kit.s);
    reached++;
}

static struct session *begin(void)
{
    reached = 0;
    return kit_begin(SESSION_LISTENER, NULL);
}

/* One that is idle will do, and what is asked is waited for. */
static void test_ask(void **state)
{
    (void)state;
    struct session *s = begin();
    relay_reach(s, on_reached);
    assert_int_equal(s->phase, PHASE_ANSWER);
    assert_true(relay_step(s));
    assert_int_equal(reached, 1);
    relay_ask(s, SLICE("MAIL FROM:<a@b.test>\r\n"), on_reached);
    assert_false(relay_step(s));
    assert_string_equal(upstream_told(), "MAIL FROM:<a@b.test>\r\n");
    upstream_says(UPSTREAM_READY, "250 2.1.0 Ok\r\n");
    assert_true(relay_step(s));
    assert_int_equal(reached, 2);
    relay_say_on(s);
    assert_string_equal(kit_said(), "250 2.1.0 Ok\r\n");
    assert_int_equal(s->phase, PHASE_COMMAND);
    kit_end();
}

/* A refused RSET leaves a transaction there: the connection is of no use. */
static void test_refused_reset(void **state)
{
    (void)state;
    struct session *s = begin();
    s->resetting = true;
    upstream_says(UPSTREAM_READY, "250 2.0.0 Ok\r\n");
    assert_true(relay_usable(s));
    s->resetting = true;
    upstream_says(UPSTREAM_READY, "500 5.5.1 What\r\n");
    assert_false(relay_usable(s));
    assert_string_equal(upstream_told(), "[abort]");
    kit_end();
}

/* Nobody but the client can log in again. */
static void test_login_lost(void **state)
{
    (void)state;
    struct session *s = begin();
    s->login.accepted = true;
    scripted.status = UPSTREAM_LOST;
    relay_reach(s, on_reached);
    assert_true(relay_step(s));
    assert_int_equal(reached, 0);
    assert_int_equal(s->phase, PHASE_END);
    run_for(kit.host.loop, 5);
    assert_string_equal(kit_said(), RELAY_LOGIN_LOST);
    kit_end();
}

struct opened_row {
    enum upstream_status status;
    const char *replied;
    bool insecure;
    const char *said;
    enum phase phase;
};

static const struct opened_row opened_rows[] = {
    {UPSTREAM_REFUSED, "554 5.3.2 Not you\r\n", false, "554 5.3.2 Not you\r\n", PHASE_COMMAND},
    {UPSTREAM_REFUSED, "421 4.3.2 Down\r\n", false, "421 4.3.2 Down\r\n", PHASE_END},
    {UPSTREAM_LOST, NULL, false, "421 4.4.1 The mail server is not available, try again later\r\n",
     PHASE_END},
    {UPSTREAM_LOST, NULL, true,
     "421 4.7.5 The mail server cannot be reached securely, try again later\r\n", PHASE_END},
};

static void test_opened(void **state)
{
    (void)state;
    struct session *s = begin();
    assert_true(relay_opened(s));
    kit_end();
    for (size_t i = 0; i < COUNT_OF(opened_rows); i++) {
        s = begin();
        upstream_says(opened_rows[i].status, opened_rows[i].replied);
        scripted.insecure = opened_rows[i].insecure;
        assert_false(relay_opened(s));
        assert_int_equal(s->phase, opened_rows[i].phase);
        if (s->phase == PHASE_END)
            run_for(kit.host.loop, 5);
        assert_string_equal(kit_said(), opened_rows[i].said);
        kit_end();
    }
}

/* What it offers no more, the client must not use. */
static void test_offer(void **state)
{
    (void)state;
    struct session *s = begin();
    s->offered.extensions = EXTENSION_PIPELINING;
    assert_true(relay_offer_holds(s));
    s->offered.extensions = EXTENSION_DSN;
    assert_false(relay_offer_holds(s));
    assert_int_equal(s->phase, PHASE_END);
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ask),        cmocka_unit_test(test_refused_reset),
        cmocka_unit_test(test_login_lost), cmocka_unit_test(test_opened),
        cmocka_unit_test(test_offer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
