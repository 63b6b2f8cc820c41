/* LMTP on either side: whose reply each recipient hears. */
#include "proxy/session/lmtp.h"

#include "proxy/session/outcome.h"
#include "proxy/session/rewriting.h"
#include "tests/unit/proxy/session/session_kit.h"

#define LMTP_LISTENER  "listeners = ( { address = '127.0.0.1:24'; protocol = 'lmtp'; } );\n"
#define RECIPIENTS_MAX 4

/* The upstream's replies are taken as they come. */
static void answers(const char *const *replies)
{
    struct session *s = &kit.s;
    assert_int_equal(rewriting_envelope(s), 0);
    for (bool more = true; more; replies++) {
        assert_non_null(*replies);
        upstream_says(UPSTREAM_READY, *replies);
        more = lmtp_take(s);
    }
    assert_null(*replies);
}

static void expect_said(const char *expected)
{
    struct session *s = &kit.s;
    struct reply told = lmtp_told(s);
    outcome_settled(s);
    outcome_reply(s, told.code, told.wire);
    assert_true(lmtp_decide(s));
    lmtp_say(s);
    assert_string_equal(kit_said(), expected);
}

struct row {
    bool lmtp; /* the upstream is one */
    enum recipient_state states[RECIPIENTS_MAX];
    size_t count;
    const char *replies[RECIPIENTS_MAX + 1];
    const char *said;
};

#define OK      "250 2.0.0 Taken\r\n"
#define FULL    "452 4.2.2 Full\r\n"
#define NO      "550 5.7.1 No\r\n"
#define DOWN    "421 4.3.2 Down\r\n"
#define OURS    "250 2.0.0 Ok\r\n"
#define TWO     "250-2.0.0 Well\r\n250 2.0.0 Taken\r\n"
#define TAKEN   RECIPIENT_ACCEPTED
#define REFUSED RECIPIENT_REFUSED
#define OFF     RECIPIENT_DISCARDED

static const struct row rows[] = {
    /* In LMTP the reply at its place, */
    {true, {TAKEN, TAKEN, TAKEN}, 3, {OK, FULL, NO}, OK FULL NO},
    {true, {TAKEN, REFUSED, TAKEN}, 3, {FULL, TWO}, FULL TWO},
    /* in SMTP the one there is. */
    {false, {TAKEN, TAKEN}, 2, {NO}, NO NO},
    {false, {REFUSED, TAKEN}, 2, {OK}, OK},
    /* One that was taken off hears that all is well, at its place. */
    {true, {TAKEN, OFF, TAKEN}, 3, {NO, FULL}, NO OURS FULL},
    {false, {OFF, TAKEN}, 2, {NO}, OURS NO},
    /* A 421 among others would be taken for the end of the session. */
    {false, {TAKEN, TAKEN}, 2, {DOWN}, "451 4.3.2 Down\r\n451 4.3.2 Down\r\n"},
    {false, {TAKEN}, 1, {DOWN}, DOWN},
};

static void test_rows(void **state)
{
    static const char *const addresses[] = {"a@x.test", "b@x.test", "c@x.test", "d@x.test"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct session *s = kit_begin(LMTP_LISTENER, NULL);
        scripted.lmtp = rows[i].lmtp;
        kit_mail("me@b.test");
        for (size_t r = 0; r < rows[i].count; r++)
            (void)kit_rcpt(addresses[r], rows[i].states[r]);
        assert_int_equal(rewriting_begin(s), 0);
        answers(rows[i].replies);
        expect_said(rows[i].said);
        kit_end();
    }
}

