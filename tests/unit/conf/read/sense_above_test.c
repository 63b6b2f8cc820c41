#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define RULES(text) "rules = (\n" text ");"

static const struct load_row TAGS[] = {
    {RULES("{ name = \"a\"; when = { sender = \"a@b\"; }; then = { tag = \"bulk\"; }; },\n"
           "{ name = \"b\"; when = { tag = \"bulc\"; }; then = { log = \"x\"; }; }"),
     "3: warning: rule 'b': no rule above sets the tag \"bulc\"; did you mean 'bulk'?"},
    {RULES("{ name = \"a\"; when = { tag = \"x\"; }; then = { log = \"x\"; }; },\n"
           "{ name = \"b\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; }; }"),
     "2: warning: rule 'a': no rule above sets the tag \"x\": rule 'b' does, but stands below, and "
     "must stand above"},
    {RULES("{ name = \"a\"; mode = \"off\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; }; "
           "},\n"
           "{ name = \"b\"; when = { tag = \"x\"; }; then = { log = \"x\"; }; }"),
     "3: warning: rule 'b': no rule above sets the tag \"x\": rule 'a' does, but is off"},
    {RULES("{ name = \"a\"; mode = \"shadow\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; "
           "}; },\n"
           "{ name = \"b\"; when = { tag = \"x\"; }; then = { log = \"x\"; }; }"),
     "3: warning: rule 'b': no rule above sets the tag \"x\": rule 'a' does, but is a shadow, seen "
     "by shadow rules only"},
    {RULES(
         "{ name = \"a\"; mode = \"shadow\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; "
         "}; },\n"
         "{ name = \"b\"; mode = \"shadow\"; when = { tag = \"x\"; }; then = { log = \"x\"; }; }"),
     ""},
    {RULES("{ name = \"a\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; }; },\n"
           "{ name = \"b\"; when = { tag = [ \"x\", \"y\" ]; }; then = { log = \"x\"; }; }"),
     "3: warning: rule 'b': no rule above sets the tag \"y\"; did you..."},
    {RULES("{ name = \"a\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; }; },\n"
           "{ name = \"b\"; when = { not = { tag = \"y\"; }; }; then = { log = \"x\"; }; }"),
     "3: warning: rule 'b': no rule above sets the tag \"y\"; did you..."},
    {RULES("{ name = \"a\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; }; },\n"
           "{ name = \"b\"; when = { tag = { not = \"y\"; }; }; then = { log = \"x\"; }; }"),
     "3: warning: rule 'b': no rule above sets the tag \"y\"; did you..."},
    {RULES("{ name = \"a\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; }; },\n"
           "{ name = \"b\"; when = { tag = \"X\"; }; then = { log = \"x\"; }; },\n"
           "{ name = \"c\"; when = { tag = [ \"?\", \"/./\" ]; }; then = { log = \"x\"; }; }"),
     ""},
    {RULES("{ name = \"b\"; when = { tag = \"/./\"; }; then = { log = \"x\"; }; }"),
     "2: warning: rule 'b': no rule above sets any tag"},
    {RULES("{ name = \"b\"; when = { tag = \"x\"; }; then = { log = \"x\"; }; }"),
     "2: warning: rule 'b': no rule above sets the tag \"x\""},
    {RULES("{ name = \"b\"; then = { tag = [ \"x\", \"y\" ]; }; },\n"
           "{ name = \"c\"; when = { tag = \"y\"; }; then = { log = \"x\"; }; }"),
     ""},
};

