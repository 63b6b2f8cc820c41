#include "filters/match/list.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const struct place here = {"lists/test", 7};

/* What it says of its memory is what it has taken, within what the allocator adds to it. */
static void memory_is_told(void **state)
{
    size_t before = heap_used();
    struct list *list = list_create();
    struct diag diag;
    char name[64];

    (void)state;
    diag_init(&diag);
    for (unsigned i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof(name), i % 2 == 0 ? "u%u@example.org" : "*.d%u.test", i);
        assert_int_equal(list_add(list, slice_str(name), SLICE_NONE, here, &diag), 0);
    }
    if (heap_used() > before) {
        assert_in_range(list_bytes(list), (heap_used() - before) * 9 / 10, heap_used() - before);
        before = list_bytes(list);
        assert_int_equal(list_add(list, SLICE("a*"), SLICE_NONE, here, &diag), 0);
        assert_true(list_bytes(list) > before);
    }
    list_destroy(list);
    diag_fini(&diag);
}

/* What imitations need is told, too, once it is there. */
static void imitations_are_told(void **state)
{
    struct list *list = list_create();
    struct list_name items[] = {{SLICE("ours"), list}};
    struct list_table table = {items, COUNT_OF(items)};
    struct diag diag;
    size_t before, told;
    char name[64];

    (void)state;
    diag_init(&diag);
    for (unsigned i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof(name), "domain-%u.test", i);
        assert_int_equal(list_add(list, slice_str(name), SLICE_NONE, here, &diag), 0);
    }
    told = list_bytes(list);
    before = heap_used();
    assert_int_equal(list_prepare_lookalikes(&table, SLICE("ours")), 0);
    told = list_bytes(list) - told;
    if (heap_used() > before)
        assert_in_range(told, (heap_used() - before) * 97 / 100, heap_used() - before);
    list_destroy(list);
    diag_fini(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_told),
        cmocka_unit_test(imitations_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
