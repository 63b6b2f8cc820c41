/* What the rules make of a message, as final rules and the MTA are told. */
#include "tests/unit/proxy/as_milter/mta_scene.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redirects),
        cmocka_unit_test(final_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
