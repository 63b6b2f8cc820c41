/* That random patterns find the same with JIT and without, and in a subject that is no well-formed
 * UTF-8 the same as in the text that stands for it. */
#include "filters/base/utf8.h"
#include "tests/unit/filters/match/pattern_kit.h"

#define PATTERNS     1500
#define SUBJECTS     12
#define SUBJECT_MAX  400
#define LONG_SUBJECT 20000
#define DEPTH_MAX    3

static uint32_t state_of_chance;

static unsigned chance(unsigned below)
{
    state_of_chance = state_of_chance * 1103515245U + 12345U;
    return (state_of_chance >> 16) % below;
}

/* --- random patterns -------------------------------------------------------------------------- */

static const char *const ATOMS[] = {
    "a",
    "b",
    "\\S",
    "\\W",
    "\\D",
    "\\w",
    "\\s",
    "\\d",
    ".",
    "[^a]",
    "[\\S]",
    "[\\W7]",
    "[\\D]",
    "[^\\s]",
    "[[:^alpha:]]",
    "\xC3\xA9",
    "\xE4\xBD\xA0",
    "[a-\xC3\xA9]",
    "\\x{1F600}",
    "\\b",
    "\\B",
    "\\N",
    "\\H",
    "\\V",
    "\\R",
    "\\h",
    "^",
    "$",
    "\\A",
    "\\z",
    "(?=\\W)",
    "(?<=a)",
    "(?<=\\S)",
    "(?!b)",
    "(?<!\\D)",
    "\\x{FFFD}",
    "[^\\W]",
    "\\X",
};
static const char *const REPEATS[] = {"",   "",   "",    "",      "*",     "+",  "?",
                                      "*?", "+?", "{2}", "{1,3}", "{2,}?", "*+", "++"};
#define POSSESSIVE 2 /* of these; what groups catch in one so repeated is the library's riddle */

static void add_pattern(struct bytes *out, unsigned depth);

/* Returns whether it is a group. */
static bool add_atom(struct bytes *out, unsigned depth)
{
    if (depth == DEPTH_MAX || chance(6) > 0) {
        bytes_append(out, slice_str(ATOMS[chance(COUNT_OF(ATOMS))]));
        return false;
    }
    bytes_append(out, chance(2) == 0 ? SLICE("(") : SLICE("(?:"));
    add_pattern(out, depth + 1);
    bytes_append_char(out, ')');
    return true;
}

static void add_pattern(struct bytes *out, unsigned depth)
{
    unsigned atoms = 1 + chance(4);

    for (unsigned i = 0; i < atoms; i++) {
        unsigned repeats = COUNT_OF(REPEATS);

        if (i > 0 && chance(8) == 0)
            bytes_append_char(out, '|');
        if (add_atom(out, depth))
            repeats -= POSSESSIVE;
        bytes_append(out, slice_str(REPEATS[chance(repeats)]));
    }
}

/* --- random subjects ----------------------------------------------------------------------------
 * No CR and LF: whether a match may begin between them is another question, and decoded fields have
 * none. */

static const struct slice PIECES[] = {
    SLICE_INIT("a"),
    SLICE_INIT("b"),
    SLICE_INIT("aab7"),
    SLICE_INIT(" "),
    SLICE_INIT("\t"),
    SLICE_INIT("\v"),
    SLICE_INIT("\n"),
    SLICE_INIT("\xC3\xA9"),
    SLICE_INIT("\xC2\xA0"),
    SLICE_INIT("\xE4\xBD\xA0\xE5\xA5\xBD"),
    SLICE_INIT("e\xCC\x81"),
    SLICE_INIT("\xF0\x9F\x98\x80"),
    SLICE_INIT("\xFF"),
    SLICE_INIT("\xE4\xBD"),
    SLICE_INIT("\xED\xA0\x80"),
};
#define BROKEN_PIECES 3

/* Of whole characters, or not. */
static struct slice make_subject(char *text, size_t length, bool broken)
{
    size_t used = 0, pieces = COUNT_OF(PIECES) - (broken ? 0 : BROKEN_PIECES);

    for (;;) {
        struct slice piece = PIECES[chance((unsigned)pieces)];

        if (used + piece.len > length)
            return slice_make(text, used);
        memcpy(text + used, piece.ptr, piece.len);
        used += piece.len;
    }
}

/* --- comparing -------------------------------------------------------------------------------- */

struct outcome {
    enum pattern_result result;
    struct pattern_match match;
};

static struct outcome found(const struct pattern *pattern, struct slice subject)
{
    struct outcome out = {.match = {.count = 0}};
    size_t slices;

    out.result = search(pattern, subject, &out.match, &slices);
    return out;
}

static void assert_same(const struct outcome *a, const struct outcome *b, const char *what,
                        size_t row)
{
    if (a->result == PATTERN_LIMIT || b->result == PATTERN_LIMIT)
        return;
    assert_row(a->result == b->result, what, row);
    if (a->result != PATTERN_YES)
        return;
    assert_row(a->match.count == b->match.count, what, row);
    for (size_t i = 0; i < a->match.count; i++) {
        assert_row(a->match.groups[i].ptr == b->match.groups[i].ptr, what, row);
        assert_row(a->match.groups[i].len == b->match.groups[i].len, what, row);
    }
}

