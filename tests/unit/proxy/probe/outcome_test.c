/* outcome: the body before and after, as a person reads it. */
#include "filters/base/bytes.h"
#include "proxy/probe/outcome.h"
#include "tests/unit/support.h"

static const struct {
    const char *name, *before, *after, *want;
} rows[] = {
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
    struct header header = {.count = 0};
    struct probe_message message = {.number = 1};
    struct edit edit = {.kind = EDIT_REPLACE_BODY, .value = slice_str(after)};
    struct edit_list edits = {.items = &edit, .count = 1, .capacity = 1};
    struct draft draft;

    draft_init(&draft, arena, SLICE("a@b"));
    draft_receive(&draft, &header);
    draft.body = slice_str(before);
    assert_int_equal(outcome_look(&message, &edits, &draft, arena), 0);
    assert_int_equal(message.edits.count, 1);
    for (size_t k = 0; k < message.body.count; k++) {
        if (message.body.lines[k].mark != '@')
            bytes_append_char(got, message.body.lines[k].mark);
        bytes_append(got, message.body.lines[k].text);
        bytes_append_char(got, '|');
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena;
        struct bytes got;

        arena_init(&arena, 4096, 1U << 20);
        bytes_init(&got, 4096);
        look(rows[i].before, rows[i].after, &got, &arena);
        assert_row_slice(bytes_slice(&got), slice_str(rows[i].want), rows[i].name, i);
        bytes_fini(&got);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
