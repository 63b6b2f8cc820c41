/* How a search is cut into slices, and what stops it. */
#include <time.h>

#include <stdlib.h>

#include "tests/unit/filters/match/pattern_kit.h"

/* --- slices: Z01 --------------------------------------------------------------------------------
 */

static char *filled(size_t len, const char *block)
{
    size_t block_len = strlen(block);
    char *text = malloc(len);

    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = block[i % block_len];
    return text;
}

/* A match in every place near the border of a slice, and what stands before it is seen. */
static void matches_near_slice_borders(void **state)
{
    static const struct {
        const char *source;
        unsigned flags;
        const char *planted;
    } plants[] = {
        {"needle", 0, "needle"},      {"needle", PATTERN_BYTES, "needle"},
        {"(?<=n)eedle", 0, "needle"}, {"\xE2\x82\xAC+x", 0, "\xE2\x82\xAC\xE2\x82\xACx"},
        {"\\bne", 0, "-ne"},          {"^ne", PATTERN_MULTILINE, "\r\nne"},
        {"(?<!\r)\n", 0, "\n"},       {"\nneedle", 0, "\r\nneedle"},
    };
    size_t len = 3 * PATTERN_SLICE_BYTES;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(plants); i++) {
        struct pattern *pattern = compile(slice_str(plants[i].source), plants[i].flags);
        size_t planted_len = strlen(plants[i].planted);

        for (size_t border = PATTERN_SLICE_BYTES; border < len; border += PATTERN_SLICE_BYTES)
            for (size_t at = border - 12; at < border + 4; at++) {
                char *text = filled(len, "hay stack ");
                struct pattern_match match;
                size_t slices;

                memcpy(text + at, plants[i].planted, planted_len);
                assert_row(search(pattern, slice_make(text, len), &match, &slices) == PATTERN_YES,
                           plants[i].source, at);
                assert_row(match.groups[0].ptr >= text + at, plants[i].source, at);
                assert_row(match.groups[0].ptr + match.groups[0].len == text + at + planted_len,
                           plants[i].source, at);
                free(text);
            }
        pattern_destroy(pattern);
    }
}

static void match_at_the_very_end(void **state)
{
    struct pattern *end = compile(SLICE("$"), 0), *x = compile(SLICE("x\\z"), 0);
    struct pattern_match match;
    size_t slices;

    (void)state;
    for (size_t len = 2 * PATTERN_SLICE_BYTES - 3; len < 2 * PATTERN_SLICE_BYTES + 3; len++) {
        char *text = filled(len, "a");

        assert_int_equal(search(end, slice_make(text, len), &match, &slices), PATTERN_YES);
        assert_ptr_equal(match.groups[0].ptr, text + len);
        text[len - 1] = 'x';
        assert_int_equal(search(x, slice_make(text, len), &match, &slices), PATTERN_YES);
        free(text);
    }
    pattern_destroy(end);
    pattern_destroy(x);
}

/* Whether "$" holds behind invalid bytes at the end is the library's to say, with JIT or without;
 * where slices end must not change it. */
static void invalid_end_at_slice_borders(void **state)
{
    static const char *const sources[] = {"$", "x$", "(*NO_JIT)$", "(*NO_JIT)x$"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        struct pattern *pattern = compile(slice_str(sources[i]), 0);
        size_t slices;
        enum pattern_result want = search(pattern, SLICE("x\xFF"), NULL, &slices);

        for (size_t len = PATTERN_SLICE_BYTES - 3; len < PATTERN_SLICE_BYTES + 3; len++) {
            char *text = filled(len, "x");

            text[len - 1] = '\xFF';
            assert_row(search(pattern, slice_make(text, len), NULL, &slices) == want, sources[i],
                       len);
            free(text);
        }
        pattern_destroy(pattern);
    }
}

/* A slice must neither begin nor end between CR and LF: the library never looks for a match there,
 * and "^" would hold. */
static void lines_at_slice_borders(void **state)
{
    struct pattern *pattern = compile(SLICE("^\\s"), PATTERN_MULTILINE);
    size_t len = 2 * PATTERN_SLICE_BYTES + 7;

    (void)state;
    for (size_t at = PATTERN_SLICE_BYTES - 3; at < PATTERN_SLICE_BYTES + 2; at++) {
        char *text = filled(len, "a");
        size_t slices;

        memcpy(text + at, "\r\n", 2);
        memcpy(text + at + PATTERN_SLICE_BYTES, "\r\n", 2);
        assert_row(search(pattern, slice_make(text, len), NULL, &slices) == PATTERN_NO, "CR at",
                   at);
        assert_true(slices > 1);
        free(text);
    }
    pattern_destroy(pattern);
}

