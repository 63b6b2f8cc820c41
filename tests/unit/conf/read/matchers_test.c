#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "conf/config.h"
#include "conf/policy.h"
#include "filters/match/pattern.h"
#include "filters/rules/rule.h"
#include "filters/rules/ruleset.h"
#include "tests/unit/conf/read/load.h"

#define RULE(when)                                                                                 \
    "lists = { ours = [ \"example.org\" ]; nets = \"10.0.0.1\"; };\nrules = ( { when = { " when    \
    " }; then = { tag = \"t\"; }; }, { mode = \"off\"; when = { sender = [ \"@ours\", \"@nets\" "  \
    "]; }; } );"

#define TEXT                                                                                       \
    "must be a text matcher: \"/regex/flags\", \"@list\", a whole value with * and ?, or { not = " \
    "...; }, not "
#define ADDRESS                                                                                    \
    "must be an address matcher: \"192.0.2.1\", \"10.0.0.0/8\", \"@list\", \"/regex/flags\", "     \
    "\"192.0.2.*\" or { not = ...; }, not "
#define NUMBER "must be a number matcher: 5, \"10M\", \"> 10M\", \"<= 5\" or { not = ...; }, not "

static const struct load_row TEXTS[] = {
    {RULE("sender = 5;"), "2: error: 'sender' " TEXT "5"},
    {RULE("sender = 1.5;"), "2: error: 'sender' " TEXT "1.5"},
    {RULE("sender = true;"), "2: error: 'sender' " TEXT "true"},
    {RULE("sender = { };"), "2: error: 'sender' " TEXT "a group { ... }"},
    {RULE("sender = { nto = \"a\"; };"), "2: error: 'sender' " TEXT "a group { ... }"},
    {RULE("sender = { not = \"a\"; or = \"b\"; };"), "2: error: 'sender' " TEXT "a group { ... }"},
    {RULE("sender = [ ];"), "2: error: 'sender' " TEXT "an empty array [ ]"},
    {RULE("sender = ( [ \"a\" ] );"), "2: error: 'sender' " TEXT "an array [ ... ]"},
    {RULE("sender = { not = ( ); };"), "2: error: 'not' " TEXT "an empty list ( )"},
    {RULE("sender = { not = 5; };"), "2: error: 'not' " TEXT "5"},
    {RULE("header = { Subject = 5; };"), "2: error: 'Subject' " TEXT "5"},
    {RULE("raw_body = 5;"), "2: error: 'raw_body' " TEXT "5"},
    {RULE("sender = \"@our\";"), "2: error: 'sender': there is no list 'our' in 'lists'; did you "
                                 "mean 'ours'?"},
    {RULE("sender = \"@theirs_only\";"),
     "2: error: 'sender': there is no list 'theirs_only' in 'lists'; known are ours, nets"},
    {RULE("sender = [ \"@a_b_c\",\n \"@ours\", \"@d_e_f\" ];"),
     "2: error: 'sender': there is no list 'a_b_c'...\n"
     "3: error: 'sender': there is no list 'd_e_f'..."},
    {RULE("sender = \"/x/q\";"), "2: error: 'sender': a pattern is \"/regex/flags\" with flags of "
                                 "i, m, s, x and u; \"/x/q\" has "
                                 "another"},
    {RULE("header = { To = \"/x\"; };"),
     "2: warning: 'To': \"/x\" begins like a pattern but has no "
     "closing slash, so it is compared "
     "as a whole value"},
    {RULE("sender = \"/x\";"), "2: error: list entry \"/x\": a pattern ends in /flags..."},
    {RULE("sender = \".example.org\";"), "2: error: list entry \".example.org\": write "
                                         "\"*.domain\" for the subdomains of a domain"},
    {RULE("sender = [ \"\", \"a@b\", \"example.org\", \"*.example.org\", \"root\", \"*@x\" ]; "
          "helo = \"[192.0.2.1]\";"),
     ""},
    {RULE("header = { To = \".example.org\"; };"), ""}, /* no field of names */
    {RULE("sender = \"/(/\";"), "2: error: rule 'rule-1': the pattern /(/ is wrong: ..."},
    /* two wrong ones and a wrong pattern: all of them at once */
    {RULE("sender = 5; helo = \"/[/\";"),
     "2: error: 'sender' " TEXT "5\n2: error: rule 'rule-1': the pattern /[/ is wrong: ..."},
};

static const struct load_row OTHERS[] = {
    {RULE("sender = \"@b.test\";"), "2: error: 'sender': there is no list 'b.test' in 'lists'; a "
                                    "domain is written \"b.test\", any "
                                    "address in it \"*@b.test\""},
    {RULE("sender = \"@our\";"),
     "2: error: 'sender': there is no list 'our' in 'lists'; did you mean 'ours'?"},
    {RULE("header = { Subject = \"//\"; };"),
     "2: warning: 'Subject': \"//\" is an empty pattern, which matches everything: write \"*\" if "
     "that is meant"},
};

