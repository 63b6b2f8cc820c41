/* Entries of a list are counted by shape, and the first few of each are kept. */
#include "conf/census.h"
#include "tests/unit/support.h"

static void counted(void **state)
{
    static const char *const entries[] = {"a@b.test", "example.org", "a@b.test", "",
                                          "c@d.test", "e@f.test",    "g@h.test", "i@j.test"};
    struct census census = {.counts = {0}};
    struct arena arena;

    (void)state;
    arena_init(&arena, 1024, 65536);
    for (unsigned i = 0; i < COUNT_OF(entries); i++)
        assert_int_equal(
            census_note(&census, slice_str(entries[i]), (struct place){"list", i + 1}, &arena), 0);
    assert_int_equal(census.counts[SHAPE_MAILBOX], 6);
    assert_int_equal(census.counts[SHAPE_DOMAIN], 1);
    assert_int_equal(census.counts[SHAPE_EMPTY], 1);
    assert_int_equal(census_kept(&census, SHAPE_DOMAIN), 1);
    assert_int_equal(census_kept(&census, SHAPE_RANGE), 0);
    assert_true(census_kept(&census, SHAPE_MAILBOX) <= CENSUS_KEPT);
    assert_text(census.first[SHAPE_MAILBOX][1].text, "a@b.test");
    assert_int_equal(census.first[SHAPE_MAILBOX][1].place.line, 3);
    arena_fini(&arena);
}

/* Without memory an entry is lost, and the caller is told. */
static void without_memory(void **state)
{
    struct census census = {.counts = {0}};
    struct arena none;

    (void)state;
    arena_init(&none, 16, 0);
    assert_int_equal(census_note(&census, SLICE("a@b.test"), (struct place){"list", 1}, &none), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counted), cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
