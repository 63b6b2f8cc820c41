/* Who judges, in which order, and what comes of it all together: rules, milters, final rules. */
#include "tests/unit/heap.h"
#include "tests/unit/proxy/inspect/inspect_scene.h"

/* --- one after another --- */

/* Each looks at what the former has left, and the record has what all of them did. */
static void each_in_its_turn(void **state)
{
    static const struct script_line lines[] = {
        {.to = "message", .milter = 0, .edit = ADDS("X-One")},
        {.to = "message", .milter = 1, .edit = ADDS("X-Two")},
        {.to = NULL}};
    struct scene s;

    (void)state;
    begin(&s, ALL_THREE, lines);
    (void)connects(&s, "192.0.2.7");
    (void)helo(&s, "me.test");
    envelope(&s);
    assert_string_equal(heard(),
                        "connect yy|helo me.test yy|mail a@b.test yy|rcpt u@x.test yy|data yy|");
    assert_int_equal(header(&s, FIELDS).kind, VERDICT_CONTINUE);
    assert_string_equal(heard(), "");
    assert_int_equal(message(&s).kind, VERDICT_CONTINUE);
    assert_string_equal(heard(),
                        "message one: From,Subject,X-Rule|message two: From,Subject,X-Rule,X-One|");
    assert_string_equal(goes_out(&s), "From,Subject,X-Rule,X-One,X-Two,X-Final");
    assert_string_equal(edits(&s), "rule: add_header X-Rule|one: add_header X-One|"
                                   "two: add_header X-Two|final: add_header X-Final|");
    assert_int_equal(inspect_settle(s.inspect), 0);
    end(&s);
}

/* Who refuses ends it; those behind hear nothing. */
static void first_refusal(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        RULES(RULE("rule", "recipient = 'no@x.test'", REFUSES)), ONE_MILTER,
        FINAL_RULES(RULE("final", "header = { Subject = 'bad'; }", REFUSES))};
    static const struct script_line lines[] = {{.to = "rcpt", .nth = 2, .kind = VERDICT_TEMPFAIL},
                                               {.to = "message", .nth = 2, .kind = VERDICT_REJECT},
                                               {.to = NULL}};
    struct scene s;

    (void)state;
    begin(&s, conf, lines);
    (void)connects(&s, "192.0.2.7");
    (void)mail(&s, "a@b.test");
    (void)heard();
    assert_verdict(rcpt(&s, "no@x.test"), VERDICT_REJECT, "rule");
    assert_string_equal(heard(), "");
    assert_verdict(rcpt(&s, "u@x.test"), VERDICT_CONTINUE, "");
    assert_verdict(rcpt(&s, "w@x.test"), VERDICT_TEMPFAIL, "one");
    assert_string_equal(heard(), "rcpt u@x.test y|rcpt w@x.test y|");
    (void)data(&s);
    (void)header(&s, "Subject: bad\r\n");
    assert_verdict(message(&s), VERDICT_REJECT, "final");
    assert_string_equal(edits(&s), "");
    reset(&s);
    envelope(&s);
    (void)header(&s, "Subject: bad\r\n");
    assert_verdict(message(&s), VERDICT_REJECT, "one");
    end(&s);
}

/* Of a message that is refused at last nothing was edited. */
static void refused_at_last(void **state)
{
    static const struct script_line lines[] = {
        {.to = "message", .milter = 0, .edit = ADDS("X-One")},
        {.to = "message", .milter = 1, .kind = VERDICT_REJECT},
        {.to = NULL}};
    struct scene s;

    (void)state;
    begin(&s, ALL_THREE, lines);
    (void)connects(&s, "192.0.2.7");
    envelope(&s);
    (void)header(&s, FIELDS);
    assert_verdict(message(&s), VERDICT_REJECT, "two");
    assert_string_equal(edits(&s), "");
    end(&s);
}

/* Rules do not count a recipient that a milter refuses. */
static void recipients_left(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        RULES(RULE("rule", "recipient_count = '>1'", REFUSES)), ONE_MILTER};
    static const struct script_line lines[] = {{.to = "rcpt", .nth = 2, .kind = VERDICT_REJECT},
                                               {.to = NULL}};
    struct scene s;

    (void)state;
    begin(&s, conf, lines);
    (void)connects(&s, "192.0.2.7");
    (void)mail(&s, "a@b.test");
    (void)rcpt(&s, "u@x.test");
    assert_verdict(rcpt(&s, "v@x.test"), VERDICT_REJECT, "one");
    assert_verdict(data(&s), VERDICT_CONTINUE, "");
    reset(&s);
    (void)mail(&s, "a@b.test");
    (void)rcpt(&s, "u@x.test");
    (void)rcpt(&s, "v@x.test");
    assert_verdict(data(&s), VERDICT_REJECT, "rule");
    end(&s);
}

