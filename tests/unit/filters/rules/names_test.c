/* The numbers of header names. */
#include "filters/rules/names.h"

#include "tests/unit/filters/rules/problems.h"
#include "tests/unit/support.h"

static void header_names_are_found(void **state)
{
    struct rule_text rules;

    (void)state;
    struct ruleset *ruleset = problems_compile(
        &rules, "a: header[Subject]=b & header[X]=c & missing_header[Date] -> accept\n"
                "b: raw_header[SUBJECT]=d -> accept\n");
    assert_int_equal(ruleset->name_count, 3);
    assert_int_equal(names_number(ruleset, SLICE("subject")),
                     names_number(ruleset, SLICE("Subject")));
    assert_int_not_equal(names_number(ruleset, SLICE("date")), SLICE_NOT_FOUND);
    assert_int_equal(names_number(ruleset, SLICE("From")), SLICE_NOT_FOUND);
    ruleset_destroy(ruleset);
    rule_text_fini(&rules);
}

/* Half of the places stay free, so that a name that no rule knows is found out, and soon. */
static void places_for_names_stay_free(void **state)
{
    struct rule_text rules;

    (void)state;
    struct ruleset *ruleset = problems_compile(
        &rules, "a: header[A]=x & header[B]=x & header[C]=x & header[D]=x -> accept\n");
    assert_int_equal(ruleset->name_count, 4);
    assert_true(ruleset->name_table_size >= 2 * ruleset->name_count);
    assert_int_equal(names_number(ruleset, SLICE("E")), SLICE_NOT_FOUND);
    ruleset_destroy(ruleset);
    rule_text_fini(&rules);
}

static void valid_names(void **state)
{
    (void)state;
    assert_true(names_valid(SLICE("X-Spam")));
    assert_true(names_valid(SLICE("!~")));
    assert_false(names_valid(SLICE("")));
    assert_false(names_valid(SLICE("X Y")));
    assert_false(names_valid(SLICE("X:")));
    assert_false(names_valid(SLICE("X\x7F")));
    assert_false(names_valid(SLICE("X\xC3\xA4")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_names_are_found),
        cmocka_unit_test(places_for_names_stay_free),
        cmocka_unit_test(valid_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
