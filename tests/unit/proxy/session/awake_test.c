/* An upstream that waits for a message hears something now and then, if it can be told anything. */
#include "proxy/session/awake.h"

#include "tests/unit/proxy/session/session_kit.h"

#define SOON "timeouts = { noop = '10ms'; };\n"

static void test_noop(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, SOON);
    awake_begin(s);
    awake_noop(s);
    assert_string_equal(upstream_told(), "");
    run_for(kit.host.loop, 30);
    assert_int_equal(kit.wakes, 1);
    awake_noop(s);
    assert_string_equal(upstream_told(), "NOOP\r\n");
    scripted.status = UPSTREAM_READY;
    awake_noop(s); /* its time begins anew */
    assert_string_equal(upstream_told(), "");
    kit_end();
}

/* Nothing is said to one that has not answered yet, nor to none, and nothing after the message. */
static void test_nobody(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, SOON);
    scripted.status = UPSTREAM_WAITING;
    awake_begin(s);
    run_for(kit.host.loop, 30);
    assert_false(awake_now(s));
    s->upstream = NULL;
    run_for(kit.host.loop, 30);
    assert_false(awake_now(s));
    s->upstream = &scripted;
    scripted.status = UPSTREAM_READY;
    awake_begin(s);
    awake_end(s);
    run_for(kit.host.loop, 30);
    assert_false(awake_now(s));
    assert_string_equal(upstream_told(), "");
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noop),
        cmocka_unit_test(test_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
