#include "filters/match/ranges.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#define ROOM ((size_t)1 << 20)

static const char *const added[] = {
    "10.0.0.0/8",      "10.1.0.0/16",        "10.1.2.3",          "192.0.2.128/25",
    "198.51.100.4/30", "2001:db8::/32",      "2001:db8:0:1::/64", "2001:db8::5",
    "65.66.67.68",     "2001:db8:8000::/33", "172.16.0.0/16",     "172.0.0.0/16",
};

static const struct {
    const char *address;
    const char *range; /* NULL: none */
} rows[] = {
    {"10.9.9.9", "10.0.0.0/8"},
    {"10.1.9.9", "10.1.0.0/16"},
    {"10.1.2.3", "10.1.2.3"},
    {"11.0.0.0", NULL},
    {"9.255.255.255", NULL},
    {"192.0.2.127", NULL},
    {"192.0.2.128", "192.0.2.128/25"},
    {"192.0.2.255", "192.0.2.128/25"},
    {"198.51.100.3", NULL},
    {"198.51.100.4", "198.51.100.4/30"},
    {"198.51.100.7", "198.51.100.4/30"},
    {"198.51.100.8", NULL},
    {"65.66.67.68", "65.66.67.68"},
    {"97.98.99.100", NULL}, /* the same bytes as letters of the other case */
    {"2001:db8::5", "2001:db8::5"},
    {"2001:db8::6", "2001:db8::/32"},
    {"2001:db8:0:1::6", "2001:db8:0:1::/64"},
    {"2001:db8:8000::1", "2001:db8:8000::/33"},
    {"2001:db7::1", NULL},
    {"::ffff:10.1.2.3", "10.1.2.3"},
    {"::a01:203", NULL}, /* IPv6 with the bytes of 10.1.2.3 */
    {"a01:203::", NULL},
    {"172.16.9.9", "172.16.0.0/16"},
    {"172.20.9.9", NULL}, /* 172.0.0.0/8 is none, though /8 is in use */
    {"172.0.9.9", "172.0.0.0/16"},
};

static void add_all(struct ranges *ranges, struct arena *arena)
{
    for (size_t i = 0; i < COUNT_OF(added); i++) {
        struct address_range range;

        assert_int_equal(address_range_parse(slice_str(added[i]), &range), 0);
        assert_int_equal(ranges_add(ranges, &range, added[i], arena), 0);
    }
}

static void the_narrowest_range(void **state)
{
    struct arena arena;
    struct ranges ranges = {0};

    (void)state;
    arena_init(&arena, 1024, ROOM);
    add_all(&ranges, &arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct address address;
        const char *found;

        assert_int_equal(address_parse(slice_str(rows[i].address), &address), 0);
        found = ranges_find(&ranges, &address);
        assert_row((found != NULL) == (rows[i].range != NULL), rows[i].address, i);
        if (found != NULL)
            assert_row_slice(slice_str(found), slice_str(rows[i].range), rows[i].address, i);
    }
    ranges_fini(&ranges);
    arena_fini(&arena);
}

static void everything_and_nothing(void **state)
{
    struct arena arena;
    struct ranges ranges = {0};
    struct address_range all;
    struct address address, none = {.family = ADDRESS_NONE}, local = {.family = ADDRESS_UNIX};

    (void)state;
    arena_init(&arena, 1024, ROOM);
    assert_int_equal(address_parse(SLICE("192.0.2.1"), &address), 0);
    assert_null(ranges_find(&ranges, &address));
    assert_int_equal(address_range_parse(SLICE("0.0.0.0/0"), &all), 0);
    assert_int_equal(ranges_add(&ranges, &all, "all", &arena), 0);
    assert_non_null(ranges_find(&ranges, &address));
    assert_int_equal(address_parse(SLICE("::1"), &address), 0);
    assert_null(ranges_find(&ranges, &address)); /* never across families */
    assert_int_equal(address_range_parse(SLICE("::/0"), &all), 0);
    assert_int_equal(ranges_add(&ranges, &all, "all of IPv6", &arena), 0);
    assert_non_null(ranges_find(&ranges, &address));
    assert_null(ranges_find(&ranges, &none));
    assert_null(ranges_find(&ranges, &local));
    ranges_fini(&ranges);
    arena_fini(&arena);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(the_narrowest_range, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_narrowest_range),
        cmocka_unit_test(everything_and_nothing),
        cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
