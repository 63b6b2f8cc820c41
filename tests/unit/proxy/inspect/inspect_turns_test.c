/* Judging that is not over at once: milters that are waited for, turns, questions; and memory. */
#include "tests/unit/proxy/inspect/inspect_scene.h"

/* --- commands that nobody knows --- */

static void unknown_commands(void **state)
{
    static const struct script_line lines[] = {{.to = "unknown", .nth = 2, .kind = VERDICT_REJECT},
                                               {.to = NULL}};
    struct verdict verdict;
    struct scene s;

    (void)state;
    begin(&s, MILTER_ALONE, lines);
    (void)connects(&s, "192.0.2.7");
    (void)heard();
    assert_verdict(inspect_unknown(s.inspect, SLICE("WHAT now")), VERDICT_CONTINUE, "");
    assert_string_equal(heard(), "unknown WHAT now y|");
    script.slow = true;
    assert_int_equal(inspect_unknown(s.inspect, SLICE("WHAT")).kind, VERDICT_MORE);
    assert_true(inspect_waits(s.inspect));
    assert_null(inspect_questions(s.inspect));
    assert_int_equal(s.wakes, 0);
    chain_answers();
    assert_int_equal(s.wakes, 1);
    verdict = inspect_feed(s.inspect, &MESSAGE); /* whatever the event */
    assert_verdict(verdict, VERDICT_REJECT, "one");
    assert_text(verdict.reply.wire, "550 5.7.1 milter says no\r\n");
    assert_false(inspect_waits(s.inspect));
    end(&s);
}

static void nobody_to_ask(void **state)
{
    static const char *const conf[POLICY_PARTS] = {RULES(RULE("rule", "size = '>1M'", REFUSES))};
    struct scene s;

    (void)state;
    begin(&s, conf, NULL);
    (void)connects(&s, "192.0.2.7");
    assert_verdict(inspect_unknown(s.inspect, SLICE("WHAT")), VERDICT_CONTINUE, "");
    assert_int_equal(inspect_milters(s.inspect, NULL), 0);
    end(&s);
}

/* --- waiting, and the end of it --- */

/* A wake is not a verdict: it is had by feeding once more. */
static void waits_for_milters(void **state)
{
    static const struct script_line lines[] = {{.to = "mail", .kind = VERDICT_TEMPFAIL},
                                               {.to = NULL}};
    const struct event event = {.kind = EVENT_MAIL, .u.mail.sender = SLICE_INIT("a@b.test")};
    struct scene s;

    (void)state;
    begin(&s, MILTER_ALONE, lines);
    (void)connects(&s, "192.0.2.7");
    script.slow = true;
    assert_int_equal(feed(&s, &event).kind, VERDICT_MORE);
    assert_int_equal(inspect_feed(s.inspect, &event).kind, VERDICT_MORE); /* too early */
    assert_true(inspect_waits(s.inspect));
    chain_answers();
    assert_int_equal(s.wakes, 1);
    assert_verdict(inspect_feed(s.inspect, &event), VERDICT_TEMPFAIL, "one");
    end(&s);
}

/* Whatever was under way is no more, and the next message has nothing of it. */
static void reset_in_between(void **state)
{
    static const struct script_line lines[] = {{.to = "message", .nth = 1, .edit = ADDS("X-One")},
                                               {.to = NULL}};
    struct scene s;

    (void)state;
    begin(&s, ALL_THREE, lines);
    (void)connects(&s, "192.0.2.7");
    envelope(&s);
    (void)header(&s, FIELDS);
    script.slow = true;
    assert_int_equal(message(&s).kind, VERDICT_MORE);
    reset(&s);
    assert_false(inspect_waits(s.inspect));
    script.slow = false;
    (void)heard();
    envelope(&s);
    (void)header(&s, "Date: now\r\n");
    assert_verdict(message(&s), VERDICT_CONTINUE, "");
    assert_string_equal(goes_out(&s), "Date,X-Rule");
    assert_string_equal(edits(&s), "rule: add_header X-Rule|");
    assert_string_equal(heard(), "mail a@b.test yy|rcpt u@x.test yy|data yy|"
                                 "message one: Date,X-Rule|message two: Date,X-Rule|");
    end(&s);
}

/* --- turns and questions --- */

#define MANY_RULES    400
#define SUBJECT_BYTES 60000

#define LONG_TIME "limits = { match_time_rule = '1m'; match_time_message = '1m'; };\n"

/* Rules that take long about a header, and that header. */
static char slow_rules[MANY_RULES * 120], slow_fields[SUBJECT_BYTES + 20];

