/* A policy that is replaced while an MTA speaks. */
#include "tests/unit/heap.h"
#include "tests/unit/proxy/as_milter/mta_scene.h"

/* A session takes a newer policy at its next MAIL, unless the MTA was not asked for what that
 * needs. */
static void newer_policy(void **state)
{
    static const char STRICT[] = "rules = ( { when = { helo = \"good\"; sender = \"a@x\"; };"
                                 "then = { reject = \"No\"; }; } );";
    char outcome[512];
    struct scene s;
    struct demands agreed;

    (void)state;
    begin(&s, "");
    agreed = mta_session_demands(s.session);
    mta_session_agree(s.session, &agreed, true);
    start(&s);
    mta_kit_rewrite(&s.kit, STRICT);
    service_reload(s.kit.service, outcome, sizeof(outcome));
    assert_int_equal(rcpt(&s, "<s@y>"), ANSWER_CONTINUE);
    assert_int_equal(message_end(&s), ANSWER_CONTINUE);
    (void)mta_content_done(s.session, true);
    assert_int_equal(mail(&s, "<a@x>"), ANSWER_REJECT);
    mta_kit_rewrite(&s.kit, "rules = ( { then = { set_sender = \"n@x\"; }; } );");
    service_reload(s.kit.service, outcome, sizeof(outcome));
    assert_int_equal(mail(&s, "<a@x>"), ANSWER_REJECT);
    mta_kit_rewrite(&s.kit, "nonsense");
    service_reload(s.kit.service, outcome, sizeof(outcome));
    assert_string_equal(outcome,
                        "reload failed, the old policy stays: the configuration has errors");
    mta_kit_rewrite(&s.kit, "");
    service_reload(s.kit.service, outcome, sizeof(outcome));
    assert_true(slice_starts(slice_str(outcome), SLICE("reloaded /")));
    assert_int_equal(mail(&s, "<a@x>"), ANSWER_CONTINUE);
    end(&s);
}

/* The rules of a newer policy know of a login that came before them. */
static void newer_policy_and_a_login(void **state)
{
    static const char *const LOGIN[] = {"{auth_type}", "PLAIN", "{auth_authen}", "bob", NULL};
    char outcome[512];
    struct scene s;
    struct demands agreed;

    (void)state;
    begin(&s, "");
    agreed = mta_session_demands(s.session);
    mta_session_agree(s.session, &agreed, true);
    s.macros.ctx = (void *)(uintptr_t)LOGIN;
    start(&s);
    mta_kit_rewrite(&s.kit,
                    "rules = ( { when = { auth = \"bob\"; }; then = { reject = \"No\"; }; } );");
    service_reload(s.kit.service, outcome, sizeof(outcome));
    assert_int_equal(mail(&s, "<a@x>"), ANSWER_REJECT);
    end(&s);
}

/* The first message that a newer policy judges has the newer limits, too. */
static void newer_limits(void **state)
{
    static const char JUDGED[] = "rules = ( { when = { header = { A = \"x\"; }; };"
                                 "then = { reject = \"No\"; }; } );";
    char outcome[512], value[2000], settings[512];
    struct scene s;
    struct demands agreed;

    (void)state;
    memset(value, 's', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    (void)snprintf(settings, sizeof(settings), "limits = { header = \"1K\"; }; %s", JUDGED);
    begin(&s, settings);
    agreed = mta_session_demands(s.session);
    mta_session_agree(s.session, &agreed, true);
    start(&s);
    mta_content_header(s.session, "A", value);
    assert_int_equal(mta_content_header_end(s.session).kind, ANSWER_REJECT);
    mta_kit_rewrite(&s.kit, JUDGED);
    service_reload(s.kit.service, outcome, sizeof(outcome));
    start(&s);
    mta_content_header(s.session, "A", value);
    assert_int_equal(mta_content_header_end(s.session).kind, ANSWER_CONTINUE);
    end(&s);
}

/* Nobody keeps the policy that was replaced. */
static void all_of_it(void **state)
{
    newer_policy(state);
    newer_limits(state);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(all_of_it, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_policy),
        cmocka_unit_test(newer_policy_and_a_login),
        cmocka_unit_test(newer_limits),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
