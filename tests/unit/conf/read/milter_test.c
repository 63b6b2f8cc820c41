/* The group `milter`, what `postern milter` needs, and what it warns of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/needs.h"
#include "conf/policy.h"
#include "filters/base/address.h"
#include "tests/unit/conf/read/load.h"

#define MILTER(settings) "milter = { address = \"inet:8899@127.0.0.1\"; " settings " };"
#define MODE                                                                                       \
    "1: error: 'mode' must be the rights of the socket as an octal text such as \"0660\", not "
#define RULE(then) "rules = ( { name = \"r\"; then = { " then " }; } );"

static const struct load_row ROWS[] = {
    {MILTER(""), ""},
    {"milter = { };", "1: error: 'milter' needs an 'address', such as \"inet:8899@127.0.0.1\""},
    {"milter = 5;", "1: error: 'milter' must be a group { ... }, not 5"},
    {MILTER("adress = \"x\";"),
     "1: error: unknown setting 'adress' in milter; did you mean 'address'?"},
    {MILTER("policy = \"defalt\";"),
     "1: error: there is no policy 'defalt'; did you mean 'default'?"},
    {MILTER("policy = 1;"), "1: error: 'policy' must be the name of a policy, not 1"},
    {MILTER("mode = \"0600\";"), ""},
    {MILTER("mode = \"777\";"), ""},
    {MILTER("mode = \"\";"), MODE "\"\""},
    {MILTER("mode = \"0680\";"), MODE "\"0680\""},
    {MILTER("mode = \"1777\";"), MODE "\"1777\""},
    {MILTER("mode = \"00660\";"), MODE "\"00660\""},
    {MILTER("mode = 660;"), MODE "660"},
    {MILTER("") RULE("delay = \"20s\";"), ""},
    {MILTER("") RULE("delay = \"21s\";"),
     "1: warning: rule 'r': as a milter a delay is cut to 20 s, for the MTA waits no longer"},
    {RULE("delay = \"21s\";"), ""},
    {MILTER("") RULE("disconnect = \"421 4.7.0 Bye\";"), ""},
    {MILTER("") RULE("disconnect = \"Bye\";"), ""},
    {MILTER("") RULE("disconnect = \"554 5.7.0 Bye\";"),
     "1: warning: rule 'r': as a milter only a 421 makes the MTA hang up; 554 is said and the "
     "connection stays"},
    {MILTER("") RULE("quarantine = \"Look\";"), ""},
    {MILTER("") RULE("archive = true;"),
     "1: error: rule 'r': a milter cannot archive: it does not learn whether a message is "
     "delivered"},
    {"upstreams = ( { name = \"b\"; address = \"127.0.0.1:1\"; } ); " MILTER("")
         RULE("upstream = \"b\";"),
     "1: error: rule 'r': a milter cannot choose the upstream: where a message goes is the MTA's "
     "to say"},
    {MILTER("") "rules = ( { name = \"r\"; mode = \"shadow\"; then = { archive = true; }; } );",
     ""},
    {MILTER("") "rules = ( { name = \"r\"; when = { recipient = \"a@b\"; }; then = { quarantine = "
                "\"Look\"; }; } );",
     "1: error: rule 'r': a milter cannot quarantine a message for one recipient and let it "
     "through for others..."},
    {MILTER("") "rules = ( { name = \"r\"; scope = \"message\"; when = { recipient = \"a@b\"; }; "
                "then = { quarantine = \"Look\"; }; } );",
     ""},
    {MILTER("") "rules = ( { name = \"r\"; mode = \"shadow\"; then = { delay = \"21s\"; }; } );",
     ""},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static void values(void **state)
{
    (void)state;
    struct load load;

    load_begin(&load);
    load_good(&load, "milter = { address = \"unix:s\"; policy = \"p\"; mode = \"0600\"; };"
                     "policies = { p = { rules = (); }; };");
    assert_true(load.config->milter.given);
    assert_int_equal(load.config->milter.mode, 0600);
    assert_int_equal(load.config->milter.endpoint.address.family, ADDRESS_UNIX);
    assert_true(slice_equal(load.config->milter.policy->name, SLICE("p")));
    load_good(&load, "milter = { address = \"unix:s\"; };");
    assert_int_equal(load.config->milter.mode, 0660);
    assert_true(slice_equal(load.config->milter.policy->name, SLICE("default")));
    load_good(&load, "");
    assert_false(load.config->milter.given);
    load_end(&load);
}

/* What the proxy only uses is passed over, with a note, and need not be whole. */
static void needs(void **state)
{
    (void)state;
    struct load load;

    load_begin(&load);
    load_again(&load, "workers = 1;", CONFIG_NEEDS_MILTER);
    assert_null(load.config);
    assert_non_null(strstr(load.problems.data, "it is not said where to listen"));
    load_again(&load,
               MILTER("") "\nlisteners = ( { address = \"127.0.0.1:25\"; } );\n"
                          "upstreams = ( { address = \"127.0.0.1:26\"; } );",
               CONFIG_NEEDS_MILTER);
    assert_non_null(load.config);
    assert_non_null(strstr(load.problems.data,
                           "2: note: 'listeners' is the proxy's: `postern milter` does not use"));
    assert_non_null(strstr(load.problems.data, "3: note: 'upstreams' is the proxy's"));
    load_again(&load, MILTER(""), CONFIG_NEEDS_PROXY);
    assert_null(load.config);
    load_end(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(values),
                                       cmocka_unit_test(needs)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