static const struct load_row ADDRESSES[] = {
    {RULE("client = \"10.0.0.0/8\";"), ""},
    {RULE("client = [ \"10.0.0.1\", \"2001:db8::/32\", \"::1\", \"192.0.2.*\", \"/^10[.]/\", "
          "\"@nets\" ];"),
     ""},
    {RULE("client = { not = \"127.0.0.0/8\"; };"), ""},
    {RULE("client = \"localhost\";"), "2: error: 'client' " ADDRESS "\"localhost\""},
    {RULE("client = \"10.0.0\";"), "2: error: 'client' " ADDRESS "\"10.0.0\""},
    {RULE("client = 10;"), "2: error: 'client' " ADDRESS "10"},
    {RULE("client = \"10.0.0.1/8\";"), "2: error: 'client': \"10.0.0.1/8\" is no range: the prefix "
                                       "is too long, or bits behind it are "
                                       "set (10.0.0.0/8, not 10.0.0.1/8)"},
    {RULE("client = \"10.0.0.0/33\";"), "2: error: 'client': \"10.0.0.0/33\" is no range..."},
    {RULE("client = \"10.0.0.0/x\";"), "2: error: 'client': \"10.0.0.0/x\" is no range..."},
};

static const struct load_row NEGATIONS[] = {
    {RULE("sender = \"!a@b\"; recipient_domain = \"!@ours\"; header = { Subject = \"!/x/i\"; }; "
          "client = \"!10.0.0.0/8\"; size = \"!5\"; sender_domain = \"!\";"),
     ""},
    {RULE("sender = ( \"!a@b\", \"c@d\" );"), ""},
    {RULE("sender = { not = \"!a@b\"; };"), ""},
    {RULE("sender = ( { not = \"a@b\"; }, { not = \"c@d\"; } );"),
     "2: warning: rule 'rule-1': 'sender' always holds: one of the list is enough, and two "
     "negations cannot both be false; for \"none of these\" write { not = ( \"...\", \"...\" ); }"},
    {RULE("sender = ( { not = \"b.test\"; }, { not = \"a@b.test\"; } );"), ""}, /* a@b.test: not */
    {RULE("sender = ( { not = \"a@*\"; }, { not = \"*@b.test\"; } );"), ""},
    {RULE("sender_domain = ( { not = \"B.test\"; }, { not = \"b.test\"; } );"), ""},
    {RULE("sender = [ \"!a@b\",\n \"c@d\",\n \"!e@f\" ];"),
     "4: error: 'sender': two negations in one list always hold, for any of a list is enough; for "
     "\"none of these\" write { not = ( \"...\", \"...\" ); }"},
    {RULE("sender = ( \"!a@b\", { not = \"c@d\"; } );"),
     "2: error: 'sender': two negations in one list always hold..."},
    {RULE("sender = { not = ( \"!a@b\", \"!c@d\" ); };"),
     "2: error: 'not': two negations in one list always hold..."},
    {RULE("sender = \"!!a\";"),
     "2: error: 'sender': \"!!a\" negates twice; for a text that begins with "
     "\"!\" write a pattern, \"/^!/\""},
    {RULE("sender = \"!@theirs\";"), "2: error: 'sender': there is no list 'theirs' in 'lists'..."},
    {RULE("header = { Subject = \"!/x/q\"; };"), "2: error: 'Subject': a pattern is..."},
    {RULE("client = \"!localhost\";"), "2: error: 'client' " ADDRESS "\"!localhost\""},
    {RULE("tls = \"!true\";"), "2: error: 'tls' must be true or false, not \"!true\""},
    {RULE("missing_header = \"!Date\";"),
     "2: error: 'missing_header' must be a name; its opposite is "
     "not = { missing_header = ...; }, not \"!Date\""},
};

#define IMITATED                                                                                   \
    "must be the name of a list, \"@list\"; what must not hold is written not = { ... }, not "

static const struct load_row LOOKALIKES[] = {
    {RULE("lookalike = \"@ours\"; not = { lookalike = \"@ours\"; };"), "..."},
    {RULE("lookalike = \"!@ours\";"), "2: error: 'lookalike' " IMITATED "\"!@ours\""},
    {RULE("lookalike = { not = \"@ours\"; };"), "2: error: 'lookalike' " IMITATED "..."},
    {RULE("lookalike = \"example.org\";"), "2: error: 'lookalike' " IMITATED "\"example.org\""},
    {RULE("lookalike = \"/x/\";"), "2: error: 'lookalike' " IMITATED "\"/x/\""},
    {RULE("lookalike = true;"), "2: error: 'lookalike' " IMITATED "true"},
    {RULE("lookalike = \"@theirs\";"), "2: error: 'lookalike': there is no list 'theirs'..."},
};

