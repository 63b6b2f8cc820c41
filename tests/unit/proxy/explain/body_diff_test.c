#include "proxy/explain/body_diff.h"

#include "filters/base/bytes.h"
#include "proxy/explain/alignment.h"
#include "tests/unit/support.h"

static const struct {
    const char *name, *before, *after, *want;
} ROWS[] = {
    {"nothing changed", "a\nb\n", "a\nb\n", ""},
    {"a footer", "a\nb\nc\n", "a\nb\nc\nx\n", "@@ -2,2 +2,3 @@| b| c|+x|"},
    {"changed in the middle", "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@| a|-b|+x| c|"},
    {"two places, with a line that is there twice", "a\n\nb\n\nc\nd\n", "x\n\nb\n\nc\ny\n",
     "@@ -1,6 +1,6 @@|-a|+x| | b| | c|-d|+y|"},
    {"repeated lines gone", "a\na\na\n", "a\n", "@@ -1,3 +1,1 @@| a|-a|-a|"},
    {"everything gone", "a\n", "", "@@ -1,1 +0,0 @@|-a|"},
    {"everything new", "", "a", "@@ -0,0 +1,1 @@|+a|"},
};

static void look(const char *before, const char *after, struct bytes *got, struct arena *arena)
{
    struct body_diff diff;

    assert_int_equal(body_diff_make(&diff, slice_str(before), slice_str(after), arena), 0);
    for (size_t k = 0; k < diff.diff.count; k++) {
        if (diff.diff.lines[k].mark != '@')
            bytes_append_char(got, diff.diff.lines[k].mark);
        bytes_append(got, diff.diff.lines[k].text);
        bytes_append_char(got, '|');
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct arena arena;
        struct bytes got;

        arena_init(&arena, 4096, 1U << 20);
        bytes_init(&got, 4096);
        look(ROWS[i].before, ROWS[i].after, &got, &arena);
        assert_row_slice(bytes_slice(&got), slice_str(ROWS[i].want), ROWS[i].name, i);
        bytes_fini(&got);
        arena_fini(&arena);
    }
}

/* Of more lines than a diff is made of only their number is told. */
static void test_too_much(void **state)
{
    struct arena arena;
    struct bytes text;
    struct body_diff diff;

    (void)state;
    arena_init(&arena, 4096, 1U << 20);
    bytes_init(&text, 1U << 20);
    for (int i = 0; i < ALIGNMENT_EDITS_MAX + 1; i++)
        bytes_format(&text, "%d\n", i);
    assert_int_equal(body_diff_make(&diff, SLICE("x\n"), bytes_slice(&text), &arena), 0);
    assert_int_equal(diff.before, 1);
    assert_int_equal(diff.after, ALIGNMENT_EDITS_MAX + 1);
    assert_int_equal(diff.diff.count, 0);
    arena_fini(&arena);
    arena_init(&arena, 64, 64);
    assert_int_equal(body_diff_make(&diff, SLICE("x\n"), bytes_slice(&text), &arena), -1);
    arena_fini(&arena);
    bytes_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_too_much)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
