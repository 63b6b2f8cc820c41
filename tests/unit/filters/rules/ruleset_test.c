/* What the compiler refuses and warns of, and what it shares. */
#include "filters/rules/ruleset.h"

#include <stdlib.h>

#include "filters/rules/names.h"
#include "tests/unit/filters/rules/rule_text.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

/* Rules, and the problems found, each as "line: level: text". */
static const struct {
    const char *rules, *problems;
} ROWS[] = {
    {"a: * -> accept\n", ""},
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
    /* matchers and fields */
    {"a: client=x.y -> accept\nb: client=* -> accept\n", ""},
    {"a: sender=@none -> accept\n", "0: error: rule 'a': there is no list 'none'\n"},
    {"a: header[X]=/(/ -> accept\n",
     "0: error: rule 'a': the pattern /(/ is wrong: missing closing parenthesis at offset 1\n"},
    {"a: header[X:Y]=a -> accept\n", "0: error: rule 'a': 'X:Y' is no name of a header field\n"},
    {"a: missing_header[X Y] -> accept\n",
     "0: error: rule 'a': 'X Y' is no name of a header field\n"},
    {"a: raw_header[X]=/\xC3\xA4/ & raw_body=/\xFF/ -> accept\n", ""},
    /* replies */
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
    /* actions */
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
    {"a: * -> replace(X /[/ b)\n",
     "1: error: rule 'a': the pattern /[/ is wrong: missing terminating ] for character class at "
     "offset 1\n"},
    {"a: * -> replace(X /a(b)/ $1)\n", ""},
    /* all that is wrong in one go */
    {"a: sender=@x -> redirect(y)\nb: * -> tag()\n",
     "0: error: rule 'a': there is no list 'x'\n"
     "1: error: rule 'a': 'redirect': that is no mail address (local@domain)\n"
     "1: error: rule 'b': 'tag': a tag needs a name\n"},
    /* warnings */
    {"a: sender=b@c -> \n", "1: warning: rule 'a' does nothing: it has no action\n"},
    {"a: * -> add_header(X: $1)\n",
     "1: warning: rule 'a': a text uses captures, but no pattern or list in 'when' sets them\n"},
    {"a: * -> accept\nb: * -> discard\nc off: * -> accept\n",
     "2: warning: rule 'b' is never reached: rule 'a' above it always ends the list\n"},
    {"a shadow: * -> accept\nb: * -> discard\n", ""},
    {"a: recipient=b@c & header[X]=y -> reject(no)\n",
     "1: warning: rule 'a' names a recipient but refuses the message for all of them, because it "
     "needs facts that come after RCPT; write scope = \"message\" if that is meant\n"},
    {"a message: recipient=b@c & header[X]=y -> reject(no)\n", ""},
    {"a: recipient=b@c & header[X]=y -> score(1)\n", ""},
    {"a: recipient=b@c -> reject(no)\n", ""},
};

static void write_problems(const struct diag *diag, char *out, size_t size)
{
    static const char *const LEVELS[] = {"note", "warning", "error"};

    out[0] = '\0';
    for (const struct problem *p = diag->first; p != NULL; p = p->next) {
        size_t used = strlen(out);

        (void)snprintf(out + used, size - used, "%u: %s: %.*s\n", p->place.line, LEVELS[p->level],
                       SLICE_ARG(p->text));
    }
}

static struct ruleset *compile(const struct rule_text *rules, struct diag *diag)
{
    diag_init(diag);
    return ruleset_compile(rules->rules, rules->count, NULL, diag);
}

static void problems(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char found[4096];
        struct rule_text rules;
        struct ruleset *ruleset;
        struct diag diag;

        rule_text_init(&rules, ROWS[i].rules);
        ruleset = compile(&rules, &diag);
        write_problems(&diag, found, sizeof(found));
        if (strcmp(found, ROWS[i].problems) != 0)
            fail_msg("%sfound:\n%sexpected:\n%s", ROWS[i].rules, found, ROWS[i].problems);
        assert_int_equal(ruleset == NULL, diag.errors > 0);
        ruleset_destroy(ruleset);
        diag_fini(&diag);
        rule_text_fini(&rules);
    }
}

