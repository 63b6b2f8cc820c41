/* diff: headers before and after edits, as a person reads them. */
#include "filters/base/bytes.h"
#include "proxy/explain/diff.h"
#include "tests/unit/support.h"

#define LINES_MAX 16

/* Lines are the same when they are the same bytes, so both sides name them by letters of one text.
 */
static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";

static struct diff_side side(const char *letters, struct slice lines[LINES_MAX])
{
    size_t count = strlen(letters);
    for (size_t i = 0; i < count; i++)
        lines[i] = slice_make(&alphabet[letters[i] - 'a'], 1);
    return (struct diff_side){lines, count};
}

static const struct {
    const char *name, *before, *after, *want;
} rows[] = {
    {"nothing changed", "abc", "abc", ""},
    {"nothing at all", "", "", ""},
    {"added at the end", "abc", "abcx", "@@ -2,2 +2,3 @@| b| c|+x|"},
    {"inserted at the top", "abc", "xabc", "@@ -1,2 +1,3 @@|+x| a| b|"},
    {"deleted", "abcde", "abde", "@@ -1,5 +1,4 @@| a| b|-c| d| e|"},
    {"changed in the middle", "abcde", "abxde", "@@ -1,5 +1,5 @@| a| b|-c|+x| d| e|"},
    {"two places far apart", "abcdefghi", "xbcdefghy",
     "@@ -1,3 +1,3 @@|-a|+x| b| c|@@ -7,3 +7,3 @@| g| h|-i|+y|"},
    {"everything new", "a", "x", "@@ -1,1 +1,1 @@|-a|+x|"},
    {"everything gone", "ab", "", "@@ -1,2 +0,0 @@|-a|-b|"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice before_lines[LINES_MAX], after_lines[LINES_MAX];
        struct diff_side before = side(rows[i].before, before_lines);
        struct diff_side after = side(rows[i].after, after_lines);
        struct arena arena;
        struct bytes got;
        struct diff diff;
        arena_init(&arena, 4096, 1U << 20);
        bytes_init(&got, 4096);
        assert_int_equal(diff_make(&diff, &before, &after, &arena), 0);
        for (size_t k = 0; k < diff.count; k++) {
            if (diff.lines[k].mark != '@')
                bytes_append_char(&got, diff.lines[k].mark);
            bytes_append(&got, diff.lines[k].text);
            bytes_append_char(&got, '|');
        }
        assert_row_slice(bytes_slice(&got), slice_str(rows[i].want), rows[i].name, i);
        bytes_fini(&got);
        arena_fini(&arena);
    }
}

static void test_full_arena(void **state)
{
    (void)state;
    struct slice before_lines[LINES_MAX], after_lines[LINES_MAX];
    struct diff_side before = side("abc", before_lines), after = side("abx", after_lines);
    struct arena arena;
    struct diff diff;
    arena_init(&arena, 16, 16);
    assert_int_equal(diff_make(&diff, &before, &after, &arena), -1);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_full_arena),
    };
    return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
