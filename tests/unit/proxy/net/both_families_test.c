#include "proxy/net/both_families.h"

#include "tests/unit/support.h"

/* How many of each there are, and which come out, in order. */
static const struct {
    size_t v4, v6;
    const char *order;
} rows[] = {
    {0, 0, ""},          {1, 0, "4"},         {0, 1, "6"},        {1, 1, "46"},
    {3, 1, "4644"},      {1, 3, "4666"},      {8, 8, "46464646"}, {9, 0, "44444444"},
    {20, 1, "46444444"}, {0, 20, "66666666"},
};

static void orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct both_families b;
        struct address out[RESOLVER_ADDRESSES_MAX];
        both_families_clear(&b);
        for (size_t k = 0; k < rows[i].v6; k++)
            both_families_add(&b, (struct address){.family = ADDRESS_V6}, 9);
        for (size_t k = 0; k < rows[i].v4; k++)
            both_families_add(&b, (struct address){.family = ADDRESS_V4}, 9);
        size_t count = both_families_merge(&b, out);
        assert_int_equal(count, strlen(rows[i].order));
        for (size_t k = 0; k < count; k++)
            assert_int_equal(out[k].family == ADDRESS_V4 ? '4' : '6', rows[i].order[k]);
    }
}

static void shortest_life(void **state)
{
    struct both_families b = {.v4_count = 3, .ttl_s = 7};
    (void)state;
    both_families_clear(&b);
    both_families_add(&b, (struct address){.family = ADDRESS_V4}, 60);
    both_families_add(&b, (struct address){.family = ADDRESS_V6}, 30);
    both_families_add(&b, (struct address){.family = ADDRESS_V4}, 90);
    assert_int_equal(b.ttl_s, 30);
    both_families_add(&b, (struct address){.family = ADDRESS_V4}, -1);
    assert_int_equal(b.ttl_s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders),
        cmocka_unit_test(shortest_life),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