/* --- what the text of a test cannot write ----------------------------------------------------- */

static void check_wrong(const struct condition *when, const char *text)
{
    const struct rule rule = {.name = SLICE("r"), .when = when};
    struct ruleset *ruleset;
    struct diag diag;

    diag_init(&diag);
    ruleset = ruleset_compile(&rule, 1, NULL, &diag);
    assert_null(ruleset);
    assert_int_equal(diag.errors, 1);
    if (!slice_equal(diag.first->text, slice_str(text)))
        fail_msg("%.*s", SLICE_ARG(diag.first->text));
    diag_fini(&diag);
}

static void matchers_fit_their_fields(void **state)
{
    static const struct {
        enum field_id field;
        enum matcher_kind kind;
        const char *text;
    } WRONG[] = {
        {FIELD_SENDER, MATCHER_NUMBER, "rule 'r': 'sender' cannot be compared with a number"},
        {FIELD_SENDER, MATCHER_RANGE,
         "rule 'r': 'sender' cannot be compared with an address range"},
        {FIELD_SENDER, MATCHER_BOOL, "rule 'r': 'sender' cannot be compared with true or false"},
        {FIELD_SIZE, MATCHER_WILDCARD, "rule 'r': 'size' cannot be compared with a text"},
        {FIELD_SIZE, MATCHER_PATTERN, "rule 'r': 'size' cannot be compared with a pattern"},
        {FIELD_CLIENT, MATCHER_NUMBER, "rule 'r': 'client' cannot be compared with a number"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        const struct matcher matcher = {.kind = WRONG[i].kind, .text = SLICE("a")};
        const struct condition when = {.kind = CONDITION_FIELD,
                                       .field = WRONG[i].field,
                                       .matchers = &matcher,
                                       .matcher_count = 1};

        check_wrong(&when, WRONG[i].text);
    }
}

static void nothing_to_compare_with(void **state)
{
    const struct matcher empty = {.kind = MATCHER_NOT};
    const struct condition none = {.kind = CONDITION_FIELD, .field = FIELD_SENDER};
    const struct condition not_none = {
        .kind = CONDITION_FIELD, .field = FIELD_SENDER, .matchers = &empty, .matcher_count = 1};

    (void)state;
    check_wrong(&none,
                "rule 'r': 'sender' is compared with nothing, or 'not' nests deeper than 32");
    check_wrong(&not_none,
                "rule 'r': 'sender' is compared with nothing, or 'not' nests deeper than 32");
}

static void conditions_nest_so_deep(void **state)
{
    struct condition nested[100];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(nested); i++)
        nested[i] =
            (struct condition){.kind = CONDITION_NOT, .children = &nested[i + 1], .child_count = 1};
    nested[COUNT_OF(nested) - 1] = (struct condition){.kind = CONDITION_ALL};
    check_wrong(nested, "rule 'r': conditions nest deeper than 32");
}

static void there_are_so_many_rules(void **state)
{
    struct rule *rules = calloc(RULES_MAX + 1, sizeof(*rules));
    const struct action action = {.kind = ACTION_SCORE, .number = 1};
    struct ruleset *ruleset;
    struct diag diag;

    (void)state;
    assert_non_null(rules);
    for (size_t i = 0; i <= RULES_MAX; i++)
        rules[i] = (struct rule){.name = SLICE("r"), .actions = &action, .action_count = 1};
    diag_init(&diag);
    ruleset = ruleset_compile(rules, RULES_MAX, NULL, &diag);
    assert_non_null(ruleset);
    ruleset_destroy(ruleset);
    assert_null(ruleset_compile(rules, RULES_MAX + 1, NULL, &diag));
    assert_int_equal(diag.errors, 1);
    diag_fini(&diag);
    free(rules);
}

