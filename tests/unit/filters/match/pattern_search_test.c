/* That a search in slices, windows and guarded calls finds what one call on the whole subject
 * finds, and that no call takes long. */
#include <stdlib.h>
#include <time.h>

#include "filters/match/pattern_library.h"
#include "tests/unit/filters/match/pattern_kit.h"

#define SUBJECT_MAX  6000
#define SEEDS        150
#define CALL_MS_MAX  250 /* a call takes 10 to 20; the rest is for sanitizers and old machines */
#define ENOUGH_CALLS 40

/* --- the same as in one call ------------------------------------------------------------------ */

static const struct {
    const char *source;
    unsigned flags;
} sames[] = {
    {"needle", 0},
    {"needle|[xyz]{3}q", PATTERN_CASELESS},
    {"(\\w+)@(\\w+)[.]b", 0},
    {"a+b", PATTERN_BYTES},
    {"[a-z]+N", 0},
    {"[^ ]+ +[^ ]+N", PATTERN_UNICODE},
    {"(a+)+b", 0},
    {"(.)(.)\\2\\1N", 0},
    {"^.*N$", PATTERN_MULTILINE},
    {"^\\s", PATTERN_MULTILINE},
    {"\\Aa.*?N", PATTERN_DOTALL},
    {".*N.*q", PATTERN_DOTALL},
    {"a.*\\z", PATTERN_DOTALL},
    {"(?<=N)a+$", 0},
    {"(?<!a)N(?=a|$)", PATTERN_MULTILINE},
    {"\\bN\\w*\\b", 0},
    {"[\\x{E4}N]+b", 0},
    {"\r\n\\S+N", 0},
    {"a*", 0},
    {"$", 0},
    {"(?:a|\\w{3,40})+N", 0},
    {"N\\Ka+", 0},
    {"(*NO_JIT)[a-z]+N", 0},
    {"(*NO_JIT)(a+)+b", PATTERN_BYTES},
};

/* Text of a few pieces, some of which come seldom, or in long runs. */
static size_t make_subject(char *text, unsigned seed)
{
    static const struct slice pieces[] = {
        SLICE_INIT("a"),
        SLICE_INIT("aaaaaaaaaaaaaaaaaaaaa"),
        SLICE_INIT("b"),
        SLICE_INIT(" "),
        SLICE_INIT("\r\n"),
        SLICE_INIT("N"),
        SLICE_INIT("aNq"),
        SLICE_INIT("needle"),
        SLICE_INIT("joe@home."),
        SLICE_INIT("abba"),
        SLICE_INIT("\xC3\xA4\xE2\x82\xAC"),
        SLICE_INIT("\xE4\xBD\xA0"),
    };
    size_t length = (seed * 37) % SUBJECT_MAX, used = 0;
    unsigned usual = seed % 7, state = seed;

    while (used < length) {
        struct slice piece;

        state = state * 1103515245 + 12345;
        piece = pieces[(state >> 16) % (seed % 3 == 0 ? 60 : 6) < usual
                           ? (state >> 20) % COUNT_OF(pieces)
                           : usual % 2];
        piece = slice_first(piece, SUBJECT_MAX - used);
        memcpy(text + used, piece.ptr, piece.len);
        used += piece.len;
    }
    return used;
}

/* What the library says of the whole in one call. */
static int whole(const struct pattern *pattern, struct slice subject, size_t ends[2])
{
    pcre2_match_data *data = pcre2_match_data_create(PATTERN_CAPTURES, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    int result;

    assert_non_null(data);
    assert_non_null(context);
    (void)pcre2_set_match_limit(context, 10000);
    result =
        pcre2_match(pattern->whole.code, (PCRE2_SPTR)subject.ptr, subject.len, 0, 0, data, context);
    pcre2_match_context_free(context);
    if (result >= 0)
        memcpy(ends, pcre2_get_ovector_pointer(data), 2 * sizeof(*ends));
    pcre2_match_data_free(data);
    return result;
}

/* All of it guarded, or only what has to be. */
static enum pattern_result search_from(const struct pattern *pattern, struct slice subject,
                                       bool guarded, struct pattern_match *match)
{
    struct pattern_cursor cursor = {.hard_end = guarded ? subject.len + 1 : 0};
    enum pattern_result result;

    do {
        result = pattern_search(pattern, scratch, subject, &cursor, match);
    } while (result == PATTERN_MORE);
    return result;
}

static void finds_what_one_call_finds(void **state)
{
    static char text[SUBJECT_MAX + 1];
    size_t compared = 0, found = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sames); i++) {
        struct pattern *pattern = compile(slice_str(sames[i].source), sames[i].flags);

        for (unsigned seed = 1; seed < SEEDS; seed++) {
            struct slice subject = slice_make(text, make_subject(text, seed));
            size_t ends[2];
            int want = whole(pattern, subject, ends);

            if (want < 0 && want != PCRE2_ERROR_NOMATCH)
                continue; /* too hard for one call */
            for (int guarded = 0; guarded < 2; guarded++) {
                struct pattern_match match = {.count = 0};
                enum pattern_result result = search_from(pattern, subject, guarded == 1, &match);

                if (result == PATTERN_LIMIT)
                    continue;
                compared++;
                assert_row(result == (want >= 0 ? PATTERN_YES : PATTERN_NO), sames[i].source, seed);
                if (want < 0)
                    continue;
                found++;
                assert_row(match.groups[0].ptr == text + ends[0], sames[i].source, seed);
                assert_row(match.groups[0].len == ends[1] - ends[0], sames[i].source, seed);
            }
        }
        pattern_destroy(pattern);
    }
    assert_true(found > COUNT_OF(sames) * SEEDS / 4);
    assert_true(compared > COUNT_OF(sames) * SEEDS);
}

