#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "filters/match/pattern.h"
#include "filters/rules/rule.h"
#include "tests/unit/conf/read/load.h"

#define RULE(then) "rules = ( { when = { sender = \"x\"; }; then = " then "; } );"
#define HEADERS    "must be a group of header names { Name = \"text\"; }, not "

static const struct load_row SHAPES[] = {
    {RULE("5"), "1: error: 'then' must be a group of actions { action = ...; }, not 5"},
    {RULE("{ accept = false; }"),
     "1: error: 'accept' must be true or \"all\" (leave it out for neither), not false"},
    {RULE("{ accept = \"some\"; }"), "1: error: 'accept' must be true or \"all\"..."},
    {RULE("{ accept = 1; }"), "1: error: 'accept' must be true or \"all\"..."},
    {RULE("{ discard = false; }"),
     "1: error: 'discard' must be true (leave it out otherwise), not false"},
    {RULE("{ reject = 550; }"), "1: error: 'reject' must be a reply such as \"550 5.7.1 text\", or "
                                "a list of its lines, not 550"},
    {RULE("{ reject = [ ]; }"), "1: error: 'reject' must be a reply..."},
    {RULE("{ reject = ( \"550 No\", 5 ); }"), "1: error: 'reject' must be a reply..."},
    {RULE("{ add_header = \"X: y\"; }"), "1: error: 'add_header' " HEADERS "\"X: y\""},
    {RULE("{ add_header = { }; }"), "1: error: 'add_header' " HEADERS "a group { ... }"},
    {RULE("{ add_header = ( ); }"), "1: error: 'add_header' " HEADERS "an empty list ( )"},
    {RULE("{ add_header = { X = 5; }; }"),
     "1: error: 'X' must be a string or a list of strings, not 5"},
    {RULE("{ add_header = { X = [ ]; }; }"),
     "1: error: 'X' must be a string or a list of strings, not an empty array [ ]"},
    {RULE("{ add_header = ( { name = 5; value = \"x\"; } ); }"),
     "1: error: 'name' must be the name of a header field, not 5"},
    {RULE("{ tag = 5; }"), "1: error: 'tag' must be a string or a list of strings, not 5"},
    {RULE("{ tag = ( ); }"),
     "1: error: 'tag' must be a string or a list of strings, not an empty..."},
    {RULE("{ redirect = [ \"a@b\" ]; }"), "1: error: 'redirect' must be a string, not an array..."},
    {RULE("{ set_sender = 5; }"), "1: error: 'set_sender' must be a string, not 5"},
    {RULE("{ score = \"5\"; }"), "1: error: 'score' must be a number, not \"5\""},
    {RULE("{ delay = 5; }"),
     "1: error: 'delay' must be a time from 1ms to 5m with its unit, such as \"5s\", not 5"},
    {RULE("{ delay = \"6m\"; }"), "1: error: 'delay' must be a time..."},
    {RULE("{ delay = \"0s\"; }"), "1: error: 'delay' must be a time..."},
    {RULE("{ remove_header = ( ); }"), "1: error: 'remove_header' must be the name of a header..."},
    {RULE("{ remove_header = 5; }"),
     "1: error: 'remove_header' must be the name of a header field, a group { header, pattern }, "
     "or a list of them, not 5"},
    {RULE("{ remove_header = { header = \"E\"; }; }"),
     "1: error: 'remove_header' must be { header = \"Name\"; pattern = \"/regex/flags\"; }..."},
    {RULE("{ remove_header = { header = \"E\"; pattern = \"e\"; }; }"),
     "1: error: 'pattern' must be a pattern..."},
    {RULE("{ remove_header = { header = \"E\"; pattern = \"/e/\"; with = \"\"; }; }"),
     "1: error: unknown setting 'with'..."},
    {RULE("{ replace = \"x\"; }"), "1: error: 'replace' must be a group { ... }, not \"x\""},
    {RULE("{ replace = ( ); }"),
     "1: error: 'replace' must be a group { header, pattern, with }..."},
    {RULE("{ replace = { header = \"From\"; pattern = \"/a/\"; }; }"),
     "1: error: 'replace' must be { header = \"Name\"; pattern = \"/regex/flags\"; with = "
     "\"text\"; "
     "}, not a group { ... }"},
    {RULE("{ replace = { header = \"From\"; pattern = \"a\"; with = \"\"; }; }"),
     "1: error: 'pattern' must be a pattern \"/regex/flags\" with flags of i, m, s, x and u, not "
     "\"a\""},
    {RULE("{ replace = { header = \"From\"; pattern = \"/a/q\"; with = \"\"; }; }"),
     "1: error: 'pattern' must be a pattern..."},
    {RULE("{ replace = { header = \"From\"; pattren = \"/a/\"; with = \"\"; }; }"),
     "1: error: unknown setting 'pattren' in replace; did you mean 'pattern'?\n"
     "1: error: 'replace' must be { header..."},
    {RULE("{ replace = { header = \"From\"; pattern = \"/a/\"; with = 5; }; }"),
     "1: error: 'with' must be a string, not 5"},
};

