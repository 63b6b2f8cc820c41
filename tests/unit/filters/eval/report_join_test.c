/* Two reports as one: what comes before what, and what is left out when memory is. */
#include "filters/eval/report_join.h"

#include "tests/unit/support.h"

static const struct slice FIRST[] = {SLICE_INIT("a"), SLICE_INIT("b")};
static const struct slice LAST[] = {SLICE_INIT("c")};
static const enum failure FIRST_CAUSES[] = {FAILURE_REGEX, FAILURE_LOOKUP};
static const enum failure LAST_CAUSES[] = {FAILURE_REGEX};
static const struct eval_listed FIRST_LISTED[] = {{.rule = SLICE_INIT("a")}};
static const struct eval_listed LAST_LISTED[] = {{.rule = SLICE_INIT("c")}};
static const struct eval_would_rule FIRST_WOULD[] = {{.rule = SLICE_INIT("s")}};
static const struct eval_would_rule LAST_WOULD[] = {{.rule = SLICE_INIT("t")}};

static const struct edit_list NO_EDITS = {.count = 0};

static struct eval_report report(void)
{
    return (struct eval_report){.would.edits = &NO_EDITS, .skipped = &NO_EDITS};
}

static struct eval_report full(const struct slice *names, size_t count)
{
    struct eval_report full = report();
    bool first = names == FIRST;

    full.rules = full.logs = full.failures = names;
    full.rule_count = full.log_count = full.failure_count = count;
    full.causes = first ? FIRST_CAUSES : LAST_CAUSES;
    full.listed = first ? FIRST_LISTED : LAST_LISTED;
    full.would.rules = first ? FIRST_WOULD : LAST_WOULD;
    full.listed_count = full.would.rule_count = 1;
    return full;
}

static void assert_names(const struct slice *names, size_t count, const char *expected)
{
    assert_int_equal(count, strlen(expected));
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(names[i].ptr, expected + i, 1);
}

static void first_before_last(void **state)
{
    struct eval_report first = full(FIRST, COUNT_OF(FIRST)), last = full(LAST, COUNT_OF(LAST));
    struct arena arena;

    (void)state;
    arena_init(&arena, 256, 65536);
    first.score = 1;
    last.score = 3;
    struct eval_report both = report_join(&arena, &first, &last);
    assert_names(both.rules, both.rule_count, "abc");
    assert_names(both.logs, both.log_count, "abc");
    assert_names(both.failures, both.failure_count, "abc");
    assert_int_equal(both.causes[1], FAILURE_LOOKUP);
    assert_int_equal(both.causes[2], FAILURE_REGEX);
    assert_int_equal(both.listed_count, 2);
    assert_text(both.listed[0].rule, "a");
    assert_text(both.listed[1].rule, "c");
    assert_int_equal(both.would.rule_count, 2);
    assert_text(both.would.rules[0].rule, "s");
    assert_text(both.would.rules[1].rule, "t");
    assert_true(both.score == 3); /* which counts the first in */
    assert_false(both.unchecked || both.incomplete);
    arena_fini(&arena);
}

static void edits_in_order(void **state)
{
    struct eval_report first = report(), last = report();
    struct edit_list early = {.count = 0}, late = {.count = 0};
    struct edit edit = {.kind = EDIT_REMOVE_RECIPIENT, .value = SLICE("u@x.test")};
    struct arena arena;

    (void)state;
    arena_init(&arena, 256, 65536);
    assert_int_equal(edit_list_add(&early, &arena, &edit), 0);
    edit.kind = EDIT_ADD_RECIPIENT;
    assert_int_equal(edit_list_add(&late, &arena, &edit), 0);
    first.would.edits = first.skipped = &early;
    assert_int_equal(report_join(&arena, &first, &last).skipped->count, 1);
    assert_int_equal(report_join(&arena, &first, &last).would.edits->count, 1);
    last.would.edits = &late;
    const struct edit_list *both = report_join(&arena, &first, &last).would.edits;
    assert_int_equal(both->count, 2);
    assert_int_equal(both->items[0].kind, EDIT_REMOVE_RECIPIENT);
    assert_int_equal(both->items[1].kind, EDIT_ADD_RECIPIENT);
    arena_fini(&arena);
}

static void what_either_is(void **state)
{
    struct eval_report first = report(), last = report();
    struct arena arena;

    (void)state;
    arena_init(&arena, 256, 65536);
    first.unchecked = true;
    last.incomplete = true;
    struct eval_report both = report_join(&arena, &first, &last);
    assert_true(both.unchecked && both.incomplete);
    both = report_join(&arena, &last, &first);
    assert_true(both.unchecked && both.incomplete);
    arena_fini(&arena);
}

static void no_room(void **state)
{
    struct eval_report first = full(FIRST, COUNT_OF(FIRST)), last = full(LAST, COUNT_OF(LAST));
    struct arena arena;

    (void)state;
    arena_init(&arena, 1, 1);
    struct eval_report both = report_join(&arena, &first, &last);
    assert_names(both.rules, both.rule_count, "c");
    assert_names(both.failures, both.failure_count, "c");
    assert_int_equal(both.causes[0], FAILURE_REGEX);
    assert_int_equal(both.listed_count, 1);
    assert_int_equal(both.would.rule_count, 1);
    assert_true(both.incomplete);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_before_last),
        cmocka_unit_test(edits_in_order),
        cmocka_unit_test(what_either_is),
        cmocka_unit_test(no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
