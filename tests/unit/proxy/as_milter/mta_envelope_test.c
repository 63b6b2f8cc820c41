/* The envelope: its parameters, and what the MTA's macros say of it. */
#include "tests/unit/proxy/as_milter/mta_scene.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipients_taken_off),
        cmocka_unit_test(macros),
        cmocka_unit_test(declared_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
