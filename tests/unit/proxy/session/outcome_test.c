/* What was decided, by whom and when, and what the client was told of it. */
#include "proxy/session/outcome.h"

#include "tests/unit/proxy/session/session_kit.h"

static void expect(enum verdict_kind kind, enum party party, enum stage stage, const char *decider)
{
    const struct outcome *o = &kit.s.tx.outcome;
    assert_int_equal(o->verdict.kind, kind);
    assert_int_equal(o->verdict.party, party);
    assert_int_equal(o->verdict.stage, stage);
    assert_slice(o->decider, slice_str(decider));
    assert_int_equal(kit.s.last.kind, kind);
    assert_int_equal(kit.s.last.party, party);
    assert_int_equal(kit.s.last.stage, stage);
    assert_slice(kit.s.last.decider, slice_str(decider));
}

/* Without a verdict the stage is how far it has come. */
static void test_stages(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    outcome_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY, SLICE("early"));
    expect(VERDICT_TEMPFAIL, PARTY_GATEWAY, STAGE_CONNECT, "early");
    assert_int_equal(hello_told(s, SLICE("me.test")), 0);
    outcome_party(s, VERDICT_TEMPFAIL, PARTY_GATEWAY, SLICE("named"));
    expect(VERDICT_TEMPFAIL, PARTY_GATEWAY, STAGE_HELO, "named");
    kit_mail("a@b.test");
    outcome_upstream(s, VERDICT_REJECT);
    expect(VERDICT_REJECT, PARTY_UPSTREAM, STAGE_MAIL, "10.0.0.1:25");
    (void)kit_rcpt("c@d.test", RECIPIENT_ACCEPTED);
    assert_int_equal(outcome_stage(&s->tx), STAGE_RCPT);
    s->tx.content.header_known = true;
    assert_int_equal(outcome_stage(&s->tx), STAGE_HEADER);
    s->tx.content.dot_ms = 1;
    assert_int_equal(outcome_stage(&s->tx), STAGE_MESSAGE);
    outcome_at(s, STAGE_DATA);
    expect(VERDICT_REJECT, PARTY_UPSTREAM, STAGE_DATA, "10.0.0.1:25");
    kit_end();
}

/* A rule that has accepted keeps the word; else it is the upstream's. */
static void test_accepted(void **state)
{
    (void)state;
    const struct verdict rule = {
        .kind = VERDICT_ACCEPT, .party = PARTY_RULE, .by = SLICE("welcome"), .stage = STAGE_MAIL};
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    kit_mail("a@b.test");
    outcome_accepted(s);
    expect(VERDICT_ACCEPT, PARTY_UPSTREAM, STAGE_MAIL, "10.0.0.1:25");
    outcome_verdict(s, &rule);
    outcome_accepted(s);
    expect(VERDICT_ACCEPT, PARTY_RULE, STAGE_MAIL, "welcome");
    kit_end();
}

struct failure_row {
    const char *failure, *why, *wire;
    enum party party;
    enum verdict_kind kind;
    const char *decider, *noted;
};

static const struct failure_row failure_rows[] = {
    {"spool failed", "disk full", "452 4.3.1 No\r\n", PARTY_GATEWAY, VERDICT_TEMPFAIL,
     "spool failed", "spool failed: disk full"},
    {"message too big", "", "552 5.3.4 No\r\n", PARTY_GATEWAY, VERDICT_REJECT, "message too big",
     "message too big"},
    {"it went away", "", "451 4.4.2 No\r\n", PARTY_UPSTREAM, VERDICT_TEMPFAIL, "10.0.0.1:25",
     "it went away"},
};

static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(failure_rows); i++) {
        const struct failure_row *row = &failure_rows[i];
        struct session *s = kit_begin(SESSION_LISTENER, NULL);
        kit_mail("a@b.test");
        outcome_failure(s, row->failure, slice_str(row->why), row->party, slice_str(row->wire));
        expect(row->kind, row->party, STAGE_MAIL, row->decider);
        assert_slice(s->tx.outcome.failure, slice_str(row->noted));
        assert_slice(s->tx.outcome.reply, slice_str(row->wire));
        assert_int_equal(s->tx.outcome.reply_code, reply_static(slice_str(row->wire)).code);
        kit_end();
    }
}

/* Of an upstream's refusal the code says how final it is. */
static void test_upstream_refused(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    kit_mail("a@b.test");
    upstream_says(UPSTREAM_READY, "450 4.7.1 Later\r\n");
    outcome_upstream_refused(s);
    expect(VERDICT_TEMPFAIL, PARTY_UPSTREAM, STAGE_MAIL, "10.0.0.1:25");
    upstream_says(UPSTREAM_READY, "550 5.7.1 Never\r\n");
    outcome_upstream_refused(s);
    expect(VERDICT_REJECT, PARTY_UPSTREAM, STAGE_MAIL, "10.0.0.1:25");
    assert_slice(s->tx.outcome.reply, SLICE("550 5.7.1 Never\r\n"));
    outcome_upstream_failed(s, "nonsense");
    expect(VERDICT_TEMPFAIL, PARTY_UPSTREAM, STAGE_MAIL, "10.0.0.1:25");
    assert_slice(s->tx.outcome.failure, SLICE("nonsense"));
    kit_end();
}

/* What is stored stays only if its client was told so, be it of one recipient. */
static void test_quarantined(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    outcome_reply(s, 250, SLICE("250 2.0.0 Ok\r\n"));
    outcome_settled(s);
    assert_int_equal(outcome_quarantined(s), KEEPER_REMOVE);
    s->tx.keeping.quarantine.stored = true;
    assert_int_equal(outcome_quarantined(s), KEEPER_KEEP);
    outcome_reply(s, 550, SLICE("550 5.7.1 No\r\n"));
    assert_int_equal(outcome_quarantined(s), KEEPER_REMOVE);
    s->tx.answers.told = true;
    assert_int_equal(outcome_quarantined(s), KEEPER_KEEP);
    s->tx.outcome.settled = false;
    assert_int_equal(outcome_quarantined(s), KEEPER_REMOVE);
    kit_end();
}

/* A copy stays if the upstream has taken the message for somebody, whatever the client was told. */
static void test_archived(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    struct reply replies[] = {{550, SLICE("550 5.7.1 No\r\n")}, {250, SLICE("250 Ok\r\n")}};
    outcome_settled(s);
    s->tx.answers.replies = replies;
    s->tx.answers.count = 2;
    assert_int_equal(outcome_archived(s), KEEPER_REMOVE);
    s->tx.keeping.archive.stored = true;
    assert_int_equal(outcome_archived(s), KEEPER_KEEP);
    outcome_unknown(s, true); /* of a later recipient */
    assert_int_equal(outcome_archived(s), KEEPER_KEEP);
    s->tx.answers.count = 1;
    assert_int_equal(outcome_archived(s), KEEPER_LEAVE);
    outcome_unknown(s, false);
    outcome_reply(s, 250, SLICE("250 2.0.0 Ok\r\n")); /* for one that was discarded */
    assert_int_equal(outcome_archived(s), KEEPER_REMOVE);
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages),      cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_failures),    cmocka_unit_test(test_upstream_refused),
        cmocka_unit_test(test_quarantined), cmocka_unit_test(test_archived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
