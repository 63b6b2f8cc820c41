/* One list for itself: what final rules do with events, and what they continue. */
#include "filters/eval/judge.h"

#include "tests/unit/filters/rules/rule_text.h"
#include "tests/unit/support.h"

struct fixture {
    struct rule_text first, last;
    struct ruleset *rules, *final_rules;
    struct pattern_scratch *scratch;
    struct eval *before, *final;
};

static struct eval *make(const struct fixture *f, const struct ruleset *rules,
                         const struct eval *before)
{
    const struct eval_options options = {
        .scratch = f->scratch, .on_regex = VERDICT_TEMPFAIL, .memory_limit_bytes = (size_t)1 << 20};
    struct eval *e = judge_create(&options, rules, before);

    assert_non_null(e);
    return e;
}

static void set_up(struct fixture *f, const char *rules, const char *final_rules)
{
    struct diag diag;

    diag_init(&diag);
    rule_text_init(&f->first, rules);
    rule_text_init(&f->last, final_rules);
    f->rules = ruleset_compile(f->first.rules, f->first.count, NULL, &diag);
    f->final_rules = ruleset_compile_final(f->last.rules, f->last.count, NULL, &diag);
    assert_non_null(f->rules);
    assert_non_null(f->final_rules);
    diag_fini(&diag);
    f->scratch = pattern_scratch_create();
    f->before = make(f, f->rules, NULL);
    f->final = make(f, f->final_rules, f->before);
}

static void tear_down(struct fixture *f)
{
    judge_destroy(f->final);
    judge_destroy(f->before);
    pattern_scratch_destroy(f->scratch);
    ruleset_destroy(f->final_rules);
    ruleset_destroy(f->rules);
    rule_text_fini(&f->last);
    rule_text_fini(&f->first);
}

static enum verdict_kind feed(struct eval *e, struct event event)
{
    return judge_feed(e, &event).kind;
}

static struct event rcpt_of(struct slice address)
{
    return (struct event){.kind = EVENT_RCPT, .u.rcpt = {address}};
}

static const struct event CONNECT = {.kind = EVENT_CONNECT}, DATA = {.kind = EVENT_DATA},
                          MAIL = {.kind = EVENT_MAIL, .u.mail = {.sender = SLICE_INIT("a@x")}},
                          MESSAGE = {.kind = EVENT_MESSAGE};

/* What refuses a client, a sender and a recipient in a list refuses none in a final one before the
 * message is there. */
static void final_rules_wait(void **state)
{
    const char *rules = "c: client=192.0.2.1 -> reject(554 no)\nm: sender=a@x -> reject(550 no)\n"
                        "r: recipient=u@x -> reject(550 no)\n";
    struct event connect = CONNECT;
    struct fixture f;

    (void)state;
    set_up(&f, rules, rules);
    assert_int_equal(address_parse(SLICE("192.0.2.1"), &connect.u.connect.client), 0);
    assert_int_equal(feed(f.before, connect), VERDICT_REJECT);
    assert_int_equal(feed(f.before, MAIL), VERDICT_REJECT);
    assert_int_equal(feed(f.final, connect), VERDICT_CONTINUE);
    assert_int_equal(feed(f.final, MAIL), VERDICT_CONTINUE);
    assert_int_equal(feed(f.final, rcpt_of(SLICE("u@x"))), VERDICT_CONTINUE);
    assert_int_equal(f.final->m->recipient_count, 1);
    assert_int_equal(feed(f.final, DATA), VERDICT_CONTINUE);
    assert_int_equal(feed(f.final, MESSAGE), VERDICT_REJECT);
    tear_down(&f);
}

/* The time that rules have spent on a message is spent for final rules, too; and one that may have
 * other than ASCII addresses stays one. */
static void they_continue(void **state)
{
    struct event mail = MAIL;
    struct fixture f;

    (void)state;
    set_up(&f, "a: * -> score(2)\n", "b: * -> score(1)\n");
    mail.u.mail.utf8 = true;
    assert_int_equal(feed(f.before, CONNECT), VERDICT_CONTINUE);
    assert_int_equal(feed(f.final, CONNECT), VERDICT_CONTINUE);
    assert_int_equal(feed(f.before, mail), VERDICT_CONTINUE);
    f.before->budget.message_ns = 7;
    f.before->budget.shadow_ns = 9;
    assert_int_equal(feed(f.final, MAIL), VERDICT_CONTINUE);
    assert_int_equal(f.final->budget.message_ns, 7);
    assert_int_equal(f.final->budget.shadow_ns, 9);
    assert_true(f.final->m->utf8);
    assert_int_equal(feed(f.final, DATA), VERDICT_CONTINUE);
    assert_true(f.final->m->walk.score == 2);
    judge_reset(f.final);
    judge_reset(f.before);
    assert_null(f.final->m);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(final_rules_wait),
        cmocka_unit_test(they_continue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
