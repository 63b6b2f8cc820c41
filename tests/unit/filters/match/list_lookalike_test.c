#include "filters/match/list.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

/* Domains and "*.domain" of it alone. */
static void what_imitates_it(void **state)
{
    static const char *const ours[] = {"example.org",       "*.grammar.test",   "a@address.test",
                                       "wildc*rd.test",     "/pattern[.]test/", "192.0.2.0/24",
                                       "m\xC3\xBCller.test"};
    static const struct {
        const char *domain, *written;
    } asked[] = {
        {"exampel.org", "example.org"},
        {"gramar.test", "*.grammar.test"},
        {"mullerr.test", ""},
        {"muller.test", "m\xC3\xBCller.test"},
        {"adress.test", ""},
        {"wildcrd.test", ""},
        {"patern.test", ""},
        {"example.org", ""},
    };
    struct list *list = list_create();
    struct diag diag;
    struct list_name items[] = {{SLICE("ours"), list}};
    struct list_table table = {items, COUNT_OF(items)};

    (void)state;
    diag_init(&diag);
    for (size_t i = 0; i < COUNT_OF(ours); i++)
        assert_int_equal(list_add(list, slice_str(ours[i]), SLICE_NONE, (struct place){0}, &diag),
                         0);
    assert_int_equal(list_prepare_lookalikes(&table, SLICE("theirs")), 0);
    assert_int_equal(list_prepare_lookalikes(&table, SLICE("ours")), 0);
    assert_int_equal(list_prepare_lookalikes(&table, SLICE("ours")), 0);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        struct list_hit hit = {.entry = NULL};
        struct slice imitated = SLICE_NONE;
        bool want = asked[i].written[0] != '\0';

        assert_row(list_imitates(list, slice_str(asked[i].domain), &hit, &imitated) == want,
                   asked[i].domain, i);
        if (want)
            assert_row_slice(hit.entry->written, slice_str(asked[i].written), asked[i].domain, i);
    }
    list_destroy(list);
    diag_fini(&diag);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(what_imitates_it, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_imitates_it),
        cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
