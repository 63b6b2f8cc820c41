#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define RULE(when)     "rules = ( { name = \"r\"; when = { " when " }; then = { log = \"x\"; }; } );"
#define LISTS(lists)   "lists = {\n" lists "\n};\n"
#define E(field, text) "list 'l': '" field "' is never \"" text "\": it is "

static const struct load_row ROWS[] = {
    {LISTS("l = [ \"a.test\" ];") RULE("client = \"@l\";"),
     "4: warning: rule 'r': 'client' is never in the list 'l': it is an IP address, and no entry "
     "is one (\"a.test\" is a "
     "name); ask for 'client_name', or write a range such as \"192.0.2.0/24\""},
    {LISTS("l = [ \"10.0.0.0/8\" ];") RULE("sender = { not = \"@l\"; };"),
     "4: warning: rule 'r': 'sender' is never in the list 'l': it is a mail address, and no entry "
     "is one (\"10.0.0.0/8\" is a "
     "range of IP addresses); ask for 'client'"},
    {LISTS("l = [ \"a@b.test\", \"b@c.test\" ];") RULE("sender_domain = \"@l\";"),
     "4: warning: rule 'r': 'sender_domain' is never in the list 'l': it is a domain, and no entry "
     "is one (\"a@b.test\" is a "
     "mail address); write what follows the \"@\", or ask for the whole address"},
    {LISTS("l = [ \"b.test\",\n\"a@b.test\" ];") RULE("sender_domain = \"@l\";"),
     "3: warning: " E(
         "sender_domain",
         "a@b.test") "a domain, not a mail address; write what follows the \"@\", or ask for the "
                     "whole address"},
    /* what it is compared with anywhere is good */
    {LISTS("l = [ \"b.test\", \"a@b.test\", \"10.0.0.1\" ];")
         RULE("sender_domain = \"@l\"; sender = \"@l\";"),
     ""},
    {LISTS("l = [ \"b.test\", \"10.0.0.0/8\" ];")
         RULE("helo = \"@l\"; client = { not = \"@l\"; };"),
     ""},
    {LISTS("l = [ \"a, b\", \"<x>\", \"http://x\", \"user@\", \"x.\" ];")
         RULE("header = { Subject = \"@l\"; };"),
     ""},
    {LISTS("l = [ \"x.test.\", \"[192.0.2.1]\", \"x_y\", \"*\", \"/x/\", \"unknown\" ];")
         RULE("helo = \"@l\";"),
     ""},
    {LISTS("l = [ \"a@b.test\", \"b.test\", \"*.b.test\", \"*@b.test\", \"root\", \"a+b\", "
           "\"müller.test\", \"/x/\" ];") RULE("sender = \"@l\";"),
     ""},
    {LISTS("l = [ ];") RULE("client = \"@l\";"), ""}, /* to be filled */
    /* lists that nobody uses */
    {LISTS("l = [ \"a\" ];\nm = [ \"b\" ];") RULE("sender = \"@l\";"),
     "3: warning: list 'm' is used by nobody: name it in a rule as \"@m\", or leave it out"},
    {LISTS("l = [ \"<a@b>\" ];") "rules = ( { mode = \"off\"; when = { not = { sender = { not = "
                                 "\"@l\"; }; }; }; } );",
     ""},
    {LISTS(
         "l = [ \"a\" ];") "milters = ( { address = \"unix:/m\"; when = { sender = \"@l\"; }; } );",
     ""},
    {LISTS("l = [ \"a\" ];"), ""}, /* a part of something */
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static const char FILE_TEXT[] = "\xEF\xBB\xBFgood.test\n"
                                "# a comment\n"
                                "\"evil.test\" in quotes\n"
                                "<a@b>\n"
                                "a,b\n"
                                "http://x\r\n"
                                "evil.test.\n"
                                "mx.test:25\n"
                                "user@\n"
                                "m\xFCller.test\n"
                                "'a.test'\n";

#define WHERE(line) "bad.list:" line ": warning: "

/* In the file's lines, and not too many. */
static const struct load_row FROM_FILE = {
    LISTS("l = { file = \"bad.list\"; };") RULE("sender = \"@l\";"),
    WHERE("3") E(
        "sender",
        "\"evil.test\"") "a mail address, not one in quotes of its own; leave the inner quotes "
                         "out\n" WHERE("4") E(
                             "sender",
                             "<a@b>") "a mail address, not one in angle brackets; ...\n" WHERE("5")
                             E("sender",
                               "a,b") "a mail address, not several in one text; ...\n" WHERE("6")
                                 E("sender",
                                   "http://x") "a mail address, not a URL; write the host or "
                                               "the address alone\n" WHERE("7")
                                                   E("sender", "evil.test.") "a mail address, "
                                                                             "not one that "
                                                                             "ends in a dot; "
                                                                             "leave...\n" WHERE(
                                                                                 "7") "list "
                                                                                      "'l': "
                                                                                      "and 4 "
                                                                                      "more "
                                                                                      "entries "
                                                                                      "that "
                                                                                      "never "
                                                                                      "match"
                                                                                      "\n"};

static void files(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_file(&load, "bad.list", FILE_TEXT);
    load_text(&load, FROM_FILE.text);
    load_judge(&load, &FROM_FILE);
    load_end(&load);
}

/* More of one shape than are kept. */
static void many(void **state)
{
    char text[64 * 100] = "";
    struct load load;

    (void)state;
    for (int i = 0; i < 100; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "<a%d@b>\n", i);
    load_begin(&load);
    load_file(&load, "bad.list", text);
    load_text(&load,
              LISTS("l = ( \"good.test\", { file = \"bad.list\"; } );") RULE("sender = \"@l\";"));
    assert_int_equal(load.diag.warnings, 6);
    assert_non_null(
        strstr(load.problems.data,
               "bad.list:5: warning: list 'l': and 95 more entries that never match\n"));
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(files),
        cmocka_unit_test(many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
