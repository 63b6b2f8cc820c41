#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define RULE(when)                                                                                 \
    "limits = { message = \"50M\"; recipients = 100; }; "                                          \
    "rules = ( { name = \"r\"; when = { " when " }; then = { log = \"x\"; }; } );"

static const struct load_row CONTRADICTIONS[] = {
    {RULE("size = \"> 5M\"; not = { size = \"> 1M\"; };"),
     "1: warning: rule 'r': its 'when' never holds: what it asks of 'size' cannot be true at once"},
    {RULE("size = \"> 5M\"; any = ( { size = \"< 1M\"; }, { size = 1; } );"),
     "1: warning: rule 'r': its 'when' never holds: what it asks of 'size' cannot be true at once"},
    {RULE("size = { not = \"> 5M\"; }; any = ( { size = \"> 5M\"; } );"),
     "1: warning: rule 'r': its 'when' never holds: what it asks of 'size' cannot be true at once"},
    {RULE("tls = true; not = { tls = true; };"),
     "1: warning: rule 'r': its 'when' never holds: what it asks of 'tls' cannot be true at once"},
    {RULE("tls = true; any = ( { tls = false; sender = \"a@b\"; } );"),
     "1: warning: rule 'r': its 'when' never holds: what it asks of 'tls' cannot be true at once"},
    {RULE("sender = \"a@b\"; any = ( { sender = \"c@d\"; } );"),
     "1: warning: rule 'r': its 'when' never holds: what it asks of 'sender' cannot be true at "
     "once"},
    {RULE("helo = [ \"a\", \"b\" ]; not = { helo = [ \"a\", \"b\", \"c\" ]; };"),
     "1: warning: rule 'r': its 'when' never holds: what it asks of 'helo' cannot be true at once"},
    {RULE("auth = \"bob\"; not = { auth = \"*\"; };"),
     "1: warning: rule 'r': its 'when' never holds: what it asks of 'auth' cannot be true at once"},
    {RULE(
         "any = ( { hops = 1; not = { hops = \"< 5\"; }; }, { hops = 2; not = { hops = 2; }; } );"),
     "1: warning: rule 'r': its 'when' never holds: what it asks of 'hops' cannot be true at once"},
};

static const struct load_row EMPTY[] = {
    {RULE("not = { };"), "1: warning: rule 'r': its 'when' never holds: an empty group { } always "
                         "does, and stands in a 'not'"},
    {RULE("sender = \"a@b\"; not = { };"),
     "1: warning: rule 'r': its 'when' never holds: an empty group..."},
    {RULE("any = ( { } );"), "1: warning: rule 'r': its 'when' always holds, for an empty group { "
                             "} does; leave 'when' out if that is meant"},
    {RULE("any = ( { sender = \"a@b\"; }, { } );"),
     "1: warning: rule 'r': its 'when' always holds, for..."},
};

static const struct load_row GOOD[] = {
    {RULE("helo = \"a*\"; any = ( { helo = \"*b\"; } );"), ""},
    {RULE("size = \"> 5\"; not = { size = \"> 6\"; };"), ""},
    {RULE("size = \"> 1M\"; not = { size = \"> 5M\"; };"), ""},
    {RULE("any = ( { size = \"> 5M\"; }, { size = \"< 1M\"; } );"), ""},
    {RULE("sender = \"a@b\"; any = ( { sender = \"A@B\"; }, { helo = \"x\"; } );"), ""},
    {RULE("sender = \"b.test\"; any = ( { sender = \"a@b.test\"; } );"), ""},
    {RULE("sender = \"a*\"; any = ( { sender = \"*b\"; } );"), ""},
    {RULE("sender = \"/a/\"; not = { sender = \"/ab/\"; };"), ""},
    {RULE("recipient = \"a@b\"; any = ( { recipient = \"c@d\"; } );"), ""},
    {RULE("header = { Subject = \"a\"; }; any = ( { header = { Subject = \"b\"; }; } );"), ""},
    {RULE("not = { auth = \"bob\"; }; any = ( { not = { auth = \"ann\"; }; } );"), ""},
    {RULE("tls = false; not = { tls_version = \"1.3\"; };"), ""},
    {RULE(""), ""},
    {RULE("sender = \"a@b\"; not = { sender = \"c@d\"; };"), ""},
};

static void contradictions(void **state)
{
    (void)state;
    LOAD_ROWS(CONTRADICTIONS);
}

static void empty(void **state)
{
    (void)state;
    LOAD_ROWS(EMPTY);
}

static void good(void **state)
{
    (void)state;
    LOAD_ROWS(GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contradictions),
        cmocka_unit_test(empty),
        cmocka_unit_test(good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