/* Milters and final rules hear of the address that a recipient is sent to. */
static void redirected(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        RULES(RULE("rule", "recipient = 'u@x.test'", "redirect = 'v@x.test'")), ONE_MILTER,
        FINAL_RULES(RULE("final", "recipient = 'v@x.test'", ADDS_FIELD("X-Final")))};
    struct verdict verdict;
    struct scene s;

    (void)state;
    begin(&s, conf, NULL);
    (void)connects(&s, "192.0.2.7");
    (void)mail(&s, "a@b.test");
    (void)heard();
    verdict = rcpt(&s, "u@x.test");
    assert_verdict(verdict, VERDICT_CONTINUE, "rule");
    assert_text(verdict.redirect, "v@x.test");
    assert_string_equal(heard(), "rcpt v@x.test y|");
    assert_int_equal(draft_readdress(&s.draft, verdict.redirect), 0);
    (void)data(&s);
    (void)header(&s, FIELDS);
    (void)message(&s);
    assert_string_equal(goes_out(&s), "From,Subject,X-Final");
    end(&s);
}

/* --- delay --- */

static const char *const DELAYS[POLICY_PARTS] = {
    RULES(RULE("early", "sender = 'slow@*'", "delay = '1s'") "," RULE("late", "size = '>1'",
                                                                      "delay = '2s'")),
    ONE_MILTER, FINAL_RULES(RULE("final", "size = '>1'", "delay = '4s'"))};

/* What each party wants to be waited for adds up, whoever has the last word. */
static void delays_add_up(void **state)
{
    static const struct script_line lines[] = {
        {.to = "mail", .nth = 2, .kind = VERDICT_REJECT},
        {.to = "message", .nth = 2, .kind = VERDICT_REJECT},
        {.to = "message", .nth = 3, .kind = VERDICT_QUARANTINE},
        {.to = NULL}};
    static const struct {
        enum verdict_kind kind;
        unsigned delay_ms;
    } messages[] = {{VERDICT_CONTINUE, 6000}, {VERDICT_REJECT, 2000}, {VERDICT_QUARANTINE, 6000}};
    struct verdict verdict;
    struct scene s;

    (void)state;
    begin(&s, DELAYS, lines);
    (void)connects(&s, "192.0.2.7");
    assert_int_equal(mail(&s, "slow@b.test").delay_ms, 1000);
    reset(&s);
    verdict = mail(&s, "slow@b.test");
    assert_verdict(verdict, VERDICT_REJECT, "one");
    assert_int_equal(verdict.delay_ms, 1000);
    reset(&s);
    for (size_t i = 0; i < COUNT_OF(messages); i++) {
        (void)mail(&s, "a@b.test");
        (void)rcpt(&s, "u@y.test");
        (void)data(&s);
        (void)header(&s, FIELDS);
        verdict = message(&s);
        assert_row(verdict.kind == messages[i].kind, "kind", i);
        assert_row(verdict.delay_ms == messages[i].delay_ms, "delay", i);
        reset(&s);
    }
    end(&s);
}

/* --- milters are spared --- */

/* accept = "all" ends their part, whenever it is said. */
static void spared(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        RULES(RULE("friend", "helo = 'friend.test'", "accept = 'all'") "," RULE(
            "sender", "sender = 'friend@b.test'", "accept = 'all'")),
        ONE_MILTER};
    struct scene s;

    (void)state;
    begin(&s, conf, NULL);
    script.interested = true;
    (void)connects(&s, "192.0.2.7");
    assert_true(helo(&s, "friend.test").all);
    assert_string_equal(heard(), "connect y|");
    assert_verdict(mail(&s, "a@b.test"), VERDICT_ACCEPT, "friend");
    (void)rcpt(&s, "u@x.test");
    (void)data(&s);
    assert_int_equal(inspect_interest(s.inspect), 0);
    assert_verdict(inspect_unknown(s.inspect, SLICE("WHAT")), VERDICT_CONTINUE, "");
    assert_string_equal(heard(), "");
    reset(&s);
    (void)helo(&s, "other.test");
    (void)mail(&s, "a@b.test");
    assert_string_equal(heard(), "reset|helo other.test y|mail a@b.test y|");
    reset(&s);
    assert_verdict(mail(&s, "friend@b.test"), VERDICT_ACCEPT, "sender");
    assert_string_equal(heard(), "reset|");
    end(&s);
}

