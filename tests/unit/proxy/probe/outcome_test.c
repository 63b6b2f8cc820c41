/* outcome: what a milter's edits make of the header and the body. */
#include "proxy/probe/outcome.h"

#include "tests/unit/support.h"

static int look(struct edit edit, struct probe_message *message, struct arena *arena)
{
    static const struct header NONE = {.count = 0};
    struct edit_list edits = {.items = &edit, .count = 1, .capacity = 1};
    struct draft draft;

    *message = (struct probe_message){.number = 1};
    draft_init(&draft, arena, SLICE("a@b"));
    draft_receive(&draft, &NONE);
    draft.body = SLICE("a\nb\n");
    return outcome_look(message, &edits, &draft, arena);
}

static void test_edits(void **state)
{
    struct edit body = {.kind = EDIT_REPLACE_BODY, .value = SLICE("a\nx\n")};
    struct edit field = {
        .kind = EDIT_ADD_HEADER, .name = SLICE("X-A"), .value = SLICE(" 1\r\nbroken")};
    struct probe_message message;
    struct arena arena;

    (void)state;
    arena_init(&arena, 4096, 1U << 20);
    assert_int_equal(look(body, &message, &arena), 0);
    assert_int_equal(message.edits.count, 1);
    assert_int_equal(message.body.diff.count, 4);
    assert_int_equal(message.body.before, 2);
    assert_false(message.unfit);
    assert_int_equal(look(field, &message, &arena), 0);
    assert_true(message.unfit);
    assert_int_equal(message.body.after, 0);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_edits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
