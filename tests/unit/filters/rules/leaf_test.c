/* Questions about one field: which matchers it has, and which questions are one. */
#include "filters/rules/leaf.h"

#include "tests/unit/filters/rules/problems.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct problems_row ROWS[] = {
    {"a: client=x.y -> accept\nb: client=* -> accept\n", ""},
    {"a: sender=@none -> accept\n", "0: error: rule 'a': there is no list 'none'\n"},
    {"a: header[X:Y]=a -> accept\n", "0: error: rule 'a': 'X:Y' is no name of a header field\n"},
    {"a: missing_header[X Y] -> accept\n",
     "0: error: rule 'a': 'X Y' is no name of a header field\n"},
    {"a: raw_header[X]=/\xC3\xA4/ & raw_body=/\xFF/ -> accept\n", ""},
};

static void problems(void **state)
{
    (void)state;
    problems_check(ROWS, COUNT_OF(ROWS));
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
        {FIELD_LOOKALIKE, MATCHER_WILDCARD, "rule 'r': 'lookalike' cannot be compared with a text"},
        {FIELD_LOOKALIKE, MATCHER_PATTERN,
         "rule 'r': 'lookalike' cannot be compared with a pattern"},
        {FIELD_CLIENT, MATCHER_NUMBER, "rule 'r': 'client' cannot be compared with a number"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        const struct matcher matcher = {.kind = WRONG[i].kind, .text = SLICE("a")};
        const struct condition when = {.kind = CONDITION_FIELD,
                                       .field = WRONG[i].field,
                                       .matchers = &matcher,
                                       .matcher_count = 1};

        problems_check_condition(&when, WRONG[i].text);
    }
}

static void no_negation(void **state)
{
    const struct matcher list = {.kind = MATCHER_LIST, .text = SLICE("a")};
    const struct matcher not_list = {.kind = MATCHER_NOT, .inner = &list, .inner_count = 1};
    const struct condition when = {.kind = CONDITION_FIELD,
                                   .field = FIELD_LOOKALIKE,
                                   .matchers = &not_list,
                                   .matcher_count = 1};

    (void)state;
    problems_check_condition(&when, "rule 'r': 'lookalike' cannot be compared with not");
}

static void nothing_to_compare_with(void **state)
{
    const struct matcher empty = {.kind = MATCHER_NOT};
    const struct condition none = {.kind = CONDITION_FIELD, .field = FIELD_SENDER};
    const struct condition not_none = {
        .kind = CONDITION_FIELD, .field = FIELD_SENDER, .matchers = &empty, .matcher_count = 1};

    (void)state;
    problems_check_condition(
        &none, "rule 'r': 'sender' is compared with nothing, or 'not' nests deeper than 32");
    problems_check_condition(
        &not_none, "rule 'r': 'sender' is compared with nothing, or 'not' nests deeper than 32");
}

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
        struct ruleset *ruleset = problems_compile(&rules, SHARED[i].rules);

        if (ruleset->leaf_count != SHARED[i].leaves)
            fail_msg("%s%zu leaves", SHARED[i].rules, ruleset->leaf_count);
        ruleset_destroy(ruleset);
        rule_text_fini(&rules);
    }
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(problems, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems),
        cmocka_unit_test(matchers_fit_their_fields),
        cmocka_unit_test(no_negation),
        cmocka_unit_test(nothing_to_compare_with),
        cmocka_unit_test(equal_questions_are_one),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