/* Without "all" milters are asked, and theirs is the last word; final rules are not. */
static void accepted(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        RULES(RULE("rule", "sender = 'a@b.test'", "accept = true")), ONE_MILTER,
        FINAL_RULES(ALWAYS("final", ADDS_FIELD("X-Final")))};
    static const struct script_line lines[] = {{.to = "message", .nth = 2, .kind = VERDICT_REJECT},
                                               {.to = NULL}};
    struct scene s;

    (void)state;
    begin(&s, conf, lines);
    (void)connects(&s, "192.0.2.7");
    for (int i = 0; i < 2; i++) {
        assert_verdict(mail(&s, "a@b.test"), VERDICT_ACCEPT, "rule");
        (void)rcpt(&s, "u@x.test");
        (void)data(&s);
        (void)header(&s, FIELDS);
        if (i == 0) {
            assert_verdict(message(&s), VERDICT_ACCEPT, "rule");
            assert_string_equal(goes_out(&s), "From,Subject");
        } else {
            assert_verdict(message(&s), VERDICT_REJECT, "one");
        }
        reset(&s);
    }
    end(&s);
}

/* What the rules refuse, milters do not hear; of a refused session, before its next MAIL. */
static void refused_before(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        RULES(RULE("rule", "helo = 'bad.test'", REFUSES)), ONE_MILTER};
    struct scene s;

    (void)state;
    begin(&s, conf, NULL);
    (void)connects(&s, "192.0.2.7");
    assert_verdict(helo(&s, "bad.test"), VERDICT_REJECT, "rule");
    assert_string_equal(heard(), "connect y|");
    reset(&s);
    assert_verdict(helo(&s, "me.test"), VERDICT_CONTINUE, "");
    assert_string_equal(heard(), "reset|helo me.test y|");
    end(&s);
}

/* A login is told to nobody, and yet may decide who is asked. */
static void logins(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        MILTERS(MILTER("one", "auth = 'bob'") "," MILTER("two", "auth = 'eve'"))};
    const struct event login = {.kind = EVENT_AUTH, .u.auth.login = SLICE_INIT("bob")};
    struct scene s;

    (void)state;
    begin(&s, conf, NULL);
    (void)connects(&s, "192.0.2.7");
    assert_verdict(feed(&s, &login), VERDICT_CONTINUE, "");
    (void)mail(&s, "a@b.test");
    assert_string_equal(heard(), "connect --|mail a@b.test yn|");
    end(&s);
}

/* --- a session that was there before --- */

/* Nobody is asked about what is recalled; what is to be said of it comes with the MAIL. */
static void recalled(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        RULES(RULE("rule", "auth = 'eve'", REFUSES) "," RULE("name", "client_name = '*.bad.test'",
                                                             REFUSES)),
        ONE_MILTER, FINAL_RULES(RULE("final", "helo = 'me.test'", ADDS_FIELD("X-Final")))};
    static const char *const logins[] = {"bob", "eve"};
    struct event event = {.kind = EVENT_CONNECT};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(logins); i++) {
        struct scene s;
        begin(&s, conf, NULL);
        s.name = "mx.good.test";
        event = (struct event){.kind = EVENT_CONNECT};
        assert_int_equal(address_parse(SLICE("192.0.2.7"), &event.u.connect.client), 0);
        inspect_recall(s.inspect, &event);
        inspect_recall(s.inspect,
                       &(struct event){.kind = EVENT_HELO, .u.helo.name = SLICE("me.test")});
        inspect_recall(s.inspect,
                       &(struct event){.kind = EVENT_AUTH, .u.auth.login = slice_str(logins[i])});
        assert_string_equal(heard(), "");
        if (i == 1) {
            assert_verdict(mail(&s, "a@b.test"), VERDICT_REJECT, "rule");
            assert_string_equal(heard(), "");
        } else {
            envelope(&s);
            assert_string_equal(heard(),
                                "connect y|helo me.test y|mail a@b.test y|rcpt u@x.test y|data y|");
            (void)header(&s, FIELDS);
            (void)message(&s);
            assert_string_equal(goes_out(&s), "From,Subject,X-Final");
        }
        end(&s);
    }
}

/* --- what becomes of the message --- */

