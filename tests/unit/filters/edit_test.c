#include "filters/edit.h"

#include "tests/unit/support.h"

#define ROOM ((size_t)1 << 24)

static void keeps_the_order(void **state)
{
    struct arena arena;
    struct edit_list list = {0};

    (void)state;
    arena_init(&arena, 4096, ROOM);
    for (unsigned i = 0; i < 100; i++) {
        struct edit edit = {.kind = EDIT_INSERT_HEADER, .index = i, .name = SLICE("X")};

        assert_int_equal(edit_list_add(&list, &arena, &edit), 0);
        edit.index = 999; /* it was copied */
    }
    assert_int_equal(list.count, 100);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(list.items[i].index, i);
        assert_text(list.items[i].name, "X");
    }
    arena_fini(&arena);
}

static void has_an_end(void **state)
{
    struct arena arena;
    struct edit_list list = {0};
    struct edit edit = {.kind = EDIT_QUARANTINE};

    (void)state;
    arena_init(&arena, 4096, ROOM);
    for (size_t i = 0; i < EDITS_MAX; i++)
        assert_int_equal(edit_list_add(&list, &arena, &edit), 0);
    assert_false(list.failed);
    assert_int_equal(edit_list_add(&list, &arena, &edit), -1);
    assert_true(list.failed);
    assert_int_equal(list.count, EDITS_MAX);
    arena_fini(&arena);
}

static void full_arena_leaves_the_list(void **state)
{
    struct arena arena;
    struct edit_list list = {0};
    struct edit edit = {.kind = EDIT_ADD_HEADER, .name = SLICE("Kept")};
    size_t count = 0;

    (void)state;
    arena_init(&arena, 4096, 4096);
    while (edit_list_add(&list, &arena, &edit) == 0)
        count++;
    assert_true(count > 0 && count < EDITS_MAX);
    assert_true(list.failed);
    assert_int_equal(list.count, count);
    assert_text(list.items[count - 1].name, "Kept");
    arena_fini(&arena);
}

static const struct {
    enum edit_kind kind;
    const char *name;
    bool header;
} kinds[] = {
    {EDIT_ADD_HEADER, "add_header", true},
    {EDIT_INSERT_HEADER, "insert_header", true},
    {EDIT_CHANGE_HEADER, "change_header", true},
    {EDIT_DELETE_HEADER, "delete_header", true},
    {EDIT_REPLACE_BODY, "replace_body", false},
    {EDIT_SET_SENDER, "set_sender", false},
    {EDIT_ADD_RECIPIENT, "add_recipient", false},
    {EDIT_REMOVE_RECIPIENT, "remove_recipient", false},
    {EDIT_QUARANTINE, "quarantine", false},
    {EDIT_ARCHIVE, "archive", false},
};

static void names_and_kinds(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(kinds), EDIT_ARCHIVE + 1);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        assert_text(edit_name(kinds[i].kind), kinds[i].name);
        assert_row(edit_is_header(kinds[i].kind) == kinds[i].header, kinds[i].name, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(has_an_end),
        cmocka_unit_test(full_arena_leaves_the_list),
        cmocka_unit_test(names_and_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
