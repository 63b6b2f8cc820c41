/* The record of a message and that of a session without one. */
#include "tests/unit/proxy/as_milter/mta_scene.h"

#include <stdlib.h>

/* In the record of a session and in that of a message. */
static void failed_lookups(void **state)
{
    static const char *const FAILED[] = {"{client_name}", "unknown", "{client_resolve}", "TEMP",
                                         NULL};
    struct scene s;

    (void)state;
    begin(&s, "rules = ( { name = \"asks\"; when = { client_name = \"*.good.test\"; };"
              "then = { reject = \"No\"; }; } );");
    s.macros.ctx = (void *)(uintptr_t)FAILED;
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_CONTINUE);
    assert_int_equal(mail(&s, "a@b.test"), ANSWER_CONTINUE);
    finish(&s, (const char *const[]){"\"failures\":[\"lookup: asks\"]", NULL});
    begin(&s, "on_failure = { lookup = \"tempfail\"; };"
              "rules = ( { name = \"asks\"; when = { client_name = \"*.good.test\"; };"
              "then = { reject = \"No\"; }; } );");
    s.macros.ctx = (void *)(uintptr_t)FAILED;
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_TEMPFAIL);
    finish(&s,
           (const char *const[]){"\"transaction\":null", "\"failures\":[\"lookup: asks\"]", NULL});
}

/* Whose it was and what it said. */
static void told_of_a_message(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, "rules = ( { name = \"tell\"; then = { log = \"from ${sender}\"; }; } );");
    start(&s);
    mta_content_header(s.session, "From", "=?utf-8?q?=C3=BC?= <a@b>");
    mta_content_header(s.session, "Subject", "hi =?utf-8?q?=C3=A4?=");
    mta_content_header(s.session, "Message-ID", "<1@x>");
    mta_content_body(s.session, SLICE("text\r\n"));
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    (void)mta_content_done(s.session, true);
    mta_session_destroy(s.session, NULL);
    assert_non_null(strstr(mta_kit_log(&s.kit), ": from a@x\n"));
    s.session = NULL;
    finish(
        &s,
        (const char *const[]){
            "\"listener\":\"milter\",\"policy\":\"default\",\"client\":{\"address\":"
            "\"192.0.2.1\",\"port\":0,\"name\":\"unknown\"},\"helo\":\"good\",\"auth\":null,"
            "\"sender\":\"a@x\",\"size\":91,\"message_id\":\"<1@x>\",\"subject\":\"hi \xC3\xA4\","
            "\"from\":\"\xC3\xBC <a@b>\",\"verdict\":\"continue\",\"stage\":\"message\"",
            NULL});
}

/* It began when its MAIL came. */
static void told_of_its_time(void **state)
{
    const char *records, *at;
    struct scene s;

    (void)state;
    begin(&s, "");
    start(&s);
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    mta_session_destroy(s.session, NULL);
    records = mta_kit_records(&s.kit);
    assert_non_null(strstr(records, "{\"time\":\"20"));
    at = strstr(records, "\"duration_ms\":");
    assert_non_null(at);
    assert_true(strtoul(at + strlen("\"duration_ms\":"), NULL, 10) < 60000);
    mta_kit_end(&s.kit);
}

/* What was decided before a message was taken back is told, as the proxy does. */
static void decided_and_taken_back(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, "rules = ( { name = \"pass\"; when = { sender = \"pass@x\"; };"
              " then = { accept = true; }; } );");
    (void)connect_from(&s, "192.0.2.1");
    assert_int_equal(mail(&s, "<pass@x>"), ANSWER_CONTINUE);
    finish(&s, (const char *const[]){"\"verdict\":\"abort\",\"stage\":\"mail\","
                                     "\"decided_by\":{\"rule\":\"pass\"}",
                                     NULL});
}

static void sessions_without_messages(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, RULES);
    (void)connect_from(&s, "192.0.2.66");
    finish(&s, (const char *const[]){"\"transaction\":null", "\"verdict\":\"reject\"",
                                     "{\"rule\":\"client\"}", "\"reply\":\"550 5.7.1 No\"",
                                     "\"rules\":[\"client\"]", NULL});
    begin(&s, RULES);
    (void)connect_from(&s, "192.0.2.1");
    mta_session_destroy(s.session, "the service was stopped");
    s.session = NULL;
    finish(&s, (const char *const[]){"\"verdict\":\"none\"",
                                     "\"failures\":[\"the service was stopped\"]", NULL});
    begin(&s, RULES);
    (void)connect_from(&s, "192.0.2.1");
    mta_session_destroy(s.session, NULL);
    s.session = NULL;
    assert_string_equal(mta_kit_records(&s.kit), ""); /* it left without a word */
    mta_kit_end(&s.kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_lookups),
        cmocka_unit_test(told_of_a_message),
        cmocka_unit_test(told_of_its_time),
        cmocka_unit_test(decided_and_taken_back),
        cmocka_unit_test(sessions_without_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