static void easy_search_is_cut_at_4_kib(void **state)
{
    struct pattern *pattern = compile(SLICE("needle"), 0);
    struct pattern *anchored = compile(SLICE("^needle"), 0);
    size_t len = 4 * PATTERN_SLICE_BYTES - 1, slices;
    char *text = filled(len, "hay stack ");

    (void)state;
    assert_true(pattern_has_jit(pattern));
    assert_int_equal(search(pattern, slice_make(text, len), NULL, &slices), PATTERN_NO);
    assert_int_equal(slices, 4);
    assert_int_equal(search(anchored, slice_make(text, len), NULL, &slices), PATTERN_NO);
    assert_int_equal(slices, 1);
    assert_int_equal(search(pattern, slice_make(text, 60), NULL, &slices), PATTERN_NO);
    assert_int_equal(slices, 1);
    free(text);
    pattern_destroy(pattern);
    pattern_destroy(anchored);
}

/* No clock here, so the work is seen in the number of slices: a hard pattern is stopped often. */
static void hard_search_is_cut_finer(void **state)
{
    static const char *const sources[] = {"(a+)+[^!a]", "(*NO_JIT)(a+)+[^!a]"};
    size_t len = 400;
    char *text = filled(len, "aaaaaaaaaaaaaaaaaa!");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        struct pattern *pattern = compile(slice_str(sources[i]), 0);
        struct pattern_cursor cursor = {0};

        assert_int_equal(pattern_has_jit(pattern), i == 0);
        for (int slices = 0; slices < 8; slices++) {
            size_t before = cursor.offset;

            assert_int_equal(pattern_search(pattern, scratch, slice_make(text, len), &cursor, NULL),
                             PATTERN_MORE);
            /* a call may only find out that the next start offsets are hard */
            assert_true(cursor.offset > before || cursor.hard_end > before);
            assert_true(cursor.offset <= before + 2 * 19);
        }
        pattern_destroy(pattern);
    }
    free(text);
}

static void limits(void **state)
{
    /* 2^40 ways from one start offset; and more of the JIT's stack than there is */
    static const char *const sources[] = {"^(a+)+[^!a]", "(a+)+[^!a]", "(*NO_JIT)^(a+)+[^!a]",
                                          "^(?:a|b)+[xy]"};
    size_t len = 1 << 20;
    char *text = filled(len, "a");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        struct pattern *pattern = compile(slice_str(sources[i]), 0);
        size_t slices;

        assert_row(search(pattern, slice_make(text, i == 3 ? len : 40), NULL, &slices) ==
                       PATTERN_LIMIT,
                   sources[i], i);
        pattern_destroy(pattern);
    }
    free(text);
}

/* The limit grows with the subject: 10^6 steps would not do for one run over 1.5 MiB. */
static void long_clean_subjects_are_judged(void **state)
{
    struct pattern *pattern = compile(SLICE("^.*?\\d.*x"), PATTERN_DOTALL);
    size_t len = 3 << 19, slices;
    char *text = filled(len, "hay stack ");

    (void)state;
    text[len - 1] = 'x';
    assert_int_equal(search(pattern, slice_make(text, len), NULL, &slices), PATTERN_NO);
    pattern_destroy(pattern);
    free(text);
}

static void a_pattern_can_only_lower_the_limits(void **state)
{
    struct pattern *lower = compile(SLICE("(*LIMIT_MATCH=10)^(a+)+[^!a]"), 0);
    struct pattern *raise = compile(SLICE("(*LIMIT_MATCH=4000000000)^(a+)+[^!a]"), 0);
    char *text = filled(40, "a");
    size_t slices;

    (void)state;
    assert_int_equal(search(lower, slice_make(text, 8), NULL, &slices), PATTERN_LIMIT);
    assert_int_equal(search(raise, slice_make(text, 40), NULL, &slices), PATTERN_LIMIT);
    free(text);
    pattern_destroy(lower);
    pattern_destroy(raise);
}

/* However many slices there are, a subject that is no UTF-8 is gone through once. */
static void invalid_bytes_of_a_long_subject(void **state)
{
    static char text[6 << 20];
    struct pattern *pattern = compile(SLICE("a.*b.*!"), PATTERN_DOTALL);
    size_t slices;
    clock_t began = clock();

    (void)state;
    memset(text, 'c', sizeof(text));
    for (size_t i = 0; i < sizeof(text); i += 1000)
        text[i] = '\xFF';
    assert_int_equal(search(pattern, slice_make(text, sizeof(text)), NULL, &slices), PATTERN_NO);
    assert_true(slices > 1000);
    assert_true(clock() - began < 2 * CLOCKS_PER_SEC);
    pattern_destroy(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_near_slice_borders),
        cmocka_unit_test(match_at_the_very_end),
        cmocka_unit_test(invalid_end_at_slice_borders),
        cmocka_unit_test(invalid_bytes_of_a_long_subject),
        cmocka_unit_test(lines_at_slice_borders),
        cmocka_unit_test(easy_search_is_cut_at_4_kib),
        cmocka_unit_test(hard_search_is_cut_finer),
        cmocka_unit_test(limits),
        cmocka_unit_test(long_clean_subjects_are_judged),
        cmocka_unit_test(a_pattern_can_only_lower_the_limits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
