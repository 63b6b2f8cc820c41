/* Where a message ends that nobody has ended. */
#include "tests/unit/proxy/as_milter/mta_scene.h"

/* Events without what must come before them do nothing. */
static void out_of_order(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, RULES);
    assert_int_equal(rcpt(&s, "<bad@y>"), ANSWER_CONTINUE);
    assert_int_equal(mta_envelope_data(s.session).kind, ANSWER_CONTINUE);
    mta_content_header(s.session, "Subject", "bad");
    assert_int_equal(mta_content_header_end(s.session).kind, ANSWER_CONTINUE);
    mta_content_body(s.session, SLICE("bad\r\n"));
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    assert_int_equal(mta_content_done(s.session, true).kind, ANSWER_CONTINUE);
    mta_message_abort(s.session);
    mta_message_abort(s.session);
    start(&s);
    assert_int_equal(mail(&s, "<bad@x>"), ANSWER_REJECT); /* a MAIL ends what was before it */
    assert_int_equal(rcpt(&s, "<u@y>"), ANSWER_CONTINUE);
    finish(&s, (const char *const[]){"\"verdict\":\"abort\"", "\"verdict\":\"reject\"", NULL});
}

/* Another session on the same connection: the message that was under way is that of the first. */
static void connects_in_mid_message(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, RULES);
    start(&s);
    assert_int_equal(rcpt(&s, "<drop@y>"), ANSWER_CONTINUE);
    assert_int_equal(connect_from(&s, "192.0.2.9"), ANSWER_CONTINUE);
    mta_session_destroy(s.session, NULL);
    const char *records = mta_kit_records(&s.kit);
    assert_non_null(strstr(records, "\"client\":{\"address\":\"192.0.2.1\""));
    assert_non_null(strstr(records, "\"helo\":\"good\""));
    assert_non_null(strstr(records, "\"rules\":[\"drop\"]"));
    assert_null(strstr(records, "192.0.2.9"));
    mta_kit_end(&s.kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_order),
        cmocka_unit_test(connects_in_mid_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