static const struct load_row NUMBERS[] = {
    {RULE("size = \"> 10M\";"), ""},
    {RULE("size = [ 5, 6 ]; hops = { not = \"<= 5\"; }; client_port = 25; score = ( 0, 2.5 );"),
     ""},
    {RULE("size = \"/5/\";"), "2: error: 'size' " NUMBER "\"/5/\""},
    {RULE("size = \"@ours\";"), "2: error: 'size' " NUMBER "\"@ours\""},
    {RULE("size = \"10MB\";"), "2: error: 'size' " NUMBER "\"10MB\""},
    {RULE("size = \"= 5\";"), "2: error: 'size' " NUMBER "\"= 5\""},
    {RULE("size = false;"), "2: error: 'size' " NUMBER "false"},
};

static void texts(void **state)
{
    (void)state;
    LOAD_ROWS(TEXTS);
}

static void others(void **state)
{
    (void)state;
    LOAD_ROWS(OTHERS);
}

static void addresses(void **state)
{
    (void)state;
    LOAD_ROWS(ADDRESSES);
}

static void lookalikes(void **state)
{
    (void)state;
    LOAD_ROWS(LOOKALIKES);
}

static void negations(void **state)
{
    (void)state;
    LOAD_ROWS(NEGATIONS);
}

static void numbers(void **state)
{
    (void)state;
    LOAD_ROWS(NUMBERS);
}

/* sender = { not = { not = ... "a" } } */
static void depth(void **state)
{
    struct bytes text;

    (void)state;
    for (int levels = RULE_DEPTH_MAX; levels <= RULE_DEPTH_MAX + 1; levels++) {
        struct load load;

        bytes_init(&text, 4096);
        bytes_append(&text, SLICE("rules = ( { then = { tag = \"t\"; }; when = { sender = "));
        for (int i = 0; i < levels; i++)
            bytes_append(&text, SLICE("{ not = "));
        bytes_append(&text, SLICE("\"a\""));
        for (int i = 0; i < levels; i++)
            bytes_append(&text, SLICE("; }"));
        bytes_append(&text, SLICE("; }; } );\0"));
        load_begin(&load);
        load_text(&load, text.data);
        assert_string_equal(
            load.problems.data,
            levels > RULE_DEPTH_MAX ? "postern.conf:1: error: 'not' nests deeper than 32\n" : "");
        load_end(&load);
        bytes_fini(&text);
    }
}

/* The one condition of the one rule. */
static const struct condition *only(const struct load *load)
{
    const struct condition *when = load->config->policies[0].rule_items[0].when;

    assert_int_equal(when->kind, CONDITION_ALL);
    assert_int_equal(when->child_count, 1);
    return &when->children[0];
}

static void kinds(void **state)
{
    const struct condition *c;
    struct load load;

    (void)state;
    load_begin(&load);
    load_good(&load, RULE("sender = ( \"/^a[.]b$/ix\", \"@ours\", \"*@x.test\", \"\",\n"
                          "  { not = ( \"b\", { not = \"c\"; } ); } );"));
    c = only(&load);
    assert_int_equal(c->matcher_count, 5);
    assert_int_equal(c->matchers[0].kind, MATCHER_PATTERN);
    assert_true(slice_equal(c->matchers[0].text, SLICE("^a[.]b$")));
    assert_int_equal(c->matchers[0].pattern_flags, PATTERN_CASELESS | PATTERN_EXTENDED);
    assert_int_equal(c->matchers[1].kind, MATCHER_LIST);
    assert_true(slice_equal(c->matchers[1].text, SLICE("ours")));
    assert_int_equal(c->matchers[2].kind, MATCHER_WILDCARD);
    assert_string_equal(c->matchers[2].text.ptr, "*@x.test");
    assert_int_equal(c->matchers[3].kind, MATCHER_WILDCARD);
    assert_int_equal(c->matchers[3].text.len, 0); /* the null sender */
    assert_int_equal(c->matchers[4].kind, MATCHER_NOT);
    assert_int_equal(c->matchers[4].place.line, 3);
    assert_int_equal(c->matchers[4].inner_count, 2);
    assert_int_equal(c->matchers[4].inner[1].kind, MATCHER_NOT);
    assert_string_equal(c->matchers[4].inner[1].inner[0].text.ptr, "c");
    load_good(&load, RULE("client = [ \"10.0.0.0/8\", \"192.0.2.*\" ];"));
    c = only(&load);
    assert_int_equal(c->matchers[0].kind, MATCHER_RANGE);
    assert_int_equal(c->matchers[0].range.prefix_bits, 8);
    assert_int_equal(c->matchers[1].kind, MATCHER_WILDCARD);
    load_good(&load, RULE("size = ( 7, \"> 1K\", 0.5 );"));
    c = only(&load);
    assert_int_equal(c->matchers[0].op, NUMBER_EQUAL);
    assert_true(c->matchers[0].number == 7);
    assert_int_equal(c->matchers[1].op, NUMBER_GREATER);
    assert_true(c->matchers[1].number == 1024);
    assert_true(c->matchers[2].number == 0.5);
    load_end(&load);
}

