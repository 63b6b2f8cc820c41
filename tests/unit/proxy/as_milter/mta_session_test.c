/* Sessions of an MTA as a session hears them: answers, changes, and the record of each. */
#include "tests/unit/proxy/as_milter/mta_scene.h"

#define RULES                                                                                      \
    "rules = ("                                                                                    \
    "{ name = \"client\"; when = { client = \"192.0.2.66\"; }; then = { reject = \"No\"; }; },"    \
    "{ name = \"helo\"; when = { helo = \"bad\"; }; then = { tempfail = \"Wait\"; }; },"           \
    "{ name = \"slow\"; when = { helo = \"slow\"; }; then = { delay = \"5m\"; }; },"               \
    "{ name = \"mail\"; when = { sender = \"bad@x\"; }; then = { reject = \"No\"; }; },"           \
    "{ name = \"hang\"; when = { sender = \"hang@x\"; }; then = { disconnect = \"Bye\"; }; },"     \
    "{ name = \"rcpt\"; when = { recipient = \"bad@y\"; }; then = { reject = \"No\"; }; },"        \
    "{ name = \"drop\"; when = { recipient = \"drop@y\"; }; then = { discard = true; }; },"        \
    "{ name = \"many\"; when = { recipient_count = \"> 2\"; }; then = { reject = \"No\"; }; },"    \
    "{ name = \"subject\"; when = { header = { Subject = \"bad\"; }; };"                           \
    "  then = { reject = \"No\"; }; },"                                                            \
    "{ name = \"body\"; when = { raw_body = \"bad\"; }; then = { reject = \"No\"; }; },"           \
    "{ name = \"login\"; when = { auth = \"bob\"; }; then = { add_header = { X = \"bob\"; }; }; "  \
    "},"                                                                                           \
    "{ name = \"tls\"; when = { tls_version = \"1.3\"; tls_cipher = \"C\"; client_cert = \"S\"; "  \
    "};"                                                                                           \
    "  then = { add_header = { X = \"tls\"; }; }; } );"

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
    mta_session_abort(s.session);
    mta_session_abort(s.session);
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

/* The MTA adds and takes off what is not as it knows it: who is there already is not added. */
static void redirects(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, "rules = ( { name = \"gone\"; when = { recipient = \"gone*@y\"; };"
              " then = { redirect = \"boss@y\"; }; } );");
    start(&s);
    assert_int_equal(rcpt(&s, "<gone1@y>"), ANSWER_CONTINUE);
    assert_int_equal(rcpt(&s, "<boss@y>"), ANSWER_CONTINUE);
    assert_int_equal(rcpt(&s, "<gone2@y>"), ANSWER_CONTINUE);
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    const struct change_list *changes = mta_content_changes(s.session);
    assert_int_equal(changes->count, 2);
    assert_int_equal(changes->items[0].kind, EDIT_REMOVE_RECIPIENT);
    assert_slice(changes->items[0].value, SLICE("<gone1@y>"));
    assert_int_equal(changes->items[1].kind, EDIT_REMOVE_RECIPIENT);
    assert_slice(changes->items[1].value, SLICE("<gone2@y>"));
    start(&s);
    assert_int_equal(rcpt(&s, "<gone1@y>"), ANSWER_CONTINUE);
    assert_int_equal(rcpt(&s, "<gone2@y>"), ANSWER_CONTINUE);
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    changes = mta_content_changes(s.session);
    assert_int_equal(changes->count, 3);
    assert_int_equal(changes->items[1].kind, EDIT_ADD_RECIPIENT);
    assert_slice(changes->items[1].value, SLICE("<boss@y>"));
    assert_int_equal(changes->items[2].kind, EDIT_REMOVE_RECIPIENT);
    end(&s);
}

static void recipients_taken_off(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, RULES);
    start(&s);
    assert_int_equal(rcpt(&s, "<drop@y>"), ANSWER_CONTINUE);
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    const struct change_list *changes = mta_content_changes(s.session);
    assert_int_equal(changes->count, 1);
    assert_int_equal(changes->items[0].kind, EDIT_REMOVE_RECIPIENT);
    assert_slice(changes->items[0].value, SLICE("<drop@y>"));
    (void)mta_content_done(s.session, true);
    assert_int_equal(mail(&s, "<a@x>"), ANSWER_CONTINUE);
    assert_int_equal(rcpt(&s, "<drop@y>"), ANSWER_CONTINUE);
    assert_int_equal(rcpt(&s, "<bad@y>"), ANSWER_REJECT);
    assert_int_equal(message_end(&s), ANSWER_DISCARD);
    end(&s);
}

