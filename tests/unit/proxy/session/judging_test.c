/* A verdict, and what it has to wait for. */
#include "proxy/session/judging.h"

#include "proxy/session/naming.h"
#include "tests/unit/proxy/session/session_kit.h"

#define LATE_LISTENER "listeners = ( { address = '127.0.0.1:25'; refuse_at = 'rcpt'; } );\n"
#define SLOW          "delay = '20ms'; "

static unsigned decided_count;
static struct verdict last;

static void on_decided(struct session *s, const struct verdict *verdict)
{
    assert_ptr_equal(s, &kit.s);
    decided_count++;
    last = *verdict;
}

static struct session *begin(const char *listener, const char *rules)
{
    struct session *s = kit_begin(listener, rules);
    struct event event = {.kind = EVENT_CONNECT};
    event.u.connect.client = s->who.client;
    event.u.connect.listener = s->under.listener->name;
    decided_count = 0;
    s->hello.greeted = false;
    judging_begin(s, &event, on_decided);
    assert_int_equal(s->phase, PHASE_JUDGE);
    return s;
}

static struct event mail_event(void)
{
    struct event event = {.kind = EVENT_MAIL};
    event.u.mail.sender = SLICE("a@b.test");
    event.u.mail.declared_size = EVENT_SIZE_UNKNOWN;
    return event;
}

static void test_at_once(void **state)
{
    (void)state;
    struct session *s = begin(SESSION_LISTENER, RULES(ALWAYS("no", REFUSES)));
    assert_true(judging_step(s));
    assert_int_equal(decided_count, 1);
    assert_int_equal(last.kind, VERDICT_REJECT);
    assert_slice(last.by, SLICE("no"));
    kit_end();
}

/* No reply before its delay, and nothing but the end of it lets it go on. */
static void test_delay(void **state)
{
    (void)state;
    struct session *s = begin(SESSION_LISTENER, RULES(ALWAYS("slow", SLOW REFUSES)));
    assert_false(judging_step(s));
    assert_int_equal(s->phase, PHASE_DELAY);
    assert_false(judging_step_delay(s));
    assert_int_equal(decided_count, 0);
    run_for(kit.host.loop, 40);
    assert_int_equal(kit.wakes, 1);
    assert_true(judging_step_delay(s));
    assert_int_equal(decided_count, 1);
    assert_int_equal(last.kind, VERDICT_REJECT);
    kit_end();
}

/* What another part waits for is not the delay. */
static void test_delay_is_its_own(void **state)
{
    (void)state;
    struct session *s = begin(SESSION_LISTENER, RULES(ALWAYS("slow", "delay = '10s'; " REFUSES)));
    assert_false(judging_step(s));
    assert_int_equal(patience_init(&s->storing, kit.host.loop, s->wake, s), 0);
    patience_begin(&s->storing, 1);
    run_for(kit.host.loop, 10);
    assert_true(s->storing.over);
    assert_false(judging_step_delay(s));
    kit_end();
}

/* Where a refusal is said later nobody waits for it now; it keeps its delay for then. */
static void test_said_later(void **state)
{
    (void)state;
    struct session *s = begin(LATE_LISTENER, RULES(ALWAYS("slow", SLOW REFUSES)));
    assert_true(judging_step(s));
    assert_int_equal(last.kind, VERDICT_REJECT);
    assert_int_equal(last.delay_ms, 0);
    kit_mail("a@b.test");
    s->hello.greeted = true;
    const struct event event = mail_event();
    judging_begin(s, &event, on_decided);
    assert_true(judging_step(s));
    assert_int_equal(last.kind, VERDICT_REJECT);
    assert_int_equal(last.delay_ms, 20);
    assert_int_equal(judging_decide(s, &last, on_decided), false);
    assert_int_equal(s->phase, PHASE_DELAY);
    kit_end();
}

/* A rule that accepts a transaction is noted, whatever comes of it; before there is one it is not.
 */
static void test_accept_is_noted(void **state)
{
    (void)state;
    struct session *s = begin(SESSION_LISTENER, RULES(ALWAYS("yes", "accept = true")));
    assert_true(judging_step(s));
    assert_int_equal(s->last.party, PARTY_NONE);
    kit_mail("a@b.test");
    const struct event event = mail_event();
    judging_begin(s, &event, on_decided);
    assert_true(judging_step(s));
    assert_int_equal(s->tx.outcome.verdict.kind, VERDICT_ACCEPT);
    assert_slice(s->tx.outcome.decider, SLICE("yes"));
    kit_end();
}

/* What the policy asks for is waited for, then it is judged on. */
static void test_question(void **state)
{
    (void)state;
    const struct attributes told = {.given = IDENTITY_NAME,
                                    .name = {.bytes = "friend.test", .len = 11}};
    struct session *s =
        begin(SESSION_LISTENER, RULES(RULE("known", "client_name = 'friend.test'", REFUSES)));
    assert_int_equal(naming_told(s, &told), 0);
    assert_true(judging_step(s));
    assert_int_equal(s->phase, PHASE_NAME);
    assert_int_equal(decided_count, 0);
    assert_true(naming_step(s));
    assert_int_equal(s->phase, PHASE_JUDGE);
    assert_true(judging_step(s));
    assert_slice(last.by, SLICE("known"));
    naming_forget(s);
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_once),          cmocka_unit_test(test_delay),
        cmocka_unit_test(test_delay_is_its_own), cmocka_unit_test(test_said_later),
        cmocka_unit_test(test_accept_is_noted),  cmocka_unit_test(test_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