/* It went away before it had said all: what it has said counts. */
static void test_lost(void **state)
{
    (void)state;
    struct session *s = kit_begin(LMTP_LISTENER, NULL);
    scripted.lmtp = true;
    kit_mail("me@b.test");
    (void)kit_rcpt("a@x.test", TAKEN);
    (void)kit_rcpt("b@x.test", TAKEN);
    assert_int_equal(rewriting_begin(s), 0);
    assert_int_equal(rewriting_envelope(s), 0);
    upstream_says(UPSTREAM_READY, OK);
    assert_true(lmtp_take(s));
    assert_string_equal(upstream_told(), "[more]");
    upstream_says(UPSTREAM_LOST, NULL);
    assert_false(lmtp_take(s));
    expect_said(OK "451 4.4.2 The mail server went away\r\n");
    kit_end();
}

/* A redirected one hears the word on the address in its place. */
static void test_redirected(void **state)
{
    static const char *const replies[] = {OK, FULL, NULL};
    (void)state;
    struct session *s = kit_begin(LMTP_LISTENER, NULL);
    scripted.lmtp = true;
    kit_mail("me@b.test");
    (void)kit_rcpt("a@x.test", TAKEN);
    struct recipient *moved = kit_rcpt("b@x.test", TAKEN);
    assert_int_equal(rewriting_redirect(s, moved, SLICE("other@y.test")), 0);
    assert_int_equal(rewriting_begin(s), 0);
    answers(replies);
    expect_said(OK FULL);
    kit_end();
}

/* Of one that a rule has added nobody hears but the record. */
static void test_added(void **state)
{
    static const char *const replies[] = {OK, NO, NULL};
    (void)state;
    struct session *s = kit_begin(LMTP_LISTENER, NULL);
    scripted.lmtp = true;
    kit_mail("me@b.test");
    (void)kit_rcpt("a@x.test", TAKEN);
    assert_int_equal(rewriting_begin(s), 0);
    assert_int_equal(draft_name(&s->tx.draft, SLICE("boss@x.test"), SLICE("")), 0);
    s->tx.plan.replay = true;
    assert_int_equal(rewriting_envelope(s), 0);
    s->tx.plan.rcpt_addresses[1] = SLICE("boss@x.test");
    s->tx.plan.rcpt_count = 2;
    for (size_t i = 0; replies[i] != NULL; i++) {
        upstream_says(UPSTREAM_READY, replies[i]);
        (void)lmtp_take(s);
    }
    expect_said(OK);
    assert_slice(s->tx.outcome.failure, SLICE("a recipient added by a rule was refused"));
    kit_end();
}

/* A client that hears one reply has one recipient in front of an upstream that gives many. */
static void test_crowded(void **state)
{
    (void)state;
    struct session *s = kit_begin(SESSION_LISTENER, NULL);
    assert_false(lmtp_crowded(s, 2));
    scripted.lmtp = true;
    assert_false(lmtp_crowded(s, 1));
    assert_true(lmtp_crowded(s, 2));
    assert_true(lmtp_greeting(s, VERB_EHLO));
    assert_false(lmtp_greeting(s, VERB_LHLO));
    s->upstream = NULL;
    assert_false(lmtp_crowded(s, 2));
    kit_end();
    s = kit_begin(LMTP_LISTENER, NULL);
    scripted.lmtp = true;
    assert_false(lmtp_crowded(s, 2));
    assert_true(lmtp_greeting(s, VERB_LHLO));
    assert_false(lmtp_greeting(s, VERB_HELO));
    kit_end();
}

/* A chunk that is not the last is answered once, and so is what has no recipient. */
static void test_said_once(void **state)
{
    (void)state;
    struct session *s = kit_begin(LMTP_LISTENER, NULL);
    kit_mail("me@b.test");
    outcome_settled(s);
    assert_false(lmtp_decide(s));
    (void)kit_rcpt("a@x.test", TAKEN);
    s->tx.content.chunking = true;
    assert_false(lmtp_decide(s));
    s->tx.content.chunk.last = true;
    assert_true(lmtp_decide(s));
    kit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),       cmocka_unit_test(test_lost),
        cmocka_unit_test(test_redirected), cmocka_unit_test(test_added),
        cmocka_unit_test(test_crowded),    cmocka_unit_test(test_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
