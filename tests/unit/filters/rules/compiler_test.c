/* What the ruleset owns for its rules. */
#include "filters/rules/compiler.h"

#include "tests/unit/filters/rules/problems.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct problems_row ROWS[] = {
    {"a: header[X]=/(/ -> accept\n",
     "0: error: rule 'a': the pattern /(/ is wrong: missing closing parenthesis at offset 1\n"},
    {"a: * -> replace(X /[/ b)\n",
     "1: error: rule 'a': the pattern /[/ is wrong: missing terminating ] for character class at "
     "offset 1\n"},
};

static void problems(void **state)
{
    (void)state;
    problems_check(ROWS, COUNT_OF(ROWS));
}

/* Patterns and lists of a ruleset are as many as rules need, and are destroyed with it. */
static void all_are_owned(void **state)
{
    char text[4096];
    struct rule_text rules;
    size_t used = 0;

    (void)state;
    for (int i = 0; i < 50; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 "r%d: helo=/a%d/ & sender=u%d@x.test -> accept\n", i, i, i);
    struct ruleset *ruleset = problems_compile(&rules, text);
    assert_int_equal(ruleset->pattern_count, 50);
    assert_non_null(ruleset->lists);
    ruleset_destroy(ruleset);
    rule_text_fini(&rules);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(problems, state));
    assert_true(leaves_nothing(all_are_owned, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems),
        cmocka_unit_test(all_are_owned),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
