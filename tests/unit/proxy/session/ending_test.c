/* The end of a transaction and of a session: a record, and nothing left anywhere. */
#include "proxy/session/ending.h"

#include "tests/unit/proxy/session/session_kit.h"

static struct session *begin(void)
{
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    kit_mail("a@b.test");
    (void)kit_rcpt("c@d.test", RECIPIENT_ACCEPTED);
    s->tx.upstream_open = true;
    return s;
}

/* A drop is legal in every state, and leaves one record, however often it comes. */
static void test_drop(void **state)
{
    (void)state;
    for (enum phase phase = PHASE_HEADER; phase < PHASE_END; phase++) {
        struct session *s = begin();
        state_wait(s, phase);
        ending_drop(s, "enough");
        assert_int_equal(s->phase, PHASE_END);
        assert_null(s->connection);
        assert_int_equal(kit.records, 1);
        assert_string_equal(kit.record, "abort/rcpt/enough");
        assert_string_equal(upstream_told(), "[abort]");
        ending_drop(s, "again");
        assert_int_equal(kit.records, 1);
        kit_end();
    }
}

/* A connection that another session can use is not closed for it. */
static void test_drop_keeps(void **state)
{
    (void)state;
    struct session *s = begin();
    scripted.keepable = true;
    ending_drop(s, "enough");
    assert_string_equal(upstream_told(), "RSET\r\n");
    kit_end();
}

/* One that cannot be kept hears goodbye before anything is taken back. */
static void test_finish(void **state)
{
    (void)state;
    struct session *s = begin();
    ending_say(s, "421 4.3.2 Down\r\n");
    assert_string_equal(upstream_told(), "[quit]");
    assert_string_equal(kit.record, "abort/rcpt/");
    assert_int_equal(s->phase, PHASE_END);
    run_for(kit.host.loop, 5);
    assert_string_equal(kit_said(), "421 4.3.2 Down\r\n");
    kit_end();

    s = begin();
    scripted.keepable = true;
    ending_finish(s);
    assert_string_equal(upstream_told(), "RSET\r\n");
    kit_end();
}

/* The transaction is forgotten, the session goes on. */
static void test_reset(void **state)
{
    (void)state;
    struct session *s = begin();
    ending_reset(s);
    assert_string_equal(upstream_told(), "RSET\r\n");
    assert_true(s->resetting);
    assert_false(s->tx.envelope.begun);
    assert_int_equal(kit.records, 1);
    ending_reset(s); /* there is none */
    assert_string_equal(upstream_told(), "");
    assert_int_equal(kit.records, 1);
    assert_non_null(s->connection);
    kit_end();
}

/* What is under way there can only be taken back by closing. */
static void test_reset_within(void **state)
{
    (void)state;
    struct session *s = begin();
    scripted.status = UPSTREAM_WAITING;
    ending_reset(s);
    assert_string_equal(upstream_told(), "[abort]");
    kit_end();
}

/* A session without a transaction leaves a record, too, but for a client that never said a word. */
static void test_session(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    assert_int_equal(shutdown(kit.client, SHUT_WR), 0);
    run_for(kit.host.loop, 2);
    ending_drop(s, "the client closed the connection");
    assert_int_equal(kit.records, 0);
    kit_end();

    s = kit_begin(SESSION_LISTENER, NULL);
    kit_sends("x");
    client_listen(s);
    ending_drop(s, "enough");
    assert_int_equal(kit.records, 1);
    assert_string_equal(kit.record, "none/connect/");
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drop),         cmocka_unit_test(test_drop_keeps),
        cmocka_unit_test(test_finish),       cmocka_unit_test(test_reset),
        cmocka_unit_test(test_reset_within), cmocka_unit_test(test_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
