/* libconfig joins strings: a comma forgotten would cost two entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define USED "; rules = ( { when = { helo = \"@a\"; }; then = { log = \"x\"; }; } );"

static const struct load_row JOINED[] = {
    {"lists = { a = [ \"x.test\"\n\"y.test\", \"z.test\" ]; }" USED,
     "2: warning: \"x.test\" and \"y.test\" stand side by side, and so are read as one text: is a "
     "',' missing between them?"},
    {"lists = { a = ( \"x.test\" /* and */ \"y.test\" ); }" USED,
     "1: warning: \"x.test\" and \"y.test\" stand side by side, and so are..."},
    {"lists = { a = [ \"x.\"\n\"y.\"\n\"z.test\", \"b.\" \"test\" ]; }" USED,
     "2: warning: \"x.\" and \"y.\" stand side by side, and so...\n"
     "3: warning: \"b.\" and \"test\" stand side by side, and so..."},
    {"hostname = \"gw.\" \"test\";",
     "1: warning: \"gw.\" and \"test\" stand side by side, and so are read as one text: several "
     "values are a list, [ \"...\", \"...\" ]"},
    {"lists = { a = [ \"x\ny\"\n\"z\" ]; }" USED, "3: warning: \"x\\x0Ay\" and \"z\" stand..."},
    {"hostname = \"gw.\"\n\"test\";", ""},
    {"lists = { a = [ \"x.test\" ]; }; rules = ( { when = { helo = \"@a\"; }; then = { reject = "
     "\"No, \"\n  \"never\"; }; } );",
     ""},
};

static void joined(void **state)
{
    (void)state;
    LOAD_ROWS(JOINED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(joined)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