/* The text that stands for ${subject}, in ${text}. */
static struct slice cleaned(struct slice subject, struct bytes *text)
{
    bytes_renew(text);
    utf8_append_clean(subject, text);
    assert_int_equal(bytes_end(text), 0);
    return bytes_slice(text);
}

/* What is found in the subject is, cleaned, what is found in the text. */
static void assert_stands_for(const struct outcome *raw, const struct outcome *text,
                              const char *what, size_t row)
{
    struct bytes group;

    if (raw->result == PATTERN_LIMIT || text->result == PATTERN_LIMIT)
        return;
    assert_row(raw->result == text->result, what, row);
    bytes_init(&group, SIZE_MAX);
    for (size_t i = 0; raw->result == PATTERN_YES && i < raw->match.count; i++) {
        struct slice is = raw->match.groups[i];

        assert_row((is.ptr == NULL) == (text->match.groups[i].ptr == NULL), what, row);
        if (is.ptr != NULL)
            assert_row_slice(cleaned(is, &group), text->match.groups[i], what, row);
    }
    bytes_fini(&group);
}

static struct pattern *compile_if(struct slice source, unsigned flags)
{
    char error[ERROR_MAX];

    return pattern_create(source, flags, error, sizeof(error));
}

struct pair {
    struct pattern *fast, *interpreted;
};

static void compare(const struct pair *pair, const char *what, size_t row)
{
    static char text[LONG_SUBJECT];
    struct bytes clean;

    bytes_init(&clean, SIZE_MAX);
    for (size_t i = 0; i < SUBJECTS; i++) {
        size_t length = i < 2 && row % 20 == 0 ? LONG_SUBJECT : chance(SUBJECT_MAX);
        struct slice subject = make_subject(text, length, i % 2 == 1);
        struct outcome fast = found(pair->fast, subject);
        struct outcome interpreted = found(pair->interpreted, subject);
        struct outcome of_text = found(pair->fast, cleaned(subject, &clean));

        assert_same(&fast, &interpreted, what, row);
        assert_stands_for(&fast, &of_text, what, row);
    }
    bytes_fini(&clean);
}

static void random_patterns(void **state)
{
    static const unsigned FLAGS[] = {0,
                                     0,
                                     PATTERN_CASELESS,
                                     PATTERN_MULTILINE,
                                     PATTERN_DOTALL,
                                     PATTERN_UNICODE,
                                     PATTERN_UNICODE | PATTERN_CASELESS};
    struct bytes source;
    size_t compiled = 0;

    (void)state;
    state_of_chance = 7;
    bytes_init(&source, 65536);
    for (size_t i = 0; i < PATTERNS; i++) {
        unsigned flags = FLAGS[chance(COUNT_OF(FLAGS))];
        struct pair pair;

        bytes_renew(&source);
        bytes_append(&source, SLICE("(*NO_JIT)"));
        add_pattern(&source, 0);
        bytes_append_char(&source, '\0');
        pair.interpreted = compile_if(slice_first(bytes_slice(&source), source.len - 1), flags);
        pair.fast =
            compile_if(slice_from(slice_first(bytes_slice(&source), source.len - 1), 9), flags);
        assert_row((pair.fast == NULL) == (pair.interpreted == NULL), source.data, i);
        if (pair.fast != NULL)
            compare(&pair, source.data, i);
        compiled += pair.fast != NULL;
        pattern_destroy(pair.fast);
        pattern_destroy(pair.interpreted);
    }
    bytes_fini(&source);
    assert_true(compiled > PATTERNS / 2);
}

/* Two searches that take turns with one scratch, and one that begins anew each time. */
static void searches_that_take_turns(void **state)
{
    static char a[3 * PATTERN_SLICE_BYTES], b[4 * PATTERN_SLICE_BYTES];
    struct pattern *pattern = compile(SLICE("[^a]x$"), 0);
    struct pattern_cursor in_a = {0}, in_b = {0};
    enum pattern_result result_a, result_b;
    struct pattern_match match_a, match_b;

    (void)state;
    memset(a, 'a', sizeof(a));
    memset(b, 'a', sizeof(b));
    a[10] = b[sizeof(b) - 2] = '\xFF';
    a[sizeof(a) - 1] = b[sizeof(b) - 1] = 'x';
    do {
        result_a = pattern_search(pattern, scratch, slice_make(a, sizeof(a)), &in_a, &match_a);
        result_b = pattern_search(pattern, scratch, slice_make(b, sizeof(b)), &in_b, &match_b);
    } while (result_a == PATTERN_MORE);
    while (result_b == PATTERN_MORE)
        result_b = pattern_search(pattern, scratch, slice_make(b, sizeof(b)), &in_b, &match_b);
    assert_int_equal(result_a, PATTERN_NO);
    assert_int_equal(result_b, PATTERN_YES);
    assert_ptr_equal(match_b.groups[0].ptr, b + sizeof(b) - 2);
    assert_int_equal(match_b.groups[0].len, 2);
    pattern_destroy(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_patterns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(searches_that_take_turns, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
