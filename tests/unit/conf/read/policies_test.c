#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "conf/sample.h"
#include "filters/event.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"
#include "tests/unit/conf/read/load.h"
#include "tests/unit/heap.h"

#define TAG "then = { tag = \"t\"; };"

static const struct load_row ROWS[] = {
    {"rules = 5;", "1: error: 'rules' must be a list of groups ( { ... }, ... ), not 5"},
    {"rules = [ 5 ];", "1: error: 'rules' must be a list of groups..."},
    {"rules = ( 5 );", "1: error: 'rules' must be a group { ... }, not 5"},
    {"rules = [ ];", ""},
    {"rules = ( { whne = { }; " TAG " } );",
     "1: error: unknown setting 'whne' in rules; did you mean 'when'?"},
    {"rules = ( { name = 5; " TAG " } );",
     "1: error: 'name' must be a string that is not empty, not 5"},
    {"rules = ( { mode = \"on\"; " TAG " } );",
     "1: error: 'mode' must be one of \"enforce\", \"shadow\", \"off\", not \"on\""},
    {"rules = ( { scope = \"recipient\"; " TAG " } );",
     "1: error: 'scope' must be \"message\", not \"recipient\""},
    {"rules = ( { name = \"a\"; } );", "1: warning: rule 'a' does nothing: it has no action"},
    {"rules = ( { name = \"a\"; " TAG " },\n { name = \"b\"; " TAG " },\n { name = \"a\"; " TAG
     " } );",
     "3: warning: rule 'a' has the name of the one in line 1: the audit record cannot tell them "
     "apart"},
    {"policies = ( );",
     "1: error: 'policies' must be a group of policies { name = { rules = ( ... ); "
     "}; }, not an empty list ( )"},
    {"policies = { p = 5; };", "1: error: 'p' must be a group { ... }, not 5"},
    {"policies = { p = { rule = ( ); }; };",
     "1: error: unknown setting 'rule' in p; did you mean 'rules'?"},
    {"header_ambiguous = \"tempfail\";",
     "1: error: 'header_ambiguous' must be one of \"continue\", \"reject\", not \"tempfail\""},
    {"policies = { default = { }; };", "1: error: the policy 'default' is what stands in 'rules' "
                                       "at the top of the file; give this one "
                                       "another name"},
    {"rules = ( { when = { sendr = \"x\"; }; then = { reject = \"250 ok\"; }; } );\n"
     "policies = { p = { rules = ( { then = { tga = \"x\"; }; } ); }; };",
     "1: error: a condition knows no field 'sendr'...\n"
     "1: error: rule 'rule-1': 'reject': ...\n"
     "2: error: there is no action 'tga'; did you mean 'tag'?"},
    /* a rule with a part missing is not warned about: it is not what was meant */
    {"rules = ( { name = \"a\"; when = { sendr = \"x\"; }; then = { accept = true; }; },\n"
     " { name = \"b\"; " TAG " } );",
     "1: error: a condition knows no field 'sendr'..."},
};

static const struct load_row FINAL_ROWS[] = {
    {"final_rules = 5;",
     "1: error: 'final_rules' must be a list of groups ( { ... }, ... ), not 5"},
    {"final_rules = ( { then = { reject = \"250 ok\"; }; } );",
     "1: error: rule 'final-rule-1': 'reject': ..."},
    {"policies = { p = { final_rules = ( { name = \"a\"; } ); }; };",
     "1: warning: rule 'a' does nothing: it has no action"},
    {"final_rules = ( { name = \"a\"; when = { recipient = \"x\"; };"
     " then = { reject = \"no\"; }; } );",
     "1: warning: rule 'a' names a recipient but refuses the message for all of them, because "
     "final rules speak after the milters; write scope = \"message\" if that is meant"},
    {"final_rules = ( { scope = \"message\"; when = { recipient = \"x\"; };"
     " then = { reject = \"no\"; }; } );",
     ""},
};

