/* Rules that choose the upstream: names that there are, listeners whose messages can be routed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/conf/read/load.h"

#define UPSTREAMS                                                                                  \
    "upstreams = ( { name = \"mta\"; address = \"10.0.0.1:1\"; identify = \"xclient\"; }, "        \
    "{ name = \"lists\"; address = \"10.0.0.1:2\"; identify = \"xclient\"; } );\n"
#define RULE(mode, name)                                                                           \
    "rules = ( { name = \"r\"; mode = \"" mode "\"; then = { upstream = \"" name "\"; }; } );"

static const struct load_row ROWS[] = {
    {UPSTREAMS RULE("enforce", "lists"), ""},
    {UPSTREAMS RULE("off", "list"), "2: error: there is no upstream 'list'; did you mean 'lists'?"},
    {UPSTREAMS "rules = ( { then = { upstream = 5; }; } );",
     "2: error: 'upstream' must be the name of an upstream, not 5"},
    {UPSTREAMS RULE("enforce", "lists") "\nlisteners = ( { address = \"[::]:1\"; name = \"in\"; "
                                        "transparent = \"redirect\"; } );",
     "1: warning: the 'address' of upstream 'mta' is never...\n"
     "2: error: rule 'r' chooses the upstream, but listener 'in' is transparent: its clients have "
     "chosen where they go; give it a policy of its own"},
    {UPSTREAMS RULE("shadow", "lists") "\nlisteners = ( { address = \"[::]:1\"; name = \"in\"; "
                                       "transparent = \"redirect\"; } );",
     "1: warning: the 'address' of upstream 'mta' is never..."},
    {UPSTREAMS "final_rules = ( { name = \"r\"; then = { upstream = \"lists\"; }; } );"
               "\nlisteners = ( { address = \"[::]:1\"; name = \"in\"; tls = { mode = "
               "\"passthrough\"; }; } );",
     "3: warning: listener 'in': mail that comes inside TLS is not judged...\n"
     "2: error: rule 'r' chooses the upstream, but listener 'in' has tls.mode = \"passthrough\": "
     "its clients speak TLS with its own upstream; give it a policy of its own"},
};

static const struct load_row HERE[] = {
    {"listeners = ( { address = \"[::]:9\"; } );\n"
     "upstreams = ( { address = \"10.0.0.1:1\"; identify = \"xclient\"; }, "
     "{ name = \"lists\"; address = \"127.0.0.1:9\"; identify = \"xclient\"; } );\n" RULE("enforce",
                                                                                          "lists"),
     "3: error: rule 'r' would send mail to this very gateway: upstream 'lists' is "
     "\"127.0.0.1:9\""},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
    LOAD_ROWS(HERE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
