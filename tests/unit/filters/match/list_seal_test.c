/* Which lists have their patterns looked for in one pass, and what that takes. */
#include "filters/match/list_private.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct place here = {"lists/test", 7};

static struct list *numbered(const char *before, unsigned count, const char *behind)
{
    struct list *list = list_create();
    struct diag diag;
    char entry[64];

    assert_non_null(list);
    diag_init(&diag);
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(entry, sizeof(entry), "%s%u%s", before, i, behind);
        assert_int_equal(list_add(list, slice_str(entry), SLICE_NONE, here, &diag), 0);
    }
    diag_fini(&diag);
    return list;
}

static const struct {
    const char *before;
    unsigned count;
    const char *behind;
    bool wants_room;
} rows[] = {
    {"/word", 7, "/", false},                              /* few */
    {"/word", 8, "/", true},    {"/\\d", 100, "/", false}, /* no literal */
    {"*word", 100, "*", false}, {"word", 100, ".test", false}, {"/word", 0, "/", false},
};

static void who_wants_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct list *list = numbered(rows[i].before, rows[i].count, rows[i].behind);

        assert_false(list_wants_room(list));
        assert_int_equal(list_seal(list), 0);
        assert_row(list_wants_room(list) == rows[i].wants_room, rows[i].before, i);
        list_destroy(list);
    }
}

static void its_memory_is_told(void **state)
{
    struct list *list = numbered("/word", 3000, "/");
    size_t told = list_bytes(list), before = heap_used();

    (void)state;
    assert_int_equal(list_seal(list), 0);
    told = list_bytes(list) - told;
    assert_true(told > 3000 * 16);
    if (heap_used() > before)
        assert_in_range(told, (heap_used() - before) * 9 / 10, heap_used() - before);
    list_destroy(list);
}

/* Wherever memory is out, the list stays one that can be asked in turn. */
static void memory_is_out(void **state)
{
    size_t failed = 0;
    int sealed = -1;

    (void)state;
    for (size_t room = 0; sealed != 0; room += 1024) {
        struct list *list = numbered("/word", 20, "/");

        list->arena.limit_bytes = list->arena.total_bytes + room;
        sealed = list_seal(list);
        failed += sealed != 0;
        assert_int_equal(list_wants_room(list), sealed == 0);
        list_destroy(list);
    }
    assert_true(failed > 2);
}

static void count_bare(void *ctx, const struct list_entry *entry, const struct pattern *pattern)
{
    size_t *count = ctx;

    assert_non_null(pattern);
    assert_text(entry->written, "/\\d0/");
    ++*count;
}

static void bare_patterns(void **state)
{
    struct list *bare = numbered("/\\d", 1, "/"), *words = numbered("/word", 9, "/"),
                *wildcards = numbered("*a", 9, "*");
    size_t count = 0;

    (void)state;
    assert_int_equal(list_bare_patterns(bare, count_bare, &count), 1);
    assert_int_equal(count, 1);
    assert_int_equal(list_bare_patterns(words, count_bare, &count), 9);
    assert_int_equal(list_bare_patterns(wildcards, count_bare, &count), 0);
    assert_int_equal(count, 1);
    list_destroy(bare);
    list_destroy(words);
    list_destroy(wildcards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_wants_room),
        cmocka_unit_test(its_memory_is_told),
        cmocka_unit_test(memory_is_out),
        cmocka_unit_test(bare_patterns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
