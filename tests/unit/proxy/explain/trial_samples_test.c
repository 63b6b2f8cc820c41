#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "proxy/explain/trial.h"
#include "tests/unit/conf/read/load.h"
#include "tests/unit/heap.h"

/* The rules of which each row has one sample more, in the rule "sampled". */
#define POLICY(sample)                                                                             \
    "lists = { ours = [ \"example.org\" ]; };\n"                                                   \
    "rules = (\n"                                                                                  \
    "{ name = \"relay\"; when = { recipient_domain = { not = \"@ours\"; }; };\n"                   \
    "  then = { reject = \"550 5.7.1 Not our domain\"; }; },\n"                                    \
    "{ name = \"casino\"; when = { header = { Subject = \"/casino/i\"; }; };\n"                    \
    "  then = { reject = [ \"554 5.7.1 No casino\", \"Ask elsewhere\" ]; }; },\n"                  \
    "{ name = \"big\"; when = { size = \"> 1M\"; }; then = { tempfail = \"452 4.3.4 Big\"; }; "    \
    "},\n"                                                                                         \
    "{ name = \"inner\"; when = { client = \"10.0.0.0/8\"; listener = \"in\"; };\n"                \
    "  then = { accept = true; }; },\n"                                                            \
    "{ name = \"sampled\"; when = { helo = \"trap\"; }; then = { discard = true; };\n"             \
    "samples = ( { " sample " } ); } );"

#define LOGIN(sample)                                                                              \
    "rules = ( { when = { auth = \"bob\"; }; then = { reject = \"550 bob\"; };\n"                  \
    "samples = ( { " TO sample " } ); } );"

#define TO    "to = \"u@example.org\"; "
#define WRONG "11: error: a sample of rule 'sampled' expects "

/* A listener refuses before the rules are asked, of which the first accepts. */
#define ROUTED(listener, sample)                                                                   \
    "listeners = ( { address = \"127.0.0.1:1\"; name = \"in\"; " listener " } ); "                 \
    "upstreams = ( { address = \"127.0.0.1:2\"; identify = \"xclient\"; } );\n"                    \
    "rules = ( { name = \"r\"; when = { sender = \"a@b.test\"; }; then = { accept = true; };\n"    \
    "samples = ( { from = \"a@b.test\"; facts = { listener = \"in\"; }; " sample " } ); } );"
#define FAR "to = \"user%far.test@example.org\"; "

static const struct load_row ROWS[] = {
    {POLICY(TO "expect = \"continue\";"), ""},
    {POLICY(TO "expect = \"accept\";"),
     WRONG "\"accept\", but what came is \"continue\" (no rule decided)"},
    {POLICY(TO "expect = \"550\";"),
     WRONG "\"550\", but what came is \"continue\" (no rule decided)"},
    {POLICY("to = \"u@x.test\"; expect = \"550\";"), ""},
    {POLICY("to = \"u@x.test\"; expect = \"550 5.7.1 Not our domain\";"), ""},
    {POLICY("to = \"u@x.test\"; expect = \"551\";"),
     WRONG "\"551\", but what came is \"550 5.7.1 Not our domain\" (from rule 'relay' at rcpt)"},
    {POLICY("to = \"u@x.test\"; expect = \"continue\";"), WRONG
     "\"continue\", but what came is \"550 5.7.1 Not our domain\" (from rule 'relay' at rcpt)"},
    {POLICY("to = [ \"u@x.test\", \"u@example.org\" ]; expect = \"continue\";"), ""},
    {POLICY(TO "message = \"casino.eml\"; expect = \"554 5.7.1 No casino\";"), ""},
    {POLICY(TO "message = \"casino.eml\"; expect = \"continue\";"),
     WRONG "\"continue\", but what came is \"554 5.7.1 No casino\" (from rule 'casino' at header)"},
    {POLICY(TO "message = \"sub/plain.eml\"; expect = \"continue\";"), ""},
    {POLICY(TO "message = \"none.eml\"; expect = \"continue\";"),
     "11: error: a sample of rule 'sampled': cannot read the message 'none.eml': No such file or "
     "directory"},
    {POLICY(TO "helo = \"trap\"; message = \"sub/plain.eml\"; expect = \"discard\";"), ""},
    /* held back by rules about a message that is not there */
    {POLICY(TO "helo = \"trap\"; expect = \"continue\";"), ""},
    {POLICY(TO "facts = { size = \"2M\"; }; expect = \"452\";"), ""},
    {LOGIN("facts = { auth = \"bob\"; }; expect = \"550\";"), ""},
    {LOGIN("facts = { auth = \"\"; }; expect = \"continue\";"), ""},
    {LOGIN("expect = \"continue\";"), ""},
    {POLICY(TO
            "client = \"10.1.2.3\"; facts = { listener = \"in\"; }; message = \"sub/plain.eml\"; "
            "expect = \"accept\";"),
     ""},
    {ROUTED("", FAR "expect = \"550 5.1.3\";"), ""},
    {ROUTED("", FAR "expect = \"accept\";"),
     "3: error: a sample of rule 'r' expects \"accept\", but what came is \"550 5.1.3 Routed "
     "addresses are not accepted here\" (from ..."},
    {ROUTED("routed_addresses = \"pass\";", FAR "expect = \"accept\";"), ""},
    {ROUTED("", TO "expect = \"accept\";"), ""},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct load load;

        load_begin(&load);
        load_file(&load, "casino.eml", "From: a@b.test\nSubject: The =?utf-8?q?=43asino?=\n\nhi\n");
        load_file(&load, "sub/plain.eml", "Subject: hi\n\ncasino\n");
        load_good(&load, ROWS[i].text);
        assert_int_equal(trial_samples(load.config, &load.diag), 1);
        load_print(&load);
        load_compare(&load, &ROWS[i]);
        load_end(&load);
    }
}

/* Of every policy. */
static void counted(void **state)
{
    static const char TEXT[] =
        "rules = ( { then = { tag = \"t\"; }; samples = ( { " TO
        "expect = \"continue\"; } ); } );\n"
        "policies = { p = { rules = ( { then = { tempfail = \"No\"; };\n"
        "  samples = ( { " TO "expect = \"451 4.7.1\"; }, { " TO "expect = \"5\"; } ); } ); }; };";
    static const struct load_row ROW = {
        TEXT,
        "3: error: a sample of rule 'rule-1' expects \"5\", but what came is \"451 4.7.1 No\" "
        "(from rule 'rule-1' at connect)"};
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, TEXT);
    assert_int_equal(trial_samples(load.config, &load.diag), 3);
    load_print(&load);
    load_compare(&load, &ROW);
    load_end(&load);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(rows, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(counted),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
