/* Sessions of an MTA as a session hears them: answers, changes, and the record of each. */
#include "tests/unit/proxy/as_milter/mta_scene.h"

static void refusals_at_each_stage(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, RULES);
    assert_int_equal(connect_from(&s, "192.0.2.66"), ANSWER_REJECT);
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_CONTINUE);
    assert_int_equal(mta_session_helo(s.session, "bad").kind, ANSWER_TEMPFAIL);
    assert_int_equal(mta_session_helo(s.session, "good").kind, ANSWER_CONTINUE);
    assert_int_equal(mail(&s, "<bad@x>"), ANSWER_REJECT);
    assert_int_equal(mail(&s, "<hang@x>"), ANSWER_TEMPFAIL); /* by a 421 */
    assert_int_equal(mail(&s, "< bad@x >"), ANSWER_REJECT);
    assert_int_equal(mail(&s, "<a@x>"), ANSWER_CONTINUE);
    assert_int_equal(rcpt(&s, "<bad@y>"), ANSWER_REJECT);
    assert_int_equal(rcpt(&s, "< @route:bad@y. >"), ANSWER_REJECT);
    assert_int_equal(rcpt(&s, "<@route:dot@y.>"), ANSWER_CONTINUE);
    assert_int_equal(mta_envelope_data(s.session).kind, ANSWER_CONTINUE);
    mta_content_header(s.session, "Subject", "bad");
    assert_int_equal(mta_content_header_end(s.session).kind, ANSWER_REJECT);
    start(&s);
    (void)rcpt(&s, "<s@y>");
    (void)rcpt(&s, "<w@y>");
    assert_int_equal(mta_envelope_data(s.session).kind, ANSWER_REJECT);
    start(&s);
    mta_content_header(s.session, "Subject", "good");
    assert_int_equal(mta_content_header_end(s.session).kind, ANSWER_CONTINUE);
    mta_content_body(s.session, SLICE("ba"));
    mta_content_body(s.session, SLICE("d\r\n"));
    assert_int_equal(message_end(&s), ANSWER_REJECT);
    finish(&s, (const char *const[]){"\"decided_by\":{\"rule\":\"mail\"}", "{\"rule\":\"subject\"}",
                                     "{\"rule\":\"many\"}", "{\"rule\":\"body\"}",
                                     "\"address\":\"dot@y\"", "\"address\":\"u@y\",\"reply\":null",
                                     NULL});
}

/* MTAs that leave out events: what they would have been asked is said later. */
static void events_left_out(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, RULES);
    start(&s);
    (void)rcpt(&s, "<s@y>");
    (void)rcpt(&s, "<w@y>");
    mta_content_header(s.session, "Subject", "good");
    mta_content_body(s.session, SLICE("text\r\n")); /* no DATA, no end of header */
    assert_int_equal(message_end(&s), ANSWER_REJECT);
    start(&s);
    mta_content_header(s.session, "Subject", "bad");
    mta_content_body(s.session, SLICE("text\r\n"));
    assert_int_equal(message_end(&s), ANSWER_REJECT);
    start(&s);
    mta_content_header(s.session, "Subject", "bad");
    assert_int_equal(message_end(&s), ANSWER_REJECT);
    start(&s); /* no header at all */
    mta_content_body(s.session, SLICE("bad"));
    assert_int_equal(message_end(&s), ANSWER_REJECT);
    start(&s); /* nothing at all */
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    assert_int_equal(mta_content_done(s.session, true).kind, ANSWER_CONTINUE);
    end(&s);
}

/* Who connects over the same connection of the MTA is another client, which has not greeted yet. */
static void another_client(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, "rules = ( { when = { helo = \"good\"; sender = \"b@x\"; };"
              "then = { reject = \"No\"; }; } );");
    start(&s);
    assert_int_equal(mail(&s, "<b@x>"), ANSWER_REJECT);
    assert_int_equal(connect_from(&s, "192.0.2.2"), ANSWER_CONTINUE);
    assert_int_equal(mail(&s, "<b@x>"), ANSWER_CONTINUE);
    finish(&s, (const char *const[]){"\"192.0.2.2\"", "\"helo\":null", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_at_each_stage),
        cmocka_unit_test(events_left_out),
        cmocka_unit_test(another_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
