/* When each milter is asked (postern.conf(5), when). */
#include "proxy/inspect/chain_conditions.h"
#include "tests/unit/proxy/inspect/policy.h"

static const char CONF[] =
    "milters = ( { name = 'always'; address = 'unix:/m'; },\n"
    " { name = 'client'; address = 'unix:/m'; when = { client = '192.0.2.0/24'; }; },\n"
    " { name = 'helo'; address = 'unix:/m'; when = { helo = { not = '*.test'; }; }; },\n"
    " { name = 'sender'; address = 'unix:/m'; when = { sender = '/^a+@/'; }; },\n"
    " { name = 'rcpt'; address = 'unix:/m'; when = { recipient_domain = 'x.test'; }; },\n"
    " { name = 'not'; address = 'unix:/m';\n"
    "   when = { not = { recipient_domain = 'x.test'; }; }; } );\n";

struct stand {
    struct policy_text text;
    struct chain_conditions *conditions;
};

static void begin(struct stand *s, const char *milters)
{
    policy_begin(&s->text, (const char *const[POLICY_PARTS]){milters});
    s->conditions = chain_conditions_create(s->text.config, s->text.policy, s->text.scratch);
    assert_non_null(s->conditions);
}

static void end(struct stand *s)
{
    chain_conditions_destroy(s->conditions);
    policy_end(&s->text);
}

static void feed(struct stand *s, struct event event)
{
    (void)chain_conditions_feed(s->conditions, &event);
}

/* One letter for each milter: y, n, or - while undecided. */
static void judge(const struct stand *s, const char *want)
{
    char got[8] = "";

    for (size_t i = 0; i < s->text.policy->milter_count; i++)
        got[i] = "-yn"[chain_conditions_when(s->conditions, i)];
    assert_string_equal(got, want);
}

static void rcpt(struct stand *s, const char *recipient)
{
    feed(s, (struct event){.kind = EVENT_RCPT, .u.rcpt.recipient = slice_str(recipient)});
}

static void stages(void **state)
{
    struct event event = {.kind = EVENT_CONNECT};
    struct stand s;

    (void)state;
    begin(&s, CONF);
    judge(&s, "y-----");
    assert_int_equal(address_parse(SLICE("192.0.2.7"), &event.u.connect.client), 0);
    feed(&s, event);
    judge(&s, "yy----");
    feed(&s, (struct event){.kind = EVENT_HELO, .u.helo.name = SLICE("me")});
    judge(&s, "yyy---");
    feed(&s, (struct event){.kind = EVENT_MAIL, .u.mail.sender = SLICE("aa@b.test")});
    judge(&s, "yyyy--");
    rcpt(&s, "u@y.test");
    judge(&s, "yyyy--");
    rcpt(&s, "u@x.test");
    feed(&s, (struct event){.kind = EVENT_DATA});
    judge(&s, "yyyyyn");
    chain_conditions_reset(s.conditions);
    judge(&s, "y-----");
    feed(&s, (struct event){.kind = EVENT_HELO, .u.helo.name = SLICE("me.test")});
    judge(&s, "yy----"); /* what does not hold is known from MAIL on */
    feed(&s, (struct event){.kind = EVENT_MAIL, .u.mail.sender = SLICE("b@b.test")});
    judge(&s, "yynn--");
    rcpt(&s, "u@y.test");
    feed(&s, (struct event){.kind = EVENT_DATA});
    judge(&s, "yynnny");
    end(&s);
}

/* Feeds a connection twice, with what is known of its name in between; NULL: nothing. */
static void ask(const char *name, const char *want)
{
    static const char NAMED[] =
        "milters = ( { address = 'unix:/m'; when = { client_name = '*.x.test'; }; },\n"
        " { address = 'unix:/n'; when = { recipient = 'u@x.test'; }; } );\n";
    const struct event event = {.kind = EVENT_CONNECT};
    struct stand s;

    begin(&s, NAMED);
    assert_false(chain_conditions_feed(s.conditions, &event));
    assert_non_null(chain_conditions_questions(s.conditions));
    assert_int_equal(chain_conditions_questions(s.conditions)->kind, QUESTION_CLIENT_NAME);
    judge(&s, "--");
    if (name != NULL)
        chain_conditions_answer(s.conditions, chain_conditions_questions(s.conditions),
                                &(struct answer){.text = slice_str(name)});
    assert_true(chain_conditions_feed(s.conditions, &event));
    assert_null(chain_conditions_questions(s.conditions));
    feed(&s, (struct event){.kind = EVENT_MAIL, .u.mail.sender = SLICE("a@b.test")});
    judge(&s, want);
    rcpt(&s, "u@x.test");
    feed(&s, (struct event){.kind = EVENT_DATA});
    judge(&s, want[0] == 'y' ? "yy" : "ny");
    end(&s);
}

