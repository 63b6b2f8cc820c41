#include "filters/match/lookup.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#define ROOM ((size_t)1 << 24)

static void many_keys(void **state)
{
    struct arena arena;
    struct lookup lookup = {0};

    (void)state;
    arena_init(&arena, 65536, ROOM);
    for (unsigned i = 0; i < 20000; i++) {
        struct slice key = arena_format(&arena, "key-%u", i);

        assert_int_equal(lookup_add(&lookup, key, arena_format(&arena, "%u", i).ptr), 0);
    }
    assert_int_equal(lookup.count, 20000);
    for (unsigned i = 0; i < 20000; i++) {
        char key[32], text[32];
        const struct lookup_entry *entry;

        (void)snprintf(key, sizeof(key), "key-%u", i);
        (void)snprintf(text, sizeof(text), "%u", i);
        entry = lookup_find(&lookup, slice_str(key));
        assert_non_null(entry);
        assert_string_equal(entry->item, text);
    }
    assert_null(lookup_find(&lookup, SLICE("key-20000")));
    assert_null(lookup_find(&lookup, SLICE("key")));
    assert_null(lookup_find(&lookup, SLICE_NONE));
    lookup_fini(&lookup);
    assert_null(lookup_find(&lookup, SLICE("key-1")));
    arena_fini(&arena);
}

/* Whatever number of keys there is, half of the places are free: what is not there is found out
 * soon, and at all. */
static void places_stay_free(void **state)
{
    struct lookup lookup = {0};
    char keys[100];

    (void)state;
    for (size_t i = 0; i < sizeof(keys); i++) {
        keys[i] = (char)('0' + i);
        assert_int_equal(lookup_add(&lookup, slice_make(&keys[i], 1), ""), 0);
        assert_int_equal(lookup.count, i + 1);
        assert_true(2 * lookup.count <= lookup.capacity);
        assert_null(lookup_find(&lookup, SLICE("/")));
    }
    lookup_fini(&lookup);
}

static void letter_case(void **state)
{
    struct lookup exact = {0}, folded = {.fold = true};
    char keys[2 * 26];

    (void)state;
    assert_int_equal(lookup_add(&exact, SLICE("Key"), "1"), 0);
    assert_int_equal(lookup_add(&exact, SLICE("kEY"), "2"), 0);
    assert_int_equal(exact.count, 2);
    assert_null(lookup_find(&exact, SLICE("key")));
    assert_string_equal(lookup_find(&exact, SLICE("kEY"))->item, "2");
    assert_int_equal(lookup_add(&folded, SLICE("Key"), "1"), 0);
    assert_int_equal(lookup_add(&folded, SLICE("kEY"), "2"), 0);
    assert_int_equal(folded.count, 1);
    assert_string_equal(lookup_find(&folded, SLICE("KEY"))->item, "1"); /* the first one stays */
    for (unsigned char c = 'A'; c <= 'Z'; c++) {
        char *upper = &keys[2 * (c - 'A')], lower[] = {(char)(c + 32), 'x'};

        upper[0] = (char)c;
        upper[1] = 'X';
        assert_int_equal(lookup_add(&folded, slice_make(upper, 2), ""), 0);
        assert_non_null(lookup_find(&folded, slice_make(lower, 2)));
    }
    lookup_fini(&exact);
    lookup_fini(&folded);
    assert_true(folded.fold);
}

static void bytes_are_data(void **state)
{
    struct lookup lookup = {0};

    (void)state;
    assert_int_equal(lookup_add(&lookup, SLICE("a\0b"), "nul"), 0);
    assert_int_equal(lookup_add(&lookup, SLICE(""), "empty"), 0);
    assert_null(lookup_find(&lookup, SLICE("a")));
    assert_null(lookup_find(&lookup, SLICE("a\0c")));
    assert_string_equal(lookup_find(&lookup, SLICE("a\0b"))->item, "nul");
    assert_string_equal(lookup_find(&lookup, SLICE_NONE)->item, "empty");
    lookup_fini(&lookup);
}

/* No key is that long, so there is nothing to read: it would be no memory of ours. */
static void what_no_key_can_be_is_not_read(void **state)
{
    struct lookup lookup = {0};

    (void)state;
    for (unsigned i = 0; i < 20; i++) /* past a growth */
        assert_int_equal(lookup_add(&lookup, slice_make("longest key of all!!", i + 1), ""), 0);
    assert_non_null(lookup_find(&lookup, SLICE("longest key of all!!")));
    assert_null(lookup_find(&lookup, slice_make("longest key of all!!", SIZE_MAX / 2)));
    lookup_fini(&lookup);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(many_keys, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_keys),
        cmocka_unit_test(places_stay_free),
        cmocka_unit_test(letter_case),
        cmocka_unit_test(bytes_are_data),
        cmocka_unit_test(what_no_key_can_be_is_not_read),
        cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
