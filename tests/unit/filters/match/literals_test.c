#include "filters/match/literal_set.h"
#include "filters/match/literals.h"
#include "tests/unit/filters/match/pattern_kit.h"
#include "tests/unit/filters/match/pattern_make.h"

#define PATTERNS 20000
#define SUBJECTS 12

/* --- what is cut out of some patterns --------------------------------------------------------- */

/* The literals of a pattern as text: sorted as they come, with "|" between; "-" for none. */
static void print_literals(const struct literals *literals, char *out, size_t size)
{
    size_t used = 0;

    (void)snprintf(out, size, "-");
    for (size_t i = 0; i < literals->count; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", i > 0 ? "|" : "",
                                 (int)literals->items[i].length,
                                 (const char *)literals->items[i].bytes);
}

struct row {
    const char *pattern;
    unsigned flags;
    const char *literals; /* folded */
    size_t ahead;
};

#define I   PATTERN_CASELESS
#define X   PATTERN_EXTENDED
#define B   PATTERN_BYTES
#define FAR SIZE_MAX
static const struct row ROWS[] = {
    {"viagra", 0, "viagra", 0},
    {"VIAGRA", I, "viagra", 0},
    {"ab", 0, "-", 0},
    {"", 0, "-", 0},
    {"a.*viagra", 0, "viagra", FAR},
    {"..viagra", 0, "viagra", 8},
    {"..viagra", B, "viagra", 2},
    {"x{3}viagra", 0, "xxxviagr", 0},
    {"(?:viagra|xanax)", 0, "viagra|xanax", 0},
    {"(?:viagra|xanax|.*)", 0, "-", 0},
    {"(?:viagra|ab)", 0, "-", 0},
    {"colou?r", 0, "colour|color", 0},
    {"(viagra)?", 0, "-", 0},
    {"(viagra)*abc", 0, "abc", FAR},
    {"(viagra)+", 0, "viagra", 0},
    {"(viagra){0}abc", 0, "abc", 0},
    {"(?:ab)+c", 0, "abc", FAR},
    {"x(?:ab)+", 0, "xab", 0},
    {"vi[a4]gra", 0, "vi4gra|viagra", 0},
    {"vi[^a]gra", 0, "gra", 6},
    {"vi[[:alpha:]]gra", B, "gra", 3},
    {"[]x]yz", 0, "xyz|}yz", 0},
    {"[\\]x]yz", 0, "xyz|}yz", 0},
    {"\\bviagra\\b", 0, "viagra", 0},
    {"(?=viagra)", 0, "viagra", 0},
    {"(?<=viagra)x", 0, "viagra", FAR},
    {"(?!viagra)abc", 0, "abc", 0},
    {"(?<!viagra)abc", 0, "abc", 0},
    {"(abc)\\1", 0, "abc", 0},
    {"(?(?=x)viagra|xanax)abc", 0, "abc", FAR},
    {"abc(?1)(x)", 0, "abc", 0},
    {"\\Qa.c\\E+d", 0, "a.c", 0},
    {"a b c # no\n", X, "abc", 0},
    {"a b c # no", 0, "a b c # ", 0},
    {"(?x) a b c ", 0, "abc", 0},
    {"(?:(?x) a b c ) d", 0, "abc d", 0},
    {"(?xx)abc", 0, "-", 0},
    {"ab(?#no)c", 0, "abc", 0},
    {"\\x61\\x{62}\\143", 0, "-", 0},
    {"\\x61\\x{62}\\o{143}", 0, "abc", 0},
    {"a\\.c\\/d", 0, "a.c/d", 0},
    {"(*UCP)abc", 0, "-", 0},
    {"abc{2}", 0, "abcc", 0},
    {"abc{2,}d", 0, "abcc", 0},
    {"abc{,2}d", 0, "-", 0},
    {"ab{c", 0, "ab{c", 0},
    /* Without case more than two letters are alike. */
    {"bake", I,
     "bake|ba\xE2\xA4\xAA"
     "e",
     0},
    {"bass", I,
     "bass|ba\xE5\xBF"
     "s|bas\xE5\xBF|ba\xE5\xBF\xE5\xBF",
     0},
    {"bake", I | B, "bake", 0},
    {"bake", 0, "bake", 0},
    {"(?i)bake", 0,
     "bake|ba\xE2\xA4\xAA"
     "e",
     0},
    {"x\xC3\xA9"
     "abc",
     0,
     "x\xE3\xA9"
     "abc",
     0},
    {"x\xC3\xA9"
     "abc",
     I, "abc", 8},
    {"x\xC3\xA9"
     "abc",
     I | B,
     "x\xE3\xA9"
     "abc",
     0},
    {"\xE4\xBD\xA0\xE5\xA5\xBD", I, "\xE4\xBD\xA0\xE5\xA5\xBD", 0},
    {"ab\xEF\xBF\xBD"
     "cde",
     0, "cde", 6},
    {"ab\\x{FFFD}cde", 0, "cde", 6},
};

