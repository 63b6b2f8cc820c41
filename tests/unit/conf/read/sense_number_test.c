#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define RULE(when)                                                                                 \
    "limits = { message = \"50M\"; recipients = 100; }; "                                          \
    "rules = ( { name = \"r\"; when = { " when " }; then = { log = \"x\"; }; } );"

static const struct load_row NEVER[] = {
    {RULE("size = \"> 50M\";"), "1: warning: rule 'r': 'size' never holds: it is at most "
                                "'limits.message', from 0 to 52428800"},
    {RULE("size = \"< 0\";"), "1: warning: rule 'r': 'size' never holds: it is at most..."},
    {RULE("size = -1;"), "1: warning: rule 'r': 'size' never holds: it is at most..."},
    {RULE("size = { not = \">= 0\"; };"),
     "1: warning: rule 'r': 'size' never holds: it is at most..."},
    {RULE("client_port = 70000;"),
     "1: warning: rule 'r': 'client_port' never holds: it is a port, from 0 to 65535"},
    {RULE("recipient_count = 0;"), "1: warning: rule 'r': 'recipient_count' never holds: it is at "
                                   "least 1 and at most 'limits.recipients', from 1 to 100"},
    {RULE("recipient_count = \"> 100\";"),
     "1: warning: rule 'r': 'recipient_count' never holds: ..."},
    {RULE("recipient_count = 2.5;"), "1: warning: rule 'r': 'recipient_count' never holds: ..."},
    {RULE("hops = \"< 0\";"),
     "1: warning: rule 'r': 'hops' never holds: it is at most 'limits.header_fields', from 0 to "
     "2000"},
    {RULE("hops = \"> 2000\";"), "1: warning: rule 'r': 'hops' never holds: it is at most..."},
    {RULE("hops = 1.5e300;"), "1: warning: rule 'r': 'hops' never holds: it is at most..."},
};

static const struct load_row ALWAYS[] = {
    {RULE("size = [ \"> 1M\", \"< 5M\" ];"),
     "1: warning: rule 'r': 'size' always holds: one of the list is enough, and one is always "
     "true; for both at once write the second in a group of its own, not = { size = ...; }"},
    {RULE("hops = ( 5, { not = 5; } );"), "1: warning: rule 'r': 'hops' always holds: ..."},
    {RULE("recipient_count = ( 1, \"> 1\" );"),
     "1: warning: rule 'r': 'recipient_count' always holds: ..."},
};

static const struct load_row GOOD[] = {
    {RULE("hops = { not = [ \"<= 5\", \">= 7\" ]; };"), ""},
    {RULE("hops = { not = [ \"< 5\", \">= 6\" ]; };"), ""},
    {RULE("size = \"> 49M\";"), ""},
    {RULE("size = \">= 50M\";"), ""},
    {RULE("size = 0;"), ""},
    {RULE("size = [ \"< 1M\", \"> 5M\" ];"), ""},
    {RULE("hops = ( \"> 30\", 5 );"), ""},
    {RULE("client_port = \"< 1024\";"), ""},
    {RULE("recipient_count = 1;"), ""},
    {RULE("recipient_count = 100;"), ""},
    {RULE("hops = \"> 1000\";"), ""},
    {RULE("size = { not = 5; };"), ""},
    {RULE("recipient_count = \"> 2.5\";"), ""},
    {RULE("hops = \">= 0\";"), ""},
    {RULE("hops = 0;"), ""},
};

static void never(void **state)
{
    (void)state;
    LOAD_ROWS(NEVER);
}

static void always(void **state)
{
    (void)state;
    LOAD_ROWS(ALWAYS);
}

static void good(void **state)
{
    (void)state;
    LOAD_ROWS(GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never),
        cmocka_unit_test(always),
        cmocka_unit_test(good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
