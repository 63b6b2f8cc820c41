/* What the compiler refuses and warns of, in all rules together. */
#include "filters/rules/ruleset.h"

#include <stdlib.h>

#include "tests/unit/filters/rules/problems.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct problems_row ROWS[] = {
    {"a: * -> accept\n", ""},
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

static void problems(void **state)
{
    (void)state;
    problems_check(ROWS, COUNT_OF(ROWS));
}

static void conditions_nest_so_deep(void **state)
{
    struct condition nested[100];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(nested); i++)
        nested[i] =
            (struct condition){.kind = CONDITION_NOT, .children = &nested[i + 1], .child_count = 1};
    nested[COUNT_OF(nested) - 1] = (struct condition){.kind = CONDITION_ALL};
    problems_check_condition(nested, "rule 'r': conditions nest deeper than 32");
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

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(problems, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems),
        cmocka_unit_test(conditions_nest_so_deep),
        cmocka_unit_test(there_are_so_many_rules),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