static void make_slow(void)
{
    static char subject[SUBJECT_BYTES];

    for (size_t i = 0, at = 0; i < MANY_RULES; i++)
        at += (size_t)snprintf(
            slow_rules + at, sizeof slow_rules - at,
            "%s" RULE("r%zu", "header = { Subject = '/(?:[a-y]|%03zu).?z$/'; }", "score = 1.0"),
            i > 0 ? "," : "", i, i);
    for (size_t i = 0; i < sizeof subject - 1; i++)
        subject[i] = "0123456789"[i * i % 7];
    (void)snprintf(slow_fields, sizeof slow_fields, "Subject: %s77777z\r\n", subject);
}

/* Judging that takes long lets others have their turn, and comes to the same. */
static void turns(void **state)
{
    const char *const conf[POLICY_PARTS] = {LONG_TIME, "rules = (", slow_rules, ");\n"};
    struct scene s;

    (void)state;
    make_slow();
    begin(&s, conf, NULL);
    (void)connects(&s, "192.0.2.7");
    envelope(&s);
    assert_verdict(header(&s, slow_fields), VERDICT_CONTINUE, "");
    assert_true(s.pauses > 0);
    assert_true(inspect_report(s.inspect).score == 0);
    end(&s);
}

/* ... and so do final rules: the milters before them have spoken, and are not asked again. */
static void final_turns(void **state)
{
    const char *const conf[POLICY_PARTS] = {LONG_TIME MILTERS(ASKED("one")), "final_rules = (",
                                            slow_rules, ");\n"};
    struct scene s;

    (void)state;
    make_slow();
    begin(&s, conf, NULL);
    (void)connects(&s, "192.0.2.7");
    envelope(&s);
    (void)header(&s, slow_fields);
    (void)heard();
    s.pauses = 0;
    assert_verdict(message(&s), VERDICT_CONTINUE, "");
    assert_true(s.pauses > 0);
    assert_string_equal(heard(), "message one: Subject|");
    end(&s);
}

/* Of rules and milters; whoever asks. */
static void questions(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        "on_failure = { lookup = 'tempfail'; };\n",
        RULES(RULE("rule", "client_name = '*.bad.test'", REFUSES)),
        MILTERS(MILTER("one", "client_name = '*.good.test'"))};
    struct scene s;

    (void)state;
    begin(&s, conf, NULL);
    s.name = "mx.good.test";
    assert_verdict(connects(&s, "192.0.2.7"), VERDICT_CONTINUE, "");
    assert_true(s.questions > 0);
    assert_string_equal(heard(), "connect y|");
    s.name = "mx.bad.test";
    assert_verdict(connects(&s, "192.0.2.8"), VERDICT_REJECT, "rule");
    assert_string_equal(heard(), "");
    s.name = NULL;
    assert_verdict(connects(&s, "192.0.2.9"), VERDICT_TEMPFAIL, "rule");
    end(&s);
}

/* Without rules that ask. */
static void question_of_a_milter(void **state)
{
    static const char *const conf[POLICY_PARTS] = {
        MILTERS(MILTER("one", "client_name = '*.good.test'"))};
    struct scene s;

    (void)state;
    begin(&s, conf, NULL);
    s.name = "mx.bad.test";
    (void)connects(&s, "192.0.2.7");
    assert_int_equal(s.questions, 1);
    (void)mail(&s, "a@b.test");
    assert_string_equal(heard(), "connect -|mail a@b.test n|");
    end(&s);
}

/* --- memory --- */

#define LEFT_BYTES 8192

/* A message goes on with all its edits, or not at all: with each amount of memory that is left. */
static void memory_runs_out(void **state)
{
    static const struct script_line lines[] = {
        {.to = "message", .milter = 0, .edit = ADDS("X-One")},
        {.to = "message", .milter = 1, .edit = ADDS("X-Two")},
        {.to = NULL}};
    unsigned whole = 0, refused = 0;

    (void)state;
    for (size_t eaten = 0; eaten < LEFT_BYTES; eaten += LEFT_BYTES / 64) {
        struct scene s;
        begin(&s, ALL_THREE, lines);
        (void)connects(&s, "192.0.2.7");
        envelope(&s);
        (void)header(&s, FIELDS);
        s.arena.limit_bytes = s.arena.total_bytes + LEFT_BYTES;
        assert_non_null(arena_alloc(&s.arena, eaten));
        struct verdict verdict = message(&s);
        if (verdict.kind == VERDICT_CONTINUE && inspect_settle(s.inspect) == 0) {
            assert_string_equal(goes_out(&s), "From,Subject,X-Rule,X-One,X-Two,X-Final");
            whole++;
        } else {
            refused++;
        }
        end(&s);
    }
    assert_true(whole > 0);
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(unknown_commands),
                                       cmocka_unit_test(nobody_to_ask),
                                       cmocka_unit_test(waits_for_milters),
                                       cmocka_unit_test(reset_in_between),
                                       cmocka_unit_test(turns),
                                       cmocka_unit_test(final_turns),
                                       cmocka_unit_test(questions),
                                       cmocka_unit_test(question_of_a_milter),
                                       cmocka_unit_test(memory_runs_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
