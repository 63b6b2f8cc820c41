#include "filters/match/wildcard.h"

#include <stdlib.h>

#include "tests/unit/support.h"

static const struct {
    const char *pattern;
    struct slice value;
    bool match;
} rows[] = {
    {"", SLICE_INIT(""), true},
    {"", SLICE_INIT("a"), false},
    {"a", SLICE_INIT(""), false},
    {"abc", SLICE_INIT("abc"), true},
    {"abc", SLICE_INIT("aBC"), true},
    {"ABC", SLICE_INIT("abc"), true},
    {"abc", SLICE_INIT("abcd"), false},
    {"abc", SLICE_INIT("ab"), false},
    {"*", SLICE_INIT(""), true},
    {"*", SLICE_INIT("anything at all"), true},
    {"**", SLICE_INIT(""), true},
    {"?", SLICE_INIT(""), false},
    {"?", SLICE_INIT("x"), true},
    {"?", SLICE_INIT("xy"), false},
    {"a?c", SLICE_INIT("abc"), true},
    {"a?c", SLICE_INIT("ac"), false},
    {"*@example.org", SLICE_INIT("joe@Example.ORG"), true},
    {"*@example.org", SLICE_INIT("joe@example.org.evil.test"), false},
    {"*@example.org", SLICE_INIT("@example.org"), true},
    {"joe*", SLICE_INIT("joe"), true},
    {"joe*", SLICE_INIT("jo"), false},
    {"*a*b*c*", SLICE_INIT("xxaxxbxxcxx"), true},
    {"*a*b*c*", SLICE_INIT("xxcxxbxxaxx"), false},
    {"*ab", SLICE_INIT("aab"), true},
    {"*aab", SLICE_INIT("aaab"), true},
    {"a*a", SLICE_INIT("a"), false},
    {"a*?b", SLICE_INIT("ab"), false},
    {"a*?b", SLICE_INIT("axb"), true},
    {"a?b", SLICE_INIT("a\0b"), true}, /* a NUL is data */
    {"[a]", SLICE_INIT("a"), false},   /* nothing else is special */
    {"[a]", SLICE_INIT("[A]"), true},
    {"\\*", SLICE_INIT("\\x"), true},
    {"\xC3\xA4", SLICE_INIT("\xC3\x84"), false}, /* case is ASCII's */
};

static void matches(void **state)
{
    struct guard pattern, value;

    (void)state;
    guard_init(&pattern, 64);
    guard_init(&value, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row(wildcard_match(guard_copy(&pattern, slice_str(rows[i].pattern)),
                                  guard_copy(&value, rows[i].value)) == rows[i].match,
                   rows[i].pattern, i);
    guard_fini(&pattern);
    guard_fini(&value);
}

/* A backtracking matcher would not come back from this one in the life of the universe. */
static void stars_cost_a_product(void **state)
{
    size_t len = 20000;
    char *value = malloc(len);
    char pattern[200];

    (void)state;
    assert_non_null(value);
    memset(value, 'a', len);
    for (size_t i = 0; i < sizeof(pattern); i += 2)
        memcpy(pattern + i, "*a", 2);
    pattern[sizeof(pattern) - 1] = 'b';
    assert_false(wildcard_match(slice_make(pattern, sizeof(pattern)), slice_make(value, len)));
    free(value);
}

static void presence(void **state)
{
    (void)state;
    assert_true(wildcard_present(SLICE("a*")));
    assert_true(wildcard_present(SLICE("?")));
    assert_false(wildcard_present(SLICE("a.b")));
    assert_false(wildcard_present(SLICE_NONE));
}

/* A long comparison pauses, and comes to the same end. */
static void long_values_in_turns(void **state)
{
    static char value[40 * WILDCARD_STEPS / 10];
    static const struct {
        const char *pattern;
        enum wildcard_result result;
    } longs[] = {
        {"*a?b", WILDCARD_YES}, {"*a?b?b", WILDCARD_NO},  {"a*c*a?b", WILDCARD_YES},
        {"*b", WILDCARD_YES},   {"*c*c*b", WILDCARD_NO},  {"*?????a", WILDCARD_NO},
        {"*", WILDCARD_YES},    {"*C*AAB", WILDCARD_YES},
    };

    (void)state;
    memset(value, 'a', sizeof(value));
    value[sizeof(value) - 1] = 'b';
    value[sizeof(value) - 4] = 'c';
    for (size_t i = 0; i < COUNT_OF(longs); i++) {
        struct slice pattern = slice_str(longs[i].pattern), all = slice_make(value, sizeof(value));
        struct wildcard_place place = {0};
        enum wildcard_result result;
        size_t calls = 0;

        do {
            result = wildcard_search(pattern, all, &place);
            calls++;
        } while (result == WILDCARD_MORE);
        assert_row(result == longs[i].result, longs[i].pattern, i);
        assert_row(wildcard_match(pattern, all) == (result == WILDCARD_YES), longs[i].pattern, i);
        assert_row(calls > 3 || strcmp(longs[i].pattern, "*") == 0, longs[i].pattern, calls);
        assert_row(calls < 40, longs[i].pattern, calls);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presence),
        cmocka_unit_test(matches),
        cmocka_unit_test(stars_cost_a_product),
        cmocka_unit_test(long_values_in_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
