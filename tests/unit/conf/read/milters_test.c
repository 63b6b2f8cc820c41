#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/milter_conf.h"
#include "conf/policy.h"
#include "filters/base/address.h"
#include "filters/event.h"
#include "filters/rules/ruleset.h"
#include "tests/unit/conf/read/load.h"
#include "tests/unit/heap.h"

#define AT "address = \"inet:8891@127.0.0.1\";"
#define WHERE                                                                                      \
    "1: error: 'address' must be a milter's address such as \"inet:8891@127.0.0.1\", "             \
    "\"inet:127.0.0.1:8891\", \"inet6:8891@::1\" or \"unix:/path\"..."

static const struct load_row ROWS[] = {
    {"milters = ( );", ""},
    {"milters = 5;", "1: error: 'milters' must be a list of groups ( { ... }, ... ), not 5"},
    {"milters = ( 5 );", "1: error: 'milters' must be a group { ... }, not 5"},
    {"milters = ( { } );",
     "1: error: a milter needs an 'address', such as \"inet:8891@127.0.0.1\""},
    {"milters = ( { adress = \"x\"; " AT " } );",
     "1: error: unknown setting 'adress' in milters; did you mean 'address'?"},
    {"milters = ( { address = \"mail.test:8891\"; } );", WHERE},
    {"milters = ( { address = \"inet:127.0.0.1\"; } );", WHERE},
    {"milters = ( { address = \"inet:0@127.0.0.1\"; } );", WHERE},
    {"milters = ( { address = \"inet:65536@127.0.0.1\"; } );", WHERE},
    {"milters = ( { address = \"inet:88x@127.0.0.1\"; } );", WHERE},
    {"milters = ( { address = \"inet:@127.0.0.1\"; } );", WHERE},
    {"milters = ( { address = \"inet:8891@mail.test\"; } );", WHERE},
    {"milters = ( { address = \"unix:\"; } );", "1: error: 'address' must be..."},
    {"milters = ( { address = 5; } );", WHERE},
    {"milters = ( { " AT " on_failure = \"accept\"; } );",
     "1: error: 'on_failure' must be one of \"tempfail\", \"reject\", \"continue\", "
     "\"quarantine\", \"shutdown\", not \"accept\""},
    {"milters = ( { " AT " may = [ \"header\" ]; } );",
     "1: error: 'may' must be a list of \"headers\", \"body\", \"sender\", \"recipients\", "
     "\"quarantine\", not \"header\""},
    {"milters = ( { " AT " may = 5; } );", "1: error: 'may' must be..."},
    {"milters = ( { " AT " may = [ ]; } );", ""},
    {"milters = ( { " AT " macros = \"exim\"; } );",
     "1: error: 'macros' must be one of \"postfix\", \"sendmail\", not \"exim\""},
    {"milters = ( { " AT " header_index = \"none\"; } );",
     "1: error: 'header_index' must be one of \"postfix\", \"sendmail\", not \"none\""},
    {"milters = ( { " AT " connect_timeout = \"0s\"; } );",
     "1: error: 'connect_timeout' must be a time..."},
    {"milters = ( { " AT " content_timeout = \"2h\"; } );",
     "1: error: 'content_timeout' must be a time..."},
    {"milters = ( { " AT " },\n { " AT " } );",
     "2: error: milter 'inet:8891@127.0.0.1' is already there in line 1: give each its own "
     "'name'"},
    {"milters = ( { " AT " when = { header = { Subject = \"x\"; }; }; } );",
     "1: error: the 'when' of milter 'inet:8891@127.0.0.1' cannot name 'header': it must be "
     "decided before the header comes"},
    {"milters = ( { name = \"m\"; " AT " when = { any = ( { sender = \"x\"; },\n"
     " { not = { size = \"> 1M\"; }; } ); }; } );",
     "2: error: the 'when' of milter 'm' cannot name 'size'..."},
    {"milters = ( { name = \"m\"; " AT " when = { attachment = \"x\"; }; } );",
     "1: error: the 'when' of milter 'm' cannot name 'attachment'..."},
    {"milters = ( { name = \"m\"; " AT " when = { tag = \"x\"; }; } );",
     "1: error: the 'when' of milter 'm' cannot name 'tag'..."},
    {"milters = ( { " AT " when = { sendr = \"x\"; }; } );",
     "1: error: a condition knows no field 'sendr'..."},
    {"milters = ( { " AT " when = 5; } );", "1: error: 'when' must be a group of conditions..."},
    {"milters = ( { " AT " when = { sender = \"@nobody\"; }; } );", "1: error: ..."},
    {"policies = { p = { milters = ( { } ); }; };", "1: error: a milter needs an 'address'..."},
};