struct escape_row {
    const char *pattern; /* as in the file */
    const char *yes, *no;
};

/* The escape trap: libconfig has unescaped these before anybody sees them. */
static const struct escape_row ESCAPES[] = {
    {"/^a\\tb$/", "a\tb", "atb"},
    {"/^a\\nb$/", "a\nb", "anb"},
    {"/^a\\rb$/", "a\rb", "arb"},
    {"/^a\\fb$/", "a\fb", "afb"},
    {"/^a\\\\tb$/", "a\tb", "atb"}, /* \\ is one backslash */
    {"/^\\d+$/", "12", "d"},        /* other sequences arrive as written */
    {"/^a\\.b$/", "a.b", "axb"},
    {"/^a\\bc/", "", "abc"}, /* a word boundary, not a backspace */
    {"/^\\babc\\b/", "abc d", "abcd"},
    {"/^a\\x2Eb$/", "axb", "ab"}, /* the trap itself: a bare dot */
    {"/^a\\\\x2Eb$/", "a.b", "axb"},
    {"/^a[.]b$/", "a.b", "axb"},
    {"/^a\\x{2E}b$/", "a.b", "axb"},
    {"/a\\tb # c\n/x", "a\tb", "ab"}, /* a real tab would be nothing under x */
    {"/^[\\t]$/", "\t", "t"},
    {"/^\"$/", NULL, NULL}, /* ends the string: a syntax error */
    {"/^\\\"$/", "\"", "x"},
};

static bool matches(const struct matcher *matcher, const char *value)
{
    struct pattern_scratch *scratch = pattern_scratch_create();
    char error[128];
    struct pattern *pattern =
        pattern_create(matcher->text, matcher->pattern_flags, error, sizeof(error));
    struct pattern_cursor cursor = {0};
    bool yes;

    assert_non_null(pattern);
    yes = pattern_search(pattern, scratch, slice_str(value), &cursor, NULL) == PATTERN_YES;
    pattern_destroy(pattern);
    pattern_scratch_destroy(scratch);
    return yes;
}

static void escapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ESCAPES) / sizeof(*ESCAPES); i++) {
        const struct escape_row *row = &ESCAPES[i];
        struct load load;
        char text[256];

        load_begin(&load);
        (void)snprintf(text, sizeof(text),
                       "rules = ( { when = { sender = \"%s\"; }; then = { tag = \"t\"; }; } );",
                       row->pattern);
        load_text(&load, text);
        assert_int_equal(load.config == NULL, row->yes == NULL);
        if (row->yes != NULL) {
            const struct matcher *matcher = &only(&load)->matchers[0];

            if (row->yes[0] != '\0')
                assert_true(matches(matcher, row->yes));
            assert_false(matches(matcher, row->no));
        }
        load_end(&load);
    }
}

/* "!a" within { not = ... } as deep as may be */
static void short_depth(void **state)
{
    (void)state;
    for (int levels = RULE_DEPTH_MAX - 1; levels <= RULE_DEPTH_MAX; levels++) {
        struct bytes text;
        struct load load;

        bytes_init(&text, 4096);
        bytes_append(&text, SLICE("rules = ( { then = { tag = \"t\"; }; when = { sender = "));
        for (int i = 0; i < levels; i++)
            bytes_append(&text, SLICE("{ not = "));
        bytes_append(&text, SLICE("\"!a\""));
        for (int i = 0; i < levels; i++)
            bytes_append(&text, SLICE("; }"));
        bytes_append(&text, SLICE("; }; } );\0"));
        load_begin(&load);
        load_text(&load, text.data);
        assert_string_equal(
            load.problems.data,
            levels == RULE_DEPTH_MAX ? "postern.conf:1: error: 'not' nests deeper than 32\n" : "");
        load_end(&load);
        bytes_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts),      cmocka_unit_test(others),
                                       cmocka_unit_test(addresses),  cmocka_unit_test(numbers),
                                       cmocka_unit_test(kinds),      cmocka_unit_test(escapes),
                                       cmocka_unit_test(depth),      cmocka_unit_test(negations),
                                       cmocka_unit_test(lookalikes), cmocka_unit_test(short_depth)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