static void macros(void **state)
{
    static const char *const TLS[] = {"{tls_version}",
                                      "TLSv1.3",
                                      "{cipher}",
                                      "C",
                                      "{cert_subject}",
                                      "S",
                                      "{verify}",
                                      "OK",
                                      "i",
                                      "Q1",
                                      "{daemon_name}",
                                      "inbound",
                                      NULL};
    static const char *const UNVERIFIED[] = {"{tls_version}",
                                             "TLSv1.3",
                                             "{cipher}",
                                             "C",
                                             "{cert_subject}",
                                             "S",
                                             "{verify}",
                                             "FAIL",
                                             "{auth_type}",
                                             "PLAIN",
                                             "{auth_authen}",
                                             "bob",
                                             NULL};
    static const char *const REFUSED[] = {"{rcpt_mailer}", "error", "{rcpt_host}", "4.2.1",
                                          "{rcpt_addr}",   "Full",  NULL};
    struct scene s;

    (void)state;
    begin(&s, RULES);
    s.macros.ctx = (void *)(uintptr_t)TLS;
    start(&s);
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    assert_int_equal(mta_content_changes(s.session)->count, 1);
    assert_slice(mta_content_changes(s.session)->items[0].value, SLICE("tls"));
    (void)mta_content_done(s.session, true);
    s.macros.ctx = (void *)(uintptr_t)UNVERIFIED;
    start(&s);
    s.macros.ctx = (void *)(uintptr_t)REFUSED;
    assert_int_equal(rcpt(&s, "<bad@y>"), ANSWER_CONTINUE); /* nobody is asked */
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    assert_int_equal(mta_content_changes(s.session)->count, 1);
    assert_slice(mta_content_changes(s.session)->items[0].value, SLICE("bob"));
    assert_int_equal(mta_content_done(s.session, false).kind, ANSWER_TEMPFAIL);
    finish(&s, (const char *const[]){"\"transaction\":\"Q1\"", "\"listener\":\"inbound\"",
                                     "{\"version\":\"1.3\",\"cipher\":\"C\"}", "\"auth\":\"bob\"",
                                     "\"reply\":\"4.2.1 Full\"",
                                     "\"failures\":[\"the MTA did not take an edit\"]", NULL});
}

static void client_names(void **state)
{
    static const char *const KNOWN[] = {"{client_name}", "mx.good.test", NULL};
    static const char *const BRACKETS[] = {"{client_name}", "[192.0.2.1]", NULL};
    static const char *const FAILED[] = {"{client_name}", "unknown", "{client_resolve}", "TEMP",
                                         NULL};
    struct scene s;

    (void)state;
    begin(
        &s,
        "on_failure = { lookup = \"tempfail\"; };"
        "rules = ( { when = { client_name = \"*.good.test\"; }; then = { reject = \"No\"; }; } );");
    s.macros.ctx = (void *)(uintptr_t)KNOWN;
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_REJECT);
    s.macros.ctx = (void *)(uintptr_t)BRACKETS;
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_CONTINUE);
    s.macros.ctx = (void *)(uintptr_t)FAILED;
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_TEMPFAIL);
    s.macros.ctx = NULL;
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_CONTINUE);
    finish(&s, (const char *const[]){"\"name\":\"unknown\"", NULL});
}

/* Of the client before nothing is told, whatever list it stood in. */
static void lists_of_another_client(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, "lists = { near = [ \"192.0.2.0/24\" ]; };"
              "rules = ( { name = \"either\"; then = { tag = \"x\"; };"
              "when = { any = ( { client = \"@near\"; }, { sender = \"a@*\"; } ); }; } );");
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_CONTINUE);
    assert_int_equal(mail(&s, "b@b.test"), ANSWER_CONTINUE);
    mta_session_abort(s.session);
    assert_int_equal(connect_from(&s, "198.51.100.1"), ANSWER_CONTINUE);
    assert_int_equal(mail(&s, "a@b.test"), ANSWER_CONTINUE);
    mta_session_destroy(s.session, NULL);
    const char *second = strstr(mta_kit_records(&s.kit), "\"a@b.test\"");
    assert_non_null(strstr(s.kit.records, "\"lists\":[{\"rule\":\"either\",\"list\":\"near\""));
    assert_non_null(second);
    assert_non_null(strstr(second, "\"rules\":[\"either\"]"));
    assert_null(strstr(second, "\"lists\""));
    mta_kit_end(&s.kit);
}

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

