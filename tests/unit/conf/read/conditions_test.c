#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "filters/rules/field.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"
#include "tests/unit/conf/read/load.h"

#define LATER      "is in the manual of a later version; this build does not have it yet"
#define RULE(when) "rules = ( { when = " when "; then = { tag = \"t\"; }; } );"

static const struct load_row ROWS[] = {
    {RULE("{ }"), ""}, /* always */
    {RULE("5"), "1: error: 'when' must be a group of conditions { field = ...; }, not 5"},
    {RULE("( { } )"), "1: error: 'when' must be a group of conditions..."},
    {RULE("{ sendr = \"x\"; }"),
     "1: error: a condition knows no field 'sendr'; did you mean 'sender'?"},
    {RULE("{ xyzzy = \"x\"; }"),
     "1: error: a condition knows no field 'xyzzy'; known are client, client_port, ..."},
    {RULE("{ al = ( ); }"), "1: error: a condition knows no field 'al'; known are ..."},
    {RULE("{ dnsbl = \"x\"; tls = \"yes\";\n rate = { }; greylisted = { }; }"),
     "1: error: 'dnsbl' " LATER
     "\n1: error: 'tls' must be true or false, not \"yes\"\n2: error: 'rate' " LATER
     "\n2: error: 'greylisted' " LATER},
    {RULE("{ body = \"x\"; hidden_text = \"/x/\"; attachment = \"*.exe\";\n"
          "attachment_type = \"text/*\"; attachment_size = \"> 1M\"; archive_member = \"x\";\n"
          "archive_encrypted = \"yes\"; link = \"/x/\"; link_host = [ \"b.test\", \"*.b.test\" ];\n"
          "link_mismatch = true; mime_ambiguous = false; }"),
     ""},
    {RULE("{ attachment_size = \"x\"; mime_ambiguous = \"x\"; }"),
     "1: error: 'attachment_size' must be a number..."
     "\n1: error: 'mime_ambiguous' must be true or false, not \"x\""},
    {RULE("{ any = { sender = \"x\"; }; }"),
     "1: error: 'any' must be a list of groups ( { ... }, { ... } ), not a group { ... }"},
    {RULE("{ any = ( ); }"), "1: error: 'any' must be a list of groups..."},
    {RULE("{ any = ( 5, { sendr = \"x\"; } ); }"),
     "1: error: 'any' must be a group of conditions { field = ...; }, not 5\n"
     "1: error: a condition knows no field 'sendr'..."},
    {RULE("{ not = \"x\"; }"),
     "1: error: 'not' must be a group of conditions { field = ...; }, not \"x\""},
    {RULE("{ not = ( { } ); }"), "1: error: 'not' must be a group of conditions..."},
    {RULE("{ header = \"x\"; }"),
     "1: error: 'header' must be a group of header names { Subject = ...; }, not \"x\""},
    {RULE("{ header = { }; }"), "1: error: 'header' must be a group of header names..."},
    {RULE("{ header = [ \"x\" ]; }"), "1: error: 'header' must be a group of header names..."},
    {RULE("{ header = ( { name = \"X.Foo\"; } ); }"),
     "1: error: 'header' must be { name = \"...\"; value = ...; }, not a group { ... }"},
    {RULE("{ header = ( { value = \"x\"; } ); }"), "1: error: 'header' must be { name = ..."},
    {RULE("{ header = ( { name = \"X.Foo\"; value = \"x\"; nmae = \"x\"; } ); }"),
     "1: error: unknown setting 'nmae' in header; did you mean 'name'?"},
    {RULE("{ header = ( { name = \"\"; value = \"x\"; } ); }"),
     "1: error: 'name' must be a string that is not empty, not \"\""},
    {RULE("{ header = ( { name = \"X Foo\"; value = \"x\"; } ); }"),
     "1: error: rule 'rule-1': 'X Foo' is no name of a header field"},
    {RULE("{ header = ( 5 ); }"), "1: error: 'header' must be a group { ... }, not 5"},
    {RULE("{ missing_header = 5; }"),
     "1: error: 'missing_header' must be the name of a header field, or a list of names, not 5"},
    {RULE("{ missing_header = [ ]; }"), "1: error: 'missing_header' must be..."},
    {RULE("{ missing_header = { Date = true; }; }"), "1: error: 'missing_header' must be..."},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static const char TREE[] =
    RULE("{\n"
         "sender = \"a\";\n"
         "header = { Subject = \"b\"; From = [ \"c\", \"d\" ]; };\n"
         "raw_header = ( { name = \"X.Foo\"; value = \"e\"; } );\n"
         "missing_header = [ \"Date\", \"Message-ID\" ];\n"
         "any = ( { helo = \"f\"; }, { not = { client = \"10.0.0.0/8\"; size = 5; }; } );\n"
         "not = { helo = \"g\"; }; }");

static void tree(void **state)
{
    const struct condition *when, *c;
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, TREE);
    when = load.config->policies[0].rule_items[0].when;
    assert_int_equal(when->kind, CONDITION_ALL);
    assert_int_equal(when->child_count, 6);
    c = &when->children[0];
    assert_int_equal(c->kind, CONDITION_FIELD);
    assert_int_equal(c->field, FIELD_SENDER);
    assert_int_equal(c->place.line, 2);
    c = &when->children[1];
    assert_int_equal(c->kind, CONDITION_ALL);
    assert_int_equal(c->child_count, 2);
    assert_int_equal(c->children[0].field, FIELD_HEADER);
    assert_string_equal(c->children[0].name.ptr, "Subject");
    assert_string_equal(c->children[1].name.ptr, "From");
    assert_int_equal(c->children[1].matcher_count, 2);
    c = &when->children[2];
    assert_int_equal(c->children[0].field, FIELD_RAW_HEADER);
    assert_string_equal(c->children[0].name.ptr, "X.Foo");
    assert_string_equal(c->children[0].matchers[0].text.ptr, "e");
    c = &when->children[3];
    assert_int_equal(c->kind, CONDITION_ANY);
    assert_int_equal(c->child_count, 2);
    assert_int_equal(c->children[1].field, FIELD_MISSING_HEADER);
    assert_string_equal(c->children[1].name.ptr, "Message-ID");
    assert_int_equal(c->children[1].matcher_count, 0);
    c = &when->children[4];
    assert_int_equal(c->kind, CONDITION_ANY);
    assert_int_equal(c->children[0].kind, CONDITION_ALL);
    assert_int_equal(c->children[0].children[0].field, FIELD_HELO);
    c = &c->children[1].children[0];
    assert_int_equal(c->kind, CONDITION_NOT);
    assert_int_equal(c->child_count, 1);
    assert_int_equal(c->children[0].kind, CONDITION_ALL);
    assert_int_equal(c->children[0].child_count, 2);
    c = &when->children[5];
    assert_int_equal(c->kind, CONDITION_NOT);
    assert_int_equal(c->children[0].child_count, 1);
    load_end(&load);
}

