/* What actions may say and do, and what is wrong with those that may not. */
#include "filters/rules/action.h"

#include "tests/unit/filters/rules/problems.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct problems_row ROWS[] = {
    /* what a reply may say */
    {"a: * -> reject(550 5.7.1 Gr\xC3\xBC\xC3\x9F"
     "e)\n",
     "1: error: rule 'a': 'reject': a reply is printable ASCII (RFC 5321), without accents and "
     "tabs; a second line is a second text: [ \"...\", \"...\" ]\n"},
    {"a: sender=x -> tempfail(451 4.7.1 a|${sender} b\rc)\nb: * -> disconnect(\xFF)\n",
     "1: error: rule 'a': 'tempfail': a reply is printable ASCII (RFC 5321), without accents and "
     "tabs; a second line is a second text: [ \"...\", \"...\" ]\n"
     "1: error: rule 'b': 'disconnect': a reply is printable ASCII (RFC 5321), without accents and "
     "tabs; a second line is a second text: [ \"...\", \"...\" ]\n"},
    {"a: * -> quarantine(Gr\xC3\xBC\xC3\x9F"
     "e) log(\xC3\xBC)\n",
     ""},
    /* its codes */
    {"a: * -> reject(450 no)\n",
     "1: error: rule 'a': 'reject': a permanent refusal needs a reply code 5xx\n"},
    {"a: * -> tempfail(550 no)\n",
     "1: error: rule 'a': 'tempfail': a temporary refusal needs a reply code 4xx\n"},
    {"a: * -> reject(550 4.7.1 no)\n",
     "1: error: rule 'a': 'reject': the enhanced code of a permanent refusal begins with 5\n"},
    {"a: * -> disconnect(554 5.7.1 no)\n", ""},
    {"a: * -> reject(550 5.7.1 no|550 5.7.1 more|and more)\n", ""},
    {"a: * -> reject(550 no|551 more)\n",
     "1: error: rule 'a': 'reject': all lines of a reply have the same codes\n"},
    {"a: * -> reject(550-5.7.1 no)\n",
     "1: warning: rule 'a': 'reject': a blank stands behind a reply code: the lines of a longer "
     "reply are a list of texts\n"},
    {"a: * -> reject(abc-def)\n", ""},
    {"a: * -> reject(550 $x)\n", "1: error: rule 'a': 'reject': after \"$\" stands 1 to 9, {field} "
                                 "or another $ (write $$ for a "
                                 "dollar)\n"},
    /* the others */
    {"a: * -> accept reject(no)\n",
     "1: error: rule 'a': 'reject': a rule has one terminal action at most\n"},
    {"a: * -> add_header(X Y: b)\n",
     "1: error: rule 'a': 'add_header': that is no name of a header field\n"},
    {"a: * -> remove_header(X-*)\n", ""},
    {"a: * -> redirect(nobody)\n",
     "1: error: rule 'a': 'redirect': that is no mail address (local@domain)\n"},
    {"a: * -> add_recipient()\n",
     "1: error: rule 'a': 'add_recipient': that is no mail address (local@domain)\n"},
    {"a: * -> set_sender()\n", ""},
    {"a: * -> remove_recipient()\n",
     "1: error: rule 'a': 'remove_recipient': an address or a wildcard is needed\n"},
    {"a: * -> tag()\n", "1: error: rule 'a': 'tag': a tag needs a name\n"},
    {"a: * -> replace(X /a(b)/ $2)\n",
     "1: error: rule 'a': 'replace': its pattern has no such group\n"},
    {"a: * -> replace(X /a(b)/ $1)\n", ""},
};

static void problems(void **state)
{
    (void)state;
    problems_check(ROWS, COUNT_OF(ROWS));
}

/* A line of a reply that would be cut is an error, one that just fits is none. */
static void long_replies(void **state)
{
    const size_t room = 510 - strlen("550 5.7.1 ");

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char rules[600] = "a: * -> reject(550 5.7.1 ";
        size_t start = strlen(rules);
        struct rule_text text;
        struct diag diag;

        memset(rules + start, 'x', room + more);
        memcpy(rules + start + room + more, ")\n", 3);
        rule_text_init(&text, rules);
        diag_init(&diag);
        struct ruleset *ruleset = ruleset_compile(text.rules, text.count, NULL, &diag);
        assert_int_equal(ruleset == NULL, more);
        ruleset_destroy(ruleset);
        diag_fini(&diag);
        rule_text_fini(&text);
    }
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(problems, state));
    assert_true(leaves_nothing(long_replies, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems),
        cmocka_unit_test(long_replies),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