static void delays_are_cut(void **state)
{
    const char *const argv[] = {"<a@b.test>", NULL};
    struct scene s;

    (void)state;
    begin(&s, RULES);
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_CONTINUE);
    assert_int_equal(mta_session_helo(s.session, "slow").delay_ms,
                     0); /* an effect of each message */
    assert_int_equal(mta_envelope_mail(s.session, &s.macros, argv).delay_ms, MILTER_DELAY_MAX_MS);
    end(&s);
}

static void declared_sizes(void **state)
{
    static const struct {
        const char *param;
        enum answer_kind answer;
    } rows[] = {{"SIZE=0", ANSWER_REJECT},    {"SIZE=4", ANSWER_REJECT},
                {"size=4", ANSWER_REJECT},    {"SIZE=5", ANSWER_CONTINUE},
                {"SIZE=", ANSWER_CONTINUE},   {"SIZE=-1", ANSWER_CONTINUE},
                {"SIZE=4x", ANSWER_CONTINUE}, {"SIZES=4", ANSWER_CONTINUE}};
    struct scene s;

    (void)state;
    begin(&s, "rules = ( { when = { size = \"< 5\"; }; then = { reject = \"No\"; }; } );");
    assert_int_equal(connect_from(&s, "192.0.2.1"), ANSWER_CONTINUE);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *const argv[] = {"<a@b.test>", "BODY=8BITMIME", rows[i].param, NULL};

        assert_row(mta_envelope_mail(s.session, &s.macros, argv).kind == rows[i].answer,
                   rows[i].param, i);
    }
    end(&s);
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

/* They see what the rules have made of the message, and what an accept leaves to them. */
static void final_rules(void **state)
{
    static const char SETTINGS[] =
        "rules = ( { name = \"pass\"; when = { sender = \"pass@x\"; }; then = { accept = true; }; "
        "},"
        "{ name = \"drop\"; when = { recipient = \"drop@y\"; }; then = { discard = true; }; },"
        "{ name = \"mark\"; then = { add_header = { X = \"1\"; }; score = 1; }; } );"
        "final_rules = ( { name = \"seen\"; when = { header = { X = \"1\"; }; score = 1; tls = "
        "true; };"
        "then = { set_sender = \"n@x\"; score = 2; }; },"
        "{ name = \"alone\"; when = { recipient = \"drop@y\"; }; then = { reject = \"No\"; }; },"
        "{ name = \"body\"; when = { raw_body = \"bad\"; }; then = { reject = \"No ${score}\"; }; "
        "} );";
    static const char *const TLS[] = {"{tls_version}", "TLSv1.3", NULL};
    struct scene s;

    (void)state;
    begin(&s, SETTINGS);
    s.macros.ctx = (void *)(uintptr_t)TLS;
    start(&s);
    assert_int_equal(rcpt(&s, "<drop@y>"), ANSWER_CONTINUE);
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    assert_int_equal(mta_content_changes(s.session)->count, 3);
    (void)mta_content_done(s.session, true);
    start(&s);
    mta_content_body(s.session, SLICE("bad\r\n"));
    assert_int_equal(message_end(&s), ANSWER_REJECT);
    assert_int_equal(mail(&s, "<pass@x>"), ANSWER_CONTINUE);
    assert_int_equal(rcpt(&s, "<u@y>"), ANSWER_CONTINUE);
    mta_content_body(s.session, SLICE("bad\r\n"));
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    assert_int_equal(mta_content_changes(s.session)->count, 0);
    finish(&s, (const char *const[]){"\"rules\":[\"drop\",\"mark\",\"seen\"],\"score\":3",
                                     "{\"by\":\"seen\"", "\"reply\":\"550 5.7.1 No 3\"",
                                     "\"rules\":[\"pass\"],\"score\":0", NULL});
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
        cmocka_unit_test(refusals_at_each_stage),
        cmocka_unit_test(events_left_out),
        cmocka_unit_test(out_of_order),
        cmocka_unit_test(recipients_taken_off),
        cmocka_unit_test(redirects),
        cmocka_unit_test(connects_in_mid_message),
        cmocka_unit_test(macros),
        cmocka_unit_test(client_names),
        cmocka_unit_test(failed_lookups),
        cmocka_unit_test(lists_of_another_client),
        cmocka_unit_test(delays_are_cut),
        cmocka_unit_test(declared_sizes),
        cmocka_unit_test(told_of_a_message),
        cmocka_unit_test(final_rules),
        cmocka_unit_test(sessions_without_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