/* --- sharing ---------------------------------------------------------------------------------- */

static const struct {
    const char *rules;
    size_t leaves;
} SHARED[] = {
    {"a: sender=b -> accept\nb: sender=b -> discard\n", 1},
    {"a: sender=b & sender=B -> accept\n", 1},
    {"a: sender=b & sender=c & sender_domain=b -> accept\n", 3},
    {"a: sender=~b & sender=b & sender=~(b,c) & sender=~(c,b) -> accept\n", 4},
    {"a: sender=/b/ & sender=/b/i & sender=/B/ & sender=/b/ -> accept\n", 3},
    {"a: header[X]=b & header[x]=b & header[Y]=b & raw_header[X]=b -> accept\n", 3},
    {"a: hops=1 & hops=>1 & hops=1.0 & hops=2 -> accept\n", 3},
    {"a: client=10.0.0.0/8 & client=10.0.0.0/9 & client=10.0.0.0/8 & client=11.0.0.0/8 -> accept\n",
     3},
    {"a: missing_header[Date] & missing_header[date] -> accept\n", 1},
};

static void equal_questions_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SHARED); i++) {
        struct rule_text rules;
        struct ruleset *ruleset;
        struct diag diag;

        rule_text_init(&rules, SHARED[i].rules);
        ruleset = compile(&rules, &diag);
        assert_non_null(ruleset);
        if (ruleset->leaf_count != SHARED[i].leaves)
            fail_msg("%s%zu leaves", SHARED[i].rules, ruleset->leaf_count);
        ruleset_destroy(ruleset);
        diag_fini(&diag);
        rule_text_fini(&rules);
    }
}

static void header_names_are_found(void **state)
{
    struct rule_text rules;
    struct ruleset *ruleset;
    struct diag diag;

    (void)state;
    rule_text_init(&rules, "a: header[Subject]=b & header[X]=c & missing_header[Date] -> accept\n"
                           "b: raw_header[SUBJECT]=d -> accept\n");
    ruleset = compile(&rules, &diag);
    assert_non_null(ruleset);
    assert_int_equal(ruleset->name_count, 3);
    assert_int_equal(names_number(ruleset, SLICE("subject")),
                     names_number(ruleset, SLICE("Subject")));
    assert_int_not_equal(names_number(ruleset, SLICE("date")), SLICE_NOT_FOUND);
    assert_int_equal(names_number(ruleset, SLICE("From")), SLICE_NOT_FOUND);
    ruleset_destroy(ruleset);
    diag_fini(&diag);
    rule_text_fini(&rules);
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

/* Half of the places stay free, so that a name that no rule knows is found out, and soon. */
static void places_for_names_stay_free(void **state)
{
    struct rule_text rules;
    struct ruleset *ruleset;
    struct diag diag;

    (void)state;
    rule_text_init(&rules, "a: header[A]=x & header[B]=x & header[C]=x & header[D]=x -> accept\n");
    ruleset = compile(&rules, &diag);
    assert_non_null(ruleset);
    assert_int_equal(ruleset->name_count, 4);
    assert_true(ruleset->name_table_size >= 2 * ruleset->name_count);
    assert_int_equal(names_number(ruleset, SLICE("E")), SLICE_NOT_FOUND);
    ruleset_destroy(ruleset);
    diag_fini(&diag);
    rule_text_fini(&rules);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(problems, state));
    assert_true(leaves_nothing(long_replies, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_replies),
        cmocka_unit_test(problems),
        cmocka_unit_test(matchers_fit_their_fields),
        cmocka_unit_test(nothing_to_compare_with),
        cmocka_unit_test(conditions_nest_so_deep),
        cmocka_unit_test(there_are_so_many_rules),
        cmocka_unit_test(equal_questions_are_one),
        cmocka_unit_test(header_names_are_found),
        cmocka_unit_test(places_for_names_stay_free),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
