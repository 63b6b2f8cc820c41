#include "filters/rules/leaf_sets.h"

#include "tests/unit/filters/rules/rule_text.h"
#include "tests/unit/support.h"

static struct rule_text text;
static struct ruleset *ruleset;

static void compile(const char *rules)
{
    struct diag diag;

    diag_init(&diag);
    rule_text_init(&text, rules);
    ruleset = ruleset_compile(text.rules, text.count, NULL, &diag);
    assert_non_null(ruleset);
    diag_fini(&diag);
}

static void forget(void)
{
    ruleset_destroy(ruleset);
    rule_text_fini(&text);
}

/* Rules that each ask ${condition}, with a number of its own in place of "#". */
static void compile_many(const char *condition, size_t count)
{
    const char *mark = strchr(condition, '#');
    char rules[8192];
    size_t used = 0;

    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(rules + used, sizeof(rules) - used, "r%zu: %.*s%zu%s -> tag(t)\n",
                                 i, (int)(mark - condition), condition, i, mark + 1);
    compile(rules);
}

static const struct leaf *leaf_of(size_t rule)
{
    return ruleset->entries[rule].when.leaf;
}

static void only_where_there_are_many(void **state)
{
    static const struct {
        const char *condition;
        size_t few, many;
        uint32_t quiet;
    } rows[] = {
        {"header[Subject]=/key#word/", 7, 8, TEST_MISSES},
        {"header[Subject]=~/key#word/", 7, 8, TEST_HOLDS},
        {"header[Subject]=/key#word/,/other/", 3, 4, TEST_MISSES},
        {"header[Subject]=~(/key#word/,/other/)", 3, 4, TEST_HOLDS},
        {"header[Subject]=~/key#word/,'a word'", 7, 8, TEST_HOLDS}, /* which is not on the way */
        {"raw_header[Subject]=/key#word/", 7, 8, TEST_MISSES},
        {"header_line=/key#word/", 7, 8, TEST_MISSES},
        {"sender=/key#word/", 7, 8, TEST_MISSES},
        {"helo=/key#word/", 7, 8, TEST_MISSES},
        {"raw_body=/key#word/", 1, 2, TEST_MISSES},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        compile_many(rows[i].condition, rows[i].few);
        assert_row(ruleset->set_count == 0 && leaf_of(0)->set == NULL, rows[i].condition, i);
        forget();
        compile_many(rows[i].condition, rows[i].many);
        assert_row(ruleset->set_count == 1, rows[i].condition, i);
        assert_row(leaf_of(0)->set->leaf_count == rows[i].many, rows[i].condition, i);
        assert_row(leaf_of(rows[i].many - 1)->set == leaf_of(0)->set, rows[i].condition, i);
        assert_row(leaf_of(0)->quiet == rows[i].quiet, rows[i].condition, i);
        forget();
    }
}

static void never(void **state)
{
    static const char *const conditions[] = {
        "header[Subject]=/[0-9]{#}/",    /* no literal */
        "header[Subject]=/key#/,*word*", /* not patterns alone */
        "header[Subject]='a word',/key#/",
        "recipient=/key#word/", /* a value for each recipient */
        "tag=/key#word/",       /* ... for each rule */
        "header[Subject#]=/keyword/",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(conditions); i++) {
        compile_many(conditions[i], 20);
        assert_row(ruleset->set_count == 0, conditions[i], i);
        assert_row(leaf_of(0)->set == NULL, conditions[i], i);
        forget();
    }
}

/* Tests of all leaves have numbers of their own. */
static void numbers(void **state)
{
    (void)state;
    compile_many("header[X]=/key#word/,/other/,~/third/", 20);
    assert_int_equal(ruleset->set_count, 1);
    assert_int_equal(leaf_of(0)->set->test_count, 60);
    for (size_t i = 0; i < 20; i++)
        for (size_t test = 0; test < 3; test++)
            assert_int_equal(leaf_of(i)->set->leaf_of[leaf_of(i)->set_test + test],
                             leaf_of(i)->set_leaf);
    forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_where_there_are_many),
                                       cmocka_unit_test(never), cmocka_unit_test(numbers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
