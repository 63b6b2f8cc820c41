#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define LISTENER  "listeners = ( { address = \"127.0.0.1:1\"; } );\n"
#define END(name) "{ name = \"" name "\"; then = { accept = true; }; }"
#define LOG(name) "{ name = \"" name "\"; then = { log = \"x\"; }; }"
#define WRONG     "when = { sender = \"<a@b>\"; };"

static const struct load_row POLICIES[] = {
    {LISTENER "policies = { p = { };\n q = { }; };",
     "2: warning: policy 'p' is used by nobody: name it in a listener, policy = \"p\", or leave it "
     "out\n"
     "3: warning: policy 'q' is used by nobody: ..."},
    {"listeners = ( { address = \"127.0.0.1:1\"; policy = \"p\"; } ); policies = { p = { }; };",
     ""},
    {"listeners = ( { address = \"127.0.0.1:1\"; policy = \"p\"; } ); policies = { p = { }; "
     "};\nrules = ( " LOG("a") " );",
     "2: warning: policy 'default' is used by nobody: ..."},
    {"milter = { address = \"inet:8899@127.0.0.1\"; policy = \"p\"; }; policies = { p = { }; };",
     ""},
    {"policies = { p = { }; };", ""}, /* a part of something */
};

static const struct load_row RULES[] = {
    {"rules = ( " LOG("a") ", " END("b") ",\n " LOG("c") " );",
     "2: warning: rule 'c' is never reached: rule 'b' above it always ends the list"},
    {"rules = ( " END("b") ",\n " LOG("c") ", " LOG("d") ", " LOG("e") " );",
     "2: warning: rule 'c' and 2 more below it are never reached: rule 'b' above it always ends "
     "the list"},
    {"rules = ( " END("b") " );\nfinal_rules = ( " LOG("c") " );",
     "2: warning: the final rules of policy 'default' are never reached: rule 'b' always ends the "
     "rules before; give it a "
     "condition, or leave them out"},
    {"rules = ( { name = \"r\"; then = { redirect = \"a@b.test\"; }; } );\n"
     "final_rules = ( " LOG("c") " );",
     ""},
    {"rules = ( " LOG("a") " );\nfinal_rules = ( " END("b") ",\n " LOG("c") " );",
     "3: warning: rule 'c' is never reached: ..."},
    {"rules = ( { name = \"s\"; mode = \"shadow\"; then = { accept = true; }; }, " LOG("c") " );",
     ""},
    {"rules = ( { name = \"s\"; mode = \"off\"; then = { accept = true; }; }, " LOG("c") " );", ""},
    {"rules = ( " END("b") ", { name = \"c\"; mode = \"off\"; then = { log = \"x\"; }; } );", ""},
    {"rules = ( " END("b") ",\n { name = \"c\"; mode = \"shadow\"; then = { log = \"x\"; }; } );",
     "2: warning: rule 'c' is never reached: ..."},
    {"rules = ( { name = \"b\"; when = { recipient = \"*\"; }; then = { accept = true; }; "
     "},\n " LOG("c") " );",
     "2: warning: rule 'c' is never reached: ..."},
    {"rules = ( { name = \"b\"; when = { any = ( { helo = \"x\"; }, { sender = [ \"*\", \"a\" ]; } "
     "); }; then = { discard = "
     "true; }; },\n " LOG("c") " );",
     "2: warning: rule 'c' is never reached: ..."},
    {"rules = ( { name = \"b\"; when = { helo = \"*\"; }; then = { accept = true; }; }, " LOG(
         "c") " );",
     ""},
    {"rules = ( { name = \"b\"; when = { not = { sender = \"*\"; }; }; then = { accept = true; }; "
     "}, " LOG("c") " );",
     ""},
    /* a refusal below may still come sooner */
    {"rules = ( { name = \"b\"; when = { sender = \"*\"; }; then = { reject = \"550 No\"; }; }, "
     "{ name = \"c\"; when = { helo = \"x\"; }; then = { reject = \"550 No\"; }; } );",
     ""},
};

/* Who is told of. */
static const struct load_row PLACES[] = {
    {"final_rules = ( { name = \"f\"; " WRONG " then = { log = \"x\"; }; } );",
     "1: warning: rule 'f': 'sender' is never..."},
    {"milters = ( { name = \"m\"; address = \"unix:/m\"; " WRONG " } );",
     "1: warning: milter 'm': 'sender' is never..."},
    {"policies = { p = { rules = ( { " WRONG " then = { log = \"x\"; }; } ); }; };",
     "1: warning: rule 'rule-1': 'sender' is never..."},
    {"rules = ( { mode = \"shadow\"; " WRONG " then = { log = \"x\"; }; } );",
     "1: warning: rule 'rule-1': 'sender' is..."},
    {"rules = ( { mode = \"off\"; " WRONG " then = { log = \"x\"; }; } );", ""},
    /* where something is wrong anyway, the rest may be missing */
    {"rules = ( { " WRONG " then = { log = 5; }; } );", "1: error: 'log' must be..."},
};

static void policies(void **state)
{
    (void)state;
    LOAD_ROWS(POLICIES);
}

static void rules(void **state)
{
    (void)state;
    LOAD_ROWS(RULES);
}

static void places(void **state)
{
    (void)state;
    LOAD_ROWS(PLACES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies),
        cmocka_unit_test(rules),
        cmocka_unit_test(places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