/* --- no call takes long ----------------------------------------------------------------------- */

static const struct {
    const char *source;
    unsigned flags;
    const char *block;
    size_t length;
    bool limit; /* it ends so, and soon */
} hards[] = {
    {"(?:\\w+[.])+exe", 0, "a.", 250000, false},
    {"[a-z]+Nq", PATTERN_BYTES, "a", 50 << 20, true}, /* reaches too far */
    {"\\w+Nq", PATTERN_UNICODE, "\xC3\xA4", 3 << 20, false},
    {"needle", PATTERN_BYTES, "aaaaaaaaaa", 8 << 20, false},
    {".*N.*q.*[yz]", PATTERN_DOTALL, "Nq", 250000, true},
    {"^.*?Nq", PATTERN_DOTALL, "a", 1 << 20, false},
    {"^.*Nq", PATTERN_DOTALL, "a", 4 << 20, false},
    {"[a-z]+Nq[a-z]*[yz]", 0, "aNq", 8 << 20, false},
    {"(.+).+\\1.+\\1[!?]", 0, "a", 100000, true},
    {"(a+)+[^!ae]", 0, "a", 40, true},
    {"(a+)+[^!ae]", 0, "aaaaaaaaaaaaaaaaaa!", 4000, false},
    {"(?:[ab]*?)a{60000}[bc]", 0, "a", 200000, true},
    {"a{1,60000}b", 0, "a", 200000, false},
    {"(?:a|b)+[xy]", 0, "ab", 1 << 20, true}, /* of the JIT's stack */
    {"(*NO_JIT)(?:\\w+[.])+exe", 0, "a.", 100000, false},
    {"(*NO_JIT)needle", 0, "a", 1 << 20, false},
};

static double cpu_ms(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void no_call_takes_long(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hards); i++) {
        struct pattern *pattern = compile(slice_str(hards[i].source), hards[i].flags);
        size_t block = strlen(hards[i].block);
        char *text = malloc(hards[i].length + 1);
        struct pattern_cursor cursor = {.offset = 0};
        enum pattern_result result = PATTERN_MORE;

        assert_non_null(text);
        for (size_t k = 0; k < hards[i].length; k++)
            text[k] = hards[i].block[k % block];
        memcpy(text + hards[i].length - 1, "e", 1); /* what some look for in advance */
        for (int calls = 0; calls < ENOUGH_CALLS && result == PATTERN_MORE; calls++) {
            double begin = cpu_ms();

            result =
                pattern_search(pattern, scratch, slice_make(text, hards[i].length), &cursor, NULL);
            assert_row(cpu_ms() - begin < CALL_MS_MAX, hards[i].source, (size_t)calls);
        }
        assert_row((result == PATTERN_LIMIT) == hards[i].limit, hards[i].source, i);
        assert_row(result != PATTERN_YES, hards[i].source, i);
        free(text);
        pattern_destroy(pattern);
    }
}

/* A start offset may use the work of a whole call, not what others have left of it. */
static void each_hard_start_has_its_work(void **state)
{
    struct pattern *pattern = compile(SLICE("(a+)+[^!a]"), 0);
    char text[19 * 12 + 2];
    struct pattern_match match = {.count = 0};

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = "aaaaaaaaaaaaaaaaaa!"[i % 19];
    memcpy(text + sizeof(text) - 2, "ab", 2);
    assert_int_equal(search_from(pattern, slice_make(text, sizeof(text)), false, &match),
                     PATTERN_YES);
    assert_ptr_equal(match.groups[0].ptr, text + sizeof(text) - 2);
    pattern_destroy(pattern);
}

/* Skipping comes to the start of a character, and not between CR and LF; never back. */
static void skipping(void **state)
{
    static const struct {
        const char *subject;
        size_t from, offset, at;
    } rows[] = {
        {"abcdef", 0, 3, 3},
        {"abcdef", 4, 3, 4},
        {"ab\xE4\xBD\xA0"
         "c",
         0, 3, 2},
        {"ab\xE4\xBD\xA0"
         "c",
         0, 4, 2},
        {"ab\xE4\xBD\xA0"
         "c",
         0, 5, 5},
        {"a\xF0\x9F\x98\x80", 0, 4, 1},
        {"\x80\x80\x80\x80\x80\x80", 0, 5, 2}, /* none is a character's: any will do */
        {"ab\r\ncd", 0, 3, 2},
        {"ab\r\ncd", 0, 4, 4},
        {"ab\ncd", 0, 3, 3},
        {"abc", 0, 3, 3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pattern_cursor cursor = {.offset = rows[i].from, .not_empty = true};

        pattern_cursor_skip(&cursor, slice_str(rows[i].subject), rows[i].offset);
        assert_row(cursor.offset == rows[i].at, rows[i].subject, i);
        assert_row(cursor.not_empty == (rows[i].at == rows[i].from), rows[i].subject, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skipping),
        cmocka_unit_test(finds_what_one_call_finds),
        cmocka_unit_test(no_call_takes_long),
        cmocka_unit_test(each_hard_start_has_its_work),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