/* A milter's quarantine is kept when nobody refuses the message. */
static void quarantined_by_a_milter(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        ONE_MILTER, FINAL_RULES(RULE("final", "header = { Subject = 'bad'; }", REFUSES))};
    static const struct script_line lines[] = {{.to = "message", .kind = VERDICT_QUARANTINE},
                                               {.to = NULL}};
    struct verdict verdict;
    struct scene s;

    (void)state;
    begin(&s, conf, lines);
    (void)connects(&s, "192.0.2.7");
    envelope(&s);
    (void)header(&s, "Subject: good\r\n");
    verdict = message(&s);
    assert_verdict(verdict, VERDICT_QUARANTINE, "one");
    assert_text(verdict.reason, "milter keeps it");
    reset(&s);
    envelope(&s);
    (void)header(&s, "Subject: bad\r\n");
    assert_verdict(message(&s), VERDICT_REJECT, "final");
    end(&s);
}

/* What can still matter: whoever is left to be asked. */
static void interest(void **state)
{
    static const struct {
        const char *conf[POLICY_PARTS];
        bool milters; /* would be interested */
        unsigned interest;
    } rows[] = {
        {{NULL}, true, 0},
        {{ONE_MILTER}, false, 0},
        {{ONE_MILTER}, true, INTEREST_HEADER | INTEREST_MESSAGE},
        {{FINAL_RULES(ALWAYS("final", ADDS_FIELD("X-Final")))},
         false,
         INTEREST_HEADER | INTEREST_MESSAGE},
        {{RULES(RULE("rule", "sender = 'a@*'", "accept = 'all'")), ONE_MILTER,
          FINAL_RULES(ALWAYS("final", ADDS_FIELD("X-Final")))},
         true,
         0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene s;
        begin(&s, rows[i].conf, NULL);
        script.interested = rows[i].milters;
        (void)connects(&s, "192.0.2.7");
        (void)mail(&s, "a@b.test");
        (void)rcpt(&s, "u@x.test");
        (void)data(&s);
        assert_row(inspect_interest(s.inspect) == rows[i].interest, "interest", i);
        end(&s);
    }
}

/* A message that a failed milter has not looked at says so, though nobody is shown it. */
static void unchecked(void **state)
{
    static const struct script_line lines[] = {{.to = "mail", .failure = "no answer"},
                                               {.to = NULL}};
    struct scene s;

    (void)state;
    begin(&s, MILTER_ALONE, lines);
    (void)connects(&s, "192.0.2.7");
    envelope(&s);
    assert_int_equal(inspect_interest(s.inspect), INTEREST_HEADER | INTEREST_EDITS);
    (void)header(&s, FIELDS);
    assert_int_equal(inspect_settle(s.inspect), 0);
    assert_string_equal(goes_out(&s), "From,Subject,X-Postern-Unchecked");
    assert_string_equal(edits(&s), "one: add_header X-Postern-Unchecked|");
    end(&s);
}

/* The record is one of all parties. */
static void report(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        RULES(ALWAYS("rule", "score = 1.0; log = 'from rules'")), ONE_MILTER,
        FINAL_RULES(RULE("final", "score = '>=1'", "score = 2.0; log = 'from final rules'"))};
    struct chain_report reports[MILTERS_MAX];
    struct eval_report all;
    struct scene s;

    (void)state;
    begin(&s, conf, NULL);
    (void)connects(&s, "192.0.2.7");
    envelope(&s);
    (void)header(&s, FIELDS);
    (void)message(&s);
    assert_true(inspect_has_logs(s.inspect));
    all = inspect_report(s.inspect);
    assert_true(all.score == 3);
    assert_int_equal(all.rule_count, 2);
    assert_text(all.rules[0], "rule");
    assert_text(all.rules[1], "final");
    assert_int_equal(all.log_count, 2);
    inspect_logs_taken(s.inspect);
    assert_false(inspect_has_logs(s.inspect));
    assert_int_equal(inspect_report(s.inspect).log_count, 0);
    assert_int_equal(inspect_milters(s.inspect, reports), 1);
    assert_text(reports[0].name, "one");
    end(&s);
}

/* A session leaves nothing behind. */
static void nothing_left(void **state)
{
    assert_true(leaves_nothing(each_in_its_turn, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_in_its_turn),
                                       cmocka_unit_test(first_refusal),
                                       cmocka_unit_test(refused_at_last),
                                       cmocka_unit_test(recipients_left),
                                       cmocka_unit_test(redirected),
                                       cmocka_unit_test(delays_add_up),
                                       cmocka_unit_test(spared),
                                       cmocka_unit_test(accepted),
                                       cmocka_unit_test(refused_before),
                                       cmocka_unit_test(logins),
                                       cmocka_unit_test(nothing_left),
                                       cmocka_unit_test(recalled),
                                       cmocka_unit_test(quarantined_by_a_milter),
                                       cmocka_unit_test(interest),
                                       cmocka_unit_test(unchecked),
                                       cmocka_unit_test(report)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
