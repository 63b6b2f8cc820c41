/* What a policy needs of the MTA. */
#include "proxy/as_milter/demands.h"

#include "conf/config.h"
#include "proxy/milter/wire/packet_options.h"
#include "tests/unit/proxy/as_milter/mta_kit.h"
#include "tests/unit/support.h"

#include "proxy/as_milter/mta_session.h"

#define RULE(when, then) "rules = ( { name = \"r\"; when = { " when " }; then = { " then " }; } );"
#define NOTHING          (PACKET_STEP_NO_UNKNOWN | PACKET_STEP_NO_EOH)
#define NO_BODY          (NOTHING | PACKET_STEP_NO_BODY)
#define ADD              PACKET_ACTION_ADD_HEADERS
#define CHANGE           PACKET_ACTION_CHANGE_HEADERS
#define MORE             PACKET_ACTION_ADD_RECIPIENTS
#define LESS             PACKET_ACTION_REMOVE_RECIPIENTS

static const struct {
    const char *rules;
    uint32_t actions, without;
} ROWS[] = {
    {"", 0, NO_BODY},
    {RULE("client = \"10.0.0.0/8\";", "reject = \"No\";"), 0, NO_BODY},
    {RULE("recipient = \"a@b\";", "reject = \"No\";"), 0, NO_BODY},
    {RULE("recipient_count = \"> 5\";", "reject = \"No\";"), 0, NO_BODY},
    {RULE("header = { Subject = \"x\"; };", "reject = \"No\";"), 0, NO_BODY & ~PACKET_STEP_NO_EOH},
    {RULE("raw_body = \"x\";", "reject = \"No\";"), 0, NOTHING},
    {RULE("size = \"> 10M\";", "tag = \"big\";"), 0, NOTHING},
    {RULE("", "add_header = { X = \"${size}\"; };"), ADD, NOTHING},
    {RULE("", "add_header = { X = \"s\"; };"), ADD, NO_BODY},
    {RULE("", "insert_header = { X = \"s\"; };"), ADD, NO_BODY},
    {RULE("", "set_header = { X = \"s\"; };"), ADD | CHANGE, NO_BODY},
    {RULE("", "prepend = { X = \"s\"; };"), ADD | CHANGE, NO_BODY},
    {RULE("", "append = { X = \"s\"; };"), ADD | CHANGE, NO_BODY},
    {RULE("", "remove_header = \"X\";"), CHANGE, NO_BODY},
    {RULE("", "replace = { header = \"X\"; pattern = \"/a/\"; with = \"b\"; };"), CHANGE, NO_BODY},
    {RULE("", "set_sender = \"a@b\";"), PACKET_ACTION_CHANGE_SENDER, NO_BODY},
    {RULE("", "add_recipient = \"a@b\";"), MORE, NO_BODY},
    {RULE("", "remove_recipient = \"a@b\";"), LESS, NO_BODY},
    {RULE("", "redirect = \"a@b\";"), MORE | LESS, NO_BODY},
    {RULE("sender = \"a@b\";", "discard = true;"), 0, NO_BODY},
    {RULE("recipient = \"a@b\";", "discard = true;"), LESS, NO_BODY},
    {RULE("sender = \"a@b\";", "quarantine = \"Look\";"), PACKET_ACTION_QUARANTINE, NO_BODY},
    {"on_failure = { regex = \"continue\"; };", ADD, NO_BODY},
    {"final_rules = ( { name = \"f\"; then = { remove_header = \"X\"; }; } );", CHANGE, NOTHING},
    {RULE("client_name = \"unknown\";", "reject = \"No\";"), ADD, NO_BODY},
    {"on_failure = { lookup = \"tempfail\"; };" RULE("client_name = \"unknown\";",
                                                     "reject = \"No\";"),
     0, NO_BODY},
    {RULE("attachment = \"*.exe\";", "reject = \"No\";"), 0, NOTHING},
    {"on_failure = { content = \"continue\"; };" RULE("attachment = \"*.exe\";",
                                                      "reject = \"No\";"),
     ADD, NOTHING},
    {"on_failure = { content = \"continue\"; };" RULE("sender = \"a@b\";", "reject = \"No\";"), 0,
     NO_BODY},
    {"on_failure = { content = \"continue\"; };" RULE("from_domain = \"b\";", "reject = \"No\";"),
     ADD, NO_BODY & ~PACKET_STEP_NO_EOH},
    {"rules = ( { name = \"r\"; mode = \"shadow\"; when = { raw_body = \"x\"; }; then = { "
     "add_header = { X = \"s\"; }; }; } );",
     0, NOTHING},
    {"rules = ( { name = \"r\"; mode = \"off\"; when = { raw_body = \"x\"; }; then = { "
     "add_header = { X = \"s\"; }; }; } );",
     0, NO_BODY},
    {"final_rules = ( { name = \"r\"; when = { hops = 9; }; then = { add_header = { X = \"s\"; }; "
     "}; } );",
     ADD, NOTHING},
    {"final_rules = ( { name = \"r\"; mode = \"off\"; then = { set_sender = \"a@b\"; }; } );", 0,
     NO_BODY},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct mta_kit kit;
        struct mta_session *session;

        mta_kit_begin(&kit, ROWS[i].rules);
        session = mta_session_create(kit.service);
        struct demands demands = mta_session_demands(session);
        if (demands.actions != ROWS[i].actions || demands.without != (uint32_t)ROWS[i].without)
            fail_msg("%s gives %x %x", ROWS[i].rules, demands.actions, demands.without);
        mta_session_destroy(session, NULL);
        mta_kit_end(&kit);
    }
}

static void met(void **state)
{
    const struct demands agreed = {ADD, NO_BODY};

    (void)state;
    assert_true(demands_met(&agreed, &(struct demands){ADD, NO_BODY}));
    assert_true(demands_met(&agreed, &(struct demands){0, NO_BODY}));
    assert_false(demands_met(&agreed, &(struct demands){CHANGE, NO_BODY}));
    assert_false(demands_met(&agreed, &(struct demands){ADD, NOTHING}));
    assert_true(demands_met(&(struct demands){ADD, 0}, &agreed));
}

static void whose(void **state)
{
    struct mta_kit kit;

    (void)state;
    mta_kit_begin(&kit, "on_failure = { regex = \"continue\"; };"
                        "rules = ( { name = \"a\"; then = { tag = \"t\"; }; },"
                        "{ name = \"b\"; then = { set_sender = \"a@b\"; }; } );");
    const struct policy *policy = kit.config->milter.policy;
    assert_slice(demands_rule(kit.config, policy, PACKET_ACTION_CHANGE_SENDER), SLICE("b"));
    assert_slice(demands_rule(kit.config, policy, ADD), SLICE("on_failure"));
    assert_slice(demands_rule(kit.config, policy, LESS), SLICE(""));
    assert_string_equal(demands_name(PACKET_ACTION_CHANGE_SENDER), "change the sender");
    mta_kit_end(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(met),
                                       cmocka_unit_test(whose)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
