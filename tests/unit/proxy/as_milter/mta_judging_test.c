/* What the rules are told of a client, and what becomes of a verdict. */
#include "conf/milter_service.h"
#include "tests/unit/proxy/as_milter/mta_scene.h"

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
    mta_message_abort(s.session);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_names),
        cmocka_unit_test(lists_of_another_client),
        cmocka_unit_test(delays_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