static const struct load_row BODIES[] = {
    {RULE("{ replace_body = { pattern = \"/a/\"; with = \"\"; }; append_text = \"x\"; "
          "append_html = [ \"<p>\", \"</p>\" ]; remove_attachment = { name = \"*.exe\"; type = "
          "\"!text/plain\"; note = \"gone\"; }; }"),
     ""},
    {RULE("{ replace_body = ( ); }"),
     "1: error: 'replace_body' must be a group { pattern, with }..."},
    {RULE("{ replace_body = { pattern = \"/a/\"; }; }"),
     "1: error: 'replace_body' must be { pattern = \"/regex/flags\"; with = \"text\"; }..."},
    {RULE("{ replace_body = { header = \"A\"; pattern = \"/a/\"; with = \"\"; }; }"),
     "1: error: unknown setting 'header' in replace_body..."},
    {RULE("{ replace_body = { pattern = \"/(/\"; with = \"\"; }; }"), "1: error: ..."},
    {RULE("{ replace_body = { pattern = \"/a/\"; with = \"$1\"; }; }"),
     "1: error: rule 'rule-1': 'replace_body': its pattern has no such group"},
    {RULE("{ append_text = \"\"; }"), "1: error: rule 'rule-1': 'append_text': a text is needed"},
    {RULE("{ append_html = 5; }"), "1: error: 'append_html' must be a string..."},
    {RULE("{ remove_attachment = ( ); }"),
     "1: error: 'remove_attachment' must be a group { name, type, note }..."},
    {RULE("{ remove_attachment = { note = \"x\"; }; }"),
     "1: error: 'remove_attachment' must be { name = matcher; type = matcher; note = \"text\"; } "
     "with name, type or both..."},
    {RULE("{ remove_attachment = { name = \"x\"; }; }"),
     "1: error: 'remove_attachment' must be { name...\n1: error: rule 'rule-1': ..."},
    {RULE("{ remove_attachment = { name = 5; note = \"x\"; }; }"), "1: error: 'name' must be ..."},
    {RULE("{ remove_attachment = { name = \"@none\"; note = \"x\"; }; }"),
     "1: error: 'name': there is no list 'none'..."},
    {RULE("{ remove_attachment = { name = \"x\"; note = \"$x\"; }; }"),
     "1: error: rule 'rule-1': 'remove_attachment': after \"$\" stands..."},
    {RULE("{ remove_attachment = \"x\"; }"),
     "1: error: 'remove_attachment' must be a group...\n1: error: rule 'rule-1': ..."},
};

static const struct load_row NAMES[] = {
    {RULE("{ rejct = \"550 No\"; }"),
     "1: error: there is no action 'rejct'; did you mean 'reject'?"},
    {RULE("{ add_heder = { }; }"),
     "1: error: there is no action 'add_heder'; did you mean 'add_header'?"},
    {RULE("{ xyzzy = 5; }"), "1: error: there is no action 'xyzzy'; known are accept, ..."},
    {RULE("{ quarantine = true; }"), "1: error: 'quarantine' must be a string, not true"},
    {RULE("{ quarantine = \"\"; }"),
     "1: error: rule 'rule-1': 'quarantine': a quarantine needs a reason"},
    /* what the compiler of rules finds, at the action's own line */
    {RULE("{ accept = true;\n reject = \"550 No\"; }"), "2: error: rule 'rule-1': 'reject': a rule "
                                                        "has one terminal action at most"},
    {RULE("{ tag = \"x\";\n reject = \"450 No\"; }"), "2: error: rule 'rule-1': 'reject': ..."},
    {RULE("{ tempfail = \"550 No\"; }"), "1: error: rule 'rule-1': 'tempfail': ..."},
    {RULE("{ reject = \"550 4.7.1 No\"; }"), "1: error: rule 'rule-1': 'reject': ..."},
    {RULE("{ add_header = { X = \"$x\"; }; }"), "1: error: rule 'rule-1': 'add_header': ..."},
    {RULE("{ add_header = ( { name = \"X Y\"; value = \"x\"; } ); }"),
     "1: error: rule 'rule-1': 'add_header': that is no name of a header field"},
    {RULE("{ redirect = \"nobody\"; }"), "1: error: rule 'rule-1': 'redirect': ..."},
    /* errors here and there, in one go */
    {RULE("{ rejct = \"x\"; add_header = { X = \"$x\"; };\n delay = 5; }"),
     "1: error: there is no action 'rejct'...\n2: error: 'delay' must be...\n"
     "1: error: rule 'rule-1': 'add_header': ..."},
};

static void shapes(void **state)
{
    (void)state;
    LOAD_ROWS(SHAPES);
}

static void bodies(void **state)
{
    (void)state;
    LOAD_ROWS(BODIES);
}

static void names(void **state)
{
    (void)state;
    LOAD_ROWS(NAMES);
}

