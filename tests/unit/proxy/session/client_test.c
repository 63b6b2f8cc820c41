/* What is said to the client, and what is counted of it. */
#include "proxy/session/client.h"

#include "tests/unit/proxy/session/session_kit.h"

#define LIMITS "limits = { recipients = 3; junk_commands = 2; };\n"

static void test_errors(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    client_say(s, "250 2.0.0 Ok\r\n");
    assert_int_equal(s->talk.errors, 0);
    client_say(s, "450 4.7.1 Later\r\n");
    client_say(s, "500 5.5.1 What\r\n");
    assert_int_equal(s->talk.errors, 2);
    client_erred(s);
    assert_int_equal(s->talk.errors, 3);
    assert_string_equal(kit_said(), "250 2.0.0 Ok\r\n450 4.7.1 Later\r\n500 5.5.1 What\r\n");
    client_forgive_errors(s);
    assert_int_equal(s->talk.errors, 0);
    kit_end();
}

/* Junk is counted on until a message is taken. */
static void test_junk(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, LIMITS);
    assert_false(client_wastes(s));
    assert_false(client_wastes(s));
    assert_true(client_wastes(s));
    client_forgive_errors(s);
    assert_true(client_wastes(s));
    client_forgive(s);
    assert_false(client_wastes(s));
    kit_end();
}

/* As many as a message may have are put off for nothing. */
static void test_put_off(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, LIMITS);
    for (unsigned i = 0; i < 3 + 2; i++)
        assert_false(client_put_off(s));
    assert_true(client_put_off(s));
    kit_end();
}

/* A header that stood before it was its balancer's. */
static void test_heard(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    client_listen(s);
    assert_false(s->talk.heard);
    kit_sends("x");
    client_listen(s);
    assert_true(s->talk.heard);
    connection_consume(s->connection, 1);
    client_listen(s);
    assert_true(s->talk.heard);
    client_begins(s);
    assert_false(s->talk.heard);
    kit_end();
}

static void test_part(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    client_say(s, "421 4.3.2 Down\r\n");
    client_part(s);
    assert_null(s->connection);
    assert_true(s->talk.lingers);
    assert_int_equal(kit.left, 1);
    run_for(kit.host.loop, 5);
    assert_string_equal(kit_said(), "421 4.3.2 Down\r\n");
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors), cmocka_unit_test(test_junk), cmocka_unit_test(test_put_off),
        cmocka_unit_test(test_heard),  cmocka_unit_test(test_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