/* A condition about the client's name waits for it; one that nobody knows counts as one that holds.
 */
static void questions(void **state)
{
    (void)state;
    ask("mx.x.test", "y-");
    ask("mx.y.test", "n-");
    ask(NULL, "y-");
}

/* Those who ask at once are answered together, and what several ask is asked once. */
static void questions_of_all(void **state)
{
    static const char NAMED[] =
        "milters = ( { address = 'unix:/l'; },\n"
        " { address = 'unix:/m'; when = { client_name = '*.x.test'; }; },\n"
        " { address = 'unix:/n'; when = { client_name = { not = '*.x.test'; }; }; } );\n";
    const struct event event = {.kind = EVENT_CONNECT};
    const struct question *asked;
    struct stand s;

    (void)state;
    begin(&s, NAMED);
    assert_false(chain_conditions_feed(s.conditions, &event));
    asked = chain_conditions_questions(s.conditions);
    assert_non_null(asked);
    assert_null(asked->next);
    chain_conditions_answer(s.conditions, asked, &(struct answer){.text = SLICE("a.x.test")});
    assert_true(chain_conditions_feed(s.conditions, &event));
    assert_null(chain_conditions_questions(s.conditions));
    feed(&s, (struct event){.kind = EVENT_MAIL, .u.mail.sender = SLICE("a@b.test")});
    judge(&s, "yyn");
    end(&s);
    begin(&s, NAMED);
    assert_false(chain_conditions_feed(s.conditions, &event));
    chain_conditions_reset(s.conditions);
    assert_null(chain_conditions_questions(s.conditions));
    end(&s);
}

/* What came before the conditions did: what cannot be judged of it waits for MAIL. */
static void heard(void **state)
{
    static const char HEARD[] =
        "milters = ( { name = 'always'; address = 'unix:/m'; },\n"
        " { name = 'client'; address = 'unix:/m'; when = { client = '192.0.2.0/24'; }; },\n"
        " { name = 'name'; address = 'unix:/m'; when = { client_name = '*.x.test'; }; },\n"
        " { name = 'login'; address = 'unix:/m'; when = { auth = 'bob'; }; } );\n";
    const struct event mail = {.kind = EVENT_MAIL, .u.mail.sender = SLICE_INIT("a@b.test")};
    struct event event = {.kind = EVENT_CONNECT};
    struct stand s;

    (void)state;
    begin(&s, HEARD);
    assert_int_equal(address_parse(SLICE("192.0.2.7"), &event.u.connect.client), 0);
    chain_conditions_hear(s.conditions, &event);
    judge(&s, "yy--");
    assert_null(chain_conditions_questions(s.conditions));
    event = (struct event){.kind = EVENT_AUTH, .u.auth.login = SLICE("bob")};
    chain_conditions_hear(s.conditions, &event);
    judge(&s, "yy--"); /* a login decides nothing, and takes nothing back */
    assert_false(chain_conditions_feed(s.conditions, &mail));
    assert_non_null(chain_conditions_questions(s.conditions));
    chain_conditions_answer(s.conditions, chain_conditions_questions(s.conditions),
                            &(struct answer){.text = SLICE("a.x.test")});
    assert_true(chain_conditions_feed(s.conditions, &mail));
    judge(&s, "yyyy");
    chain_conditions_reset(s.conditions);
    judge(&s, "y---");
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stages), cmocka_unit_test(questions),
                                       cmocka_unit_test(questions_of_all), cmocka_unit_test(heard)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