static void final_rows(void **state)
{
    struct load load;
    const struct policy *policy;

    (void)state;
    LOAD_ROWS(FINAL_ROWS);
    load_begin(&load);
    load_good(&load,
              "rules = ( { " TAG " } );\n"
              "final_rules = ( { name = \"b\"; when = { client = \"10.0.0.0/8\"; }; " TAG "\n"
              "  samples = ( { to = \"u@x.test\"; expect = \"continue\"; } ); } );\n"
              "policies = { p = { final_rules = ( { mode = \"off\"; " TAG " } ); }; };\n");
    policy = config_policy(load.config, SLICE("default"));
    assert_int_equal(policy->rule_count, 1);
    assert_int_equal(policy->final_count, 1);
    assert_int_equal(policy->sample_count, 1);
    assert_int_equal(ruleset_plan(policy->final_rules, 0).acts, STAGE_MESSAGE);
    assert_int_equal(ruleset_plan(policy->final_rules, 0).decided, STAGE_MESSAGE);
    assert_false(ruleset_idle(policy->final_rules));
    policy = config_policy(load.config, SLICE("p"));
    assert_int_equal(ruleset_count(policy->rules), 0);
    assert_int_equal(ruleset_count(policy->final_rules), 1);
    assert_true(ruleset_idle(policy->final_rules));
    load_end(&load);
}

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static const char WHOLE[] =
    "rules = ( { name = \"a\"; mode = \"shadow\"; when = { sender = \"x\"; }; " TAG " },\n"
    "  { mode = \"off\"; scope = \"message\"; " TAG " },\n"
    "  { name = \"c\"; mode = \"enforce\"; " TAG "\n"
    "    samples = ( { to = \"u@x.test\"; expect = \"continue\"; } ); } );\n"
    "policies = { empty = { }; out = {\n"
    "  rules = ( { name = \"d\"; " TAG "\n"
    "    samples = ( { to = \"u@x.test\"; expect = \"continue\"; },\n"
    "                { to = \"u@x.test\"; expect = \"550\"; } ); } ); }; };\n";

static void values(void **state)
{
    const struct policy *policies;
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, WHOLE);
    policies = load.config->policies;
    assert_int_equal(load.config->policy_count, 3);
    assert_string_equal(policies[0].name.ptr, "default");
    assert_int_equal(policies[0].rule_count, 3);
    assert_int_equal(ruleset_count(policies[0].rules), 3);
    assert_string_equal(policies[0].rule_items[0].name.ptr, "a");
    assert_int_equal(policies[0].rule_items[0].mode, RULE_SHADOW);
    assert_int_equal(policies[0].rule_items[0].place.line, 1);
    assert_string_equal(policies[0].rule_items[1].name.ptr, "rule-2");
    assert_int_equal(policies[0].rule_items[1].mode, RULE_OFF);
    assert_true(policies[0].rule_items[1].scope_message);
    assert_null(policies[0].rule_items[1].when);
    assert_int_equal(policies[0].rule_items[2].mode, RULE_ENFORCE);
    assert_false(policies[0].rule_items[2].scope_message);
    assert_int_equal(policies[0].sample_count, 1);
    assert_string_equal(policies[0].samples[0].rule.ptr, "c");
    assert_string_equal(policies[1].name.ptr, "empty");
    assert_int_equal(policies[1].rule_count, 0);
    assert_non_null(policies[1].rules);
    assert_string_equal(policies[2].name.ptr, "out");
    assert_int_equal(policies[2].place.line, 5);
    assert_int_equal(policies[2].rule_count, 1);
    assert_int_equal(policies[2].sample_count, 2);
    assert_int_equal(policies[2].samples[1].place.line, 8);
    load_end(&load);
}

static void too_many(void **state)
{
    struct bytes text;
    struct load load;

    (void)state;
    bytes_init(&text, 1 << 20);
    bytes_append(&text, SLICE("rules = ( {}"));
    for (size_t i = 0; i < RULES_MAX; i++)
        bytes_append(&text, SLICE(",{}"));
    bytes_append(&text, SLICE(" );\0"));
    assert_false(text.failed);
    load_begin(&load);
    load_text(&load, text.data);
    assert_string_equal(load.problems.data,
                        "postern.conf:1: error: a policy has at most 10000 rules, this one has "
                        "10001\n");
    load_end(&load);
    bytes_fini(&text);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(values, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),     cmocka_unit_test(final_rows),        cmocka_unit_test(values),
        cmocka_unit_test(too_many), cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