/* ${levels} of not = { ... } around one field. */
static void nested(struct bytes *text, size_t levels)
{
    bytes_init(text, 65536);
    bytes_append(text, SLICE("rules = ( { when = { "));
    for (size_t i = 0; i < levels; i++)
        bytes_append(text, SLICE("not = { "));
    bytes_append(text, SLICE("sender = \"a\"; "));
    for (size_t i = 0; i < levels; i++)
        bytes_append(text, SLICE("}; "));
    bytes_append(text, SLICE("}; then = { tag = \"t\"; }; } );\0"));
    assert_false(text->failed);
}

static void depth(void **state)
{
    static const struct {
        size_t levels;
        bool good;
    } LEVELS[] = {{RULE_DEPTH_MAX - 1, true}, {RULE_DEPTH_MAX + 1, false}, {900, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(LEVELS) / sizeof(*LEVELS); i++) {
        struct bytes text;
        struct load load;

        nested(&text, LEVELS[i].levels);
        load_begin(&load);
        load_text(&load, text.data);
        assert_int_equal(load.config != NULL, LEVELS[i].good);
        if (!LEVELS[i].good)
            assert_string_equal(load.problems.data,
                                "postern.conf:1: error: conditions nest deeper than 32 groups\n");
        load_end(&load);
        bytes_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(tree),
                                       cmocka_unit_test(depth)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