static const char ALL[] =
    RULE("{\n"
         "tag = [ \"a\", \"b\" ];\n"
         "add_header = { B = \"1\"; A = [ \"2\", \"3\" ]; };\n"
         "insert_header = ( { name = \"X.Foo\"; value = \"4\"; }, { C = \"5\"; } );\n"
         "set_header = { D = \"\"; };\n"
         "prepend = { Subject = \"[x] \"; };\n"
         "append = { Subject = \" y\"; };\n"
         "remove_header = ( \"X-*\", { header = \"E\"; pattern = \"/e/\"; } );\n"
         "replace = ( { header = \"From\"; pattern = \"/a/i\"; with = \"$$\"; } );\n"
         "set_sender = \"\"; add_recipient = [ \"a@b.test\", \"c@d.test\" ];\n"
         "remove_recipient = \"*@e.test\"; archive = true; score = 2; log = \"hello\"; "
         "delay = \"5s\";\n"
         "reject = [ \"550 5.7.1 one\", \"two\" ]; }");

struct action_row {
    enum action_kind kind;
    unsigned line;
    const char *name, *text; /* NULL: empty */
};

static const struct action_row ACTIONS[] = {
    {ACTION_TAG, 2, NULL, "a"},
    {ACTION_TAG, 2, NULL, "b"},
    {ACTION_ADD_HEADER, 3, "B", "1"},
    {ACTION_ADD_HEADER, 3, "A", "2"},
    {ACTION_ADD_HEADER, 3, "A", "3"},
    {ACTION_INSERT_HEADER, 4, "X.Foo", "4"},
    {ACTION_INSERT_HEADER, 4, "C", "5"},
    {ACTION_SET_HEADER, 5, "D", NULL},
    {ACTION_PREPEND, 6, "Subject", "[x] "},
    {ACTION_APPEND, 7, "Subject", " y"},
    {ACTION_REMOVE_HEADER, 8, "X-*", NULL},
    {ACTION_REMOVE_HEADER, 8, "E", NULL},
    {ACTION_REPLACE, 9, "From", "$$"},
    {ACTION_SET_SENDER, 10, NULL, NULL},
    {ACTION_ADD_RECIPIENT, 10, NULL, "a@b.test"},
    {ACTION_ADD_RECIPIENT, 10, NULL, "c@d.test"},
    {ACTION_REMOVE_RECIPIENT, 11, NULL, "*@e.test"},
    {ACTION_ARCHIVE, 11, NULL, NULL},
    {ACTION_SCORE, 11, NULL, NULL},
    {ACTION_LOG, 11, NULL, "hello"},
    {ACTION_DELAY, 11, NULL, NULL},
    {ACTION_REJECT, 12, NULL, NULL},
};

#define ACTION_COUNT (sizeof(ACTIONS) / sizeof(*ACTIONS))

static void in_file_order(void **state)
{
    const struct rule *rule;
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, ALL);
    rule = &load.config->policies[0].rule_items[0];
    assert_int_equal(rule->action_count, ACTION_COUNT);
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        const struct action *action = &rule->actions[i];

        assert_int_equal(action->kind, ACTIONS[i].kind);
        assert_int_equal(action->place.line, ACTIONS[i].line);
        assert_true(slice_equal(action->name, slice_str(ACTIONS[i].name)));
        assert_true(slice_equal(action->text, slice_str(ACTIONS[i].text)));
    }
    assert_true(slice_equal(rule->actions[12].pattern, SLICE("a")));
    assert_int_equal(rule->actions[12].pattern_flags, PATTERN_CASELESS);
    assert_true(rule->actions[18].number == 2);
    assert_int_equal(rule->actions[20].ms, 5000);
    assert_int_equal(rule->actions[21].line_count, 2);
    assert_string_equal(rule->actions[21].lines[0].ptr, "550 5.7.1 one");
    assert_string_equal(rule->actions[21].lines[1].ptr, "two");
    load_end(&load);
}

struct terminal_row {
    const char *text;
    enum action_kind kind;
};

static const struct terminal_row TERMINALS[] = {
    {RULE("{ accept = true; }"), ACTION_ACCEPT},
    {RULE("{ accept = \"all\"; }"), ACTION_ACCEPT_ALL},
    {RULE("{ reject = \"No\"; }"), ACTION_REJECT},
    {RULE("{ tempfail = \"451 4.7.1 Later\"; }"), ACTION_TEMPFAIL},
    {RULE("{ disconnect = \"421 4.7.0 Bye\"; }"), ACTION_DISCONNECT},
    {RULE("{ disconnect = \"554 5.7.0 Bye\"; }"), ACTION_DISCONNECT},
    {RULE("{ discard = true; }"), ACTION_DISCARD},
    {RULE("{ quarantine = \"why ${sender}\"; }"), ACTION_QUARANTINE},
    {RULE("{ redirect = \"a@b.test\"; }"), ACTION_REDIRECT},
};

static void terminals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(TERMINALS) / sizeof(*TERMINALS); i++) {
        struct load load;

        load_begin(&load);
        load_good(&load, TERMINALS[i].text);
        assert_int_equal(load.config->policies[0].rule_items[0].action_count, 1);
        assert_int_equal(load.config->policies[0].rule_items[0].actions[0].kind, TERMINALS[i].kind);
        load_end(&load);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shapes), cmocka_unit_test(bodies),
                                       cmocka_unit_test(names), cmocka_unit_test(in_file_order),
                                       cmocka_unit_test(terminals)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