static void cuts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct literals found = {.count = 0};
        char text[1024];
        int result = literals_cut(slice_str(row->pattern), row->flags, &found);

        assert_true(result >= 0 && (result > 0) == (found.count > 0));
        print_literals(&found, text, sizeof(text));
        if (strcmp(text, row->literals) != 0)
            fail_msg("/%s/: %s, not %s", row->pattern, text, row->literals);
        if (result > 0 && found.ahead != row->ahead)
            fail_msg("/%s/: %zu ahead, not %zu", row->pattern, found.ahead, row->ahead);
    }
}

/* --- what PCRE2 matches has them -------------------------------------------------------------- */

/* Where the first literal of a text is; SIZE_MAX: nowhere. */
static void remember(void *ctx, size_t at, uint32_t owner)
{
    size_t *last = ctx;

    (void)owner;
    if (*last == SIZE_MAX)
        *last = at;
}

static size_t first_literal(const struct literals *literals, struct slice text, size_t from)
{
    struct literal_owned items[LITERALS_MAX];
    struct arena arena;
    const struct literal_set *set;
    size_t first = SIZE_MAX;

    for (size_t i = 0; i < literals->count; i++)
        items[i] = (struct literal_owned){literals->items[i], 0};
    arena_init(&arena, 4096, SIZE_MAX);
    set = literal_set_create(items, literals->count, &arena);
    assert_non_null(set);
    literal_set_scan(set, text, from, text.len, remember, &first);
    arena_fini(&arena);
    return first;
}

/* Returns whether it matches. */
static bool check_subject(const struct pattern *pattern, const struct literals *literals,
                          struct slice subject, const char *what)
{
    struct pattern_match match;
    size_t slices, start = 0, first;

    if (search(pattern, subject, &match, &slices) != PATTERN_YES)
        return false;
    if (literals->ahead != SIZE_MAX && strstr(what, "\\K") == NULL)
        start = (size_t)(match.groups[0].ptr - subject.ptr);
    first = first_literal(literals, subject, start);
    if (first == SIZE_MAX)
        fail_msg("/%s/ matches \"%.*s\" without a literal", what, SLICE_ARG(subject));
    if (literals->ahead != SIZE_MAX && strstr(what, "\\K") == NULL &&
        first - start > literals->ahead)
        fail_msg("/%s/ matches \"%.*s\" at %zu, with a literal at %zu, but %zu ahead", what,
                 SLICE_ARG(subject), start, first, literals->ahead);
    return true;
}

static void matches_have_literals(void **state)
{
    struct pattern_maker maker = {.seed = 11};
    struct bytes source, subject;
    size_t with = 0, matched = 0;

    (void)state;
    bytes_init(&source, 65536);
    bytes_init(&subject, 65536);
    for (size_t i = 0; i < PATTERNS; i++) {
        char error[ERROR_MAX];
        struct pattern *pattern;
        struct literals literals;

        bytes_renew(&source);
        pattern_make(&maker, &source);
        pattern =
            pattern_create(bytes_slice(&source), pattern_make_flags(&maker), error, sizeof(error));
        bytes_append_char(&source, '\0');
        if (pattern == NULL)
            continue;
        for (size_t k = 0; pattern_literals(pattern, &literals) > 0 && k < SUBJECTS; k++) {
            bytes_renew(&subject);
            pattern_make_subject(&maker, slice_first(bytes_slice(&source), source.len - 1),
                                 &subject);
            with++;
            matched += check_subject(pattern, &literals, bytes_slice(&subject), source.data);
        }
        pattern_destroy(pattern);
    }
    bytes_fini(&source);
    bytes_fini(&subject);
    assert_true(with > PATTERNS && matched > PATTERNS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts),
        cmocka_unit_test_setup_teardown(matches_have_literals, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