static const struct load_row SCORES[] = {
    {RULES("{ name = \"b\"; when = { score = \"> 0\"; }; then = { log = \"x\"; }; }"),
     "2: warning: rule 'b': 'score' never holds: no rule above gives a score; 'score' is what the "
     "rules above add up to"},
    {RULES("{ name = \"a\"; when = { sender = \"a@b\"; }; then = { score = 2; }; },\n"
           "{ name = \"b\"; when = { sender = \"a@b\"; }; then = { score = 1.5; }; },\n"
           "{ name = \"c\"; when = { score = \">= 3.5\"; }; then = { log = \"x\"; }; }"),
     ""},
    {RULES("{ name = \"a\"; when = { sender = \"a@b\"; }; then = { score = 2; }; },\n"
           "{ name = \"b\"; when = { sender = \"a@b\"; }; then = { score = -1; }; },\n"
           "{ name = \"c\"; when = { score = \"< -1\"; }; then = { log = \"x\"; }; }"),
     "4: warning: rule 'c': 'score' never holds: it is what the rules above add up to, from -1 to "
     "2"},
    {RULES("{ name = \"a\"; when = { sender = \"a@b\"; }; then = { score = 2; }; },\n"
           "{ name = \"b\"; when = { sender = \"a@b\"; }; then = { score = -1; }; },\n"
           "{ name = \"c\"; when = { score = \"<= -1\"; }; then = { log = \"x\"; }; }"),
     ""},
    {RULES(
         "{ name = \"a\"; mode = \"off\"; when = { sender = \"a@b\"; }; then = { score = 2; }; },\n"
         "{ name = \"c\"; when = { score = \"> 1\"; }; then = { log = \"x\"; }; }"),
     "3: warning: rule 'c': 'score' never holds: no rule above..."},
    {RULES("{ name = \"a\"; mode = \"shadow\"; when = { sender = \"a@b\"; }; then = { score = 2; "
           "}; },\n"
           "{ name = \"c\"; when = { score = \"> 1\"; }; then = { log = \"x\"; }; }"),
     "3: warning: rule 'c': 'score' never holds: no rule above..."},
    {RULES("{ name = \"a\"; mode = \"shadow\"; when = { sender = \"a@b\"; }; then = { score = 2; "
           "}; },\n"
           "{ name = \"c\"; mode = \"shadow\"; when = { score = \"> 1\"; }; then = { log = \"x\"; "
           "}; }"),
     ""},
    {RULES("{ name = \"c\"; when = { score = 0; }; then = { log = \"x\"; }; }"), ""},
    {RULES("{ name = \"a\"; when = { sender = \"a@b\"; }; then = { score = 2; }; },\n"
           "{ name = \"b\"; when = { sender = \"a@b\"; }; then = { score = 1.5; }; },\n"
           "{ name = \"c\"; when = { score = \"> 3.5\"; }; then = { log = \"x\"; }; }"),
     "4: warning: rule 'c': 'score' never holds: it is what the rules above add up to, from 0 to "
     "3.5"},
};

/* Final rules go on where the rules have ended; policies have nothing in common. */
static const struct load_row FINALS[] = {
    {"rules = (\n"
     "{ name = \"a\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; score = 3; }; });\n"
     "final_rules = ({ name = \"b\"; when = { tag = \"x\"; score = \"> 2\"; }; then = { log = "
     "\"x\"; }; });",
     ""},
    {"rules = (\n"
     "{ name = \"a\"; when = { tag = \"x\"; }; then = { log = \"x\"; }; });\n"
     "final_rules = ({ name = \"b\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; }; });",
     "2: warning: rule 'a': no rule above sets the tag \"x\""},
    {"rules = (\n"
     "{ name = \"a\"; when = { sender = \"a@b\"; }; then = { tag = \"x\"; }; });\n"
     "policies = { p = { rules = ({ name = \"b\"; when = { tag = \"x\"; }; then = { log = \"x\"; "
     "}; }); }; };",
     "3: warning: rule 'b': no rule above sets the tag \"x\""},
};

static void tags(void **state)
{
    (void)state;
    LOAD_ROWS(TAGS);
}

static void scores(void **state)
{
    (void)state;
    LOAD_ROWS(SCORES);
}

static void finals(void **state)
{
    (void)state;
    LOAD_ROWS(FINALS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags),
        cmocka_unit_test(scores),
        cmocka_unit_test(finals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