static void rows(void **state)
{
    (void)state;
    LOAD_ROWS(ROWS);
}

static const char WHOLE[] =
    "on_failure = { milter = \"reject\"; };\n"
    "milters = ( { " AT " },\n"
    "  { name = \"b\"; address = \"inet:127.0.0.2:90\"; on_failure = \"shutdown\";\n"
    "    may = [ \"headers\", \"quarantine\" ]; macros = \"sendmail\"; header_index = "
    "\"sendmail\";\n"
    "    connect_timeout = \"1s\"; command_timeout = \"500ms\"; content_timeout = \"1h\";\n"
    "    when = { recipient_domain = \"example.org\"; }; },\n"
    "  { address = \"inet6:91@::1\"; may = [ ]; }, { address = \"inet6:[::1]:92\"; },\n"
    "  { address = \"local:/run/m\"; }, { address = \"unix:/run/n\"; },\n"
    "  { address = \"inet:93@localhost\"; } );\n"
    "policies = { p = { milters = ( { " AT " on_failure = \"continue\"; } ); }; };\n";

static void values(void **state)
{
    const struct milter_conf *m;
    const struct policy *policy;
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, WHOLE);
    policy = &load.config->policies[0];
    m = policy->milters;
    assert_int_equal(policy->milter_count, 7);
    assert_string_equal(m[0].name.ptr, "inet:8891@127.0.0.1");
    assert_int_equal(m[0].endpoint.address.port, 8891);
    assert_int_equal(m[0].endpoint.address.family, ADDRESS_V4);
    assert_int_equal(m[0].on_failure, MILTER_FAILURE_REJECT);
    assert_int_equal(m[0].may, MILTER_MAY_ALL);
    assert_int_equal(m[0].macros, MILTER_STYLE_POSTFIX);
    assert_int_equal(m[0].header_index, MILTER_STYLE_POSTFIX);
    assert_int_equal(m[0].connect_timeout_ms, 30000);
    assert_int_equal(m[0].command_timeout_ms, 30000);
    assert_int_equal(m[0].content_timeout_ms, 300000);
    assert_null(m[0].when);
    assert_string_equal(m[1].name.ptr, "b");
    assert_int_equal(m[1].endpoint.address.bytes[3], 2);
    assert_int_equal(m[1].endpoint.address.port, 90);
    assert_int_equal(m[1].on_failure, MILTER_FAILURE_SHUTDOWN);
    assert_int_equal(m[1].may, MILTER_MAY_HEADERS | MILTER_MAY_QUARANTINE);
    assert_int_equal(m[1].macros, MILTER_STYLE_SENDMAIL);
    assert_int_equal(m[1].header_index, MILTER_STYLE_SENDMAIL);
    assert_int_equal(m[1].connect_timeout_ms, 1000);
    assert_int_equal(m[1].command_timeout_ms, 500);
    assert_int_equal(m[1].content_timeout_ms, 3600000);
    assert_non_null(m[1].when);
    assert_int_equal(m[2].may, 0);
    for (size_t i = 2; i < 4; i++)
        assert_int_equal(m[i].endpoint.address.family, ADDRESS_V6);
    assert_int_equal(m[3].endpoint.address.port, 92);
    assert_string_equal(m[4].endpoint.path.ptr, "/run/m");
    assert_string_equal(m[5].endpoint.path.ptr, "/run/n");
    assert_int_equal(m[6].endpoint.address.bytes[0], 127);
    assert_int_equal(ruleset_plan(m[1].when, 0).decided, STAGE_DATA);
    assert_int_equal(load.config->policies[1].milter_count, 1);
    assert_int_equal(load.config->policies[1].milters[0].on_failure, MILTER_FAILURE_CONTINUE);
    load_end(&load);
}

static void none(void **state)
{
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, "");
    assert_int_equal(load.config->policies[0].milter_count, 0);
    load_end(&load);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(values, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(values),
        cmocka_unit_test(none),
        cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
