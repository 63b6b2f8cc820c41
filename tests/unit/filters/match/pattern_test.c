#include "tests/unit/filters/match/pattern_kit.h"
#include "tests/unit/heap.h"

/* --- "/re/flags" --------------------------------------------------------------------------------
 */

static const struct {
    const char *text;
    int result;
    const char *source;
    unsigned flags;
} splits[] = {
    {"/abc/", 1, "abc", 0},
    {"/abc/i", 1, "abc", PATTERN_CASELESS},
    {"/a/imsxu", 1, "a",
     PATTERN_CASELESS | PATTERN_MULTILINE | PATTERN_DOTALL | PATTERN_EXTENDED | PATTERN_UNICODE},
    {"/a/ii", 1, "a", PATTERN_CASELESS},
    {"//", 1, "", 0},
    {"/a/b/i", 1, "a/b", PATTERN_CASELESS},
    {"/a\\/b/", 1, "a\\/b", 0},
    {"", 0, NULL, 0},
    {"/", 0, NULL, 0},
    {"abc", 0, NULL, 0},
    {"abc/i", 0, NULL, 0},
    {"/abc", 0, NULL, 0},
    {"/srv/mail.d", 0, NULL, 0},
    {"/a/i ", 0, NULL, 0},
    {"/a/3", 0, NULL, 0},
    {"/a/g", -1, NULL, 0},
    {"/a/I", -1, NULL, 0},
    {"/a/iz", -1, NULL, 0},
};

static void splitting(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(splits); i++) {
        struct slice source = SLICE_NONE;
        unsigned flags = 0;

        assert_row(pattern_split(slice_str(splits[i].text), &source, &flags) == splits[i].result,
                   splits[i].text, i);
        if (splits[i].result != 1)
            continue;
        assert_row_slice(source, slice_str(splits[i].source), splits[i].text, i);
        assert_row(flags == splits[i].flags, splits[i].text, i);
    }
}

/* --- what matches -------------------------------------------------------------------------------
 */

static const struct {
    struct slice source;
    unsigned flags;
    struct slice subject;
    const char *match; /* NULL: none */
} rows[] = {
    {SLICE_INIT("b+"), 0, SLICE_INIT("abbbc"), "bbb"},
    {SLICE_INIT("x"), 0, SLICE_INIT("abc"), NULL},
    {SLICE_INIT(""), 0, SLICE_INIT(""), ""},
    {SLICE_INIT("^$"), 0, SLICE_INIT(""), ""},
    {SLICE_INIT("."), 0, SLICE_INIT(""), NULL},
    {SLICE_INIT("ABC"), 0, SLICE_INIT("abc"), NULL},
    {SLICE_INIT("ABC"), PATTERN_CASELESS, SLICE_INIT("abc"), "abc"},
    {SLICE_INIT("^b"), 0, SLICE_INIT("a\r\nb"), NULL},
    {SLICE_INIT("^b"), PATTERN_MULTILINE, SLICE_INIT("a\r\nb"), "b"},
    {SLICE_INIT("^b"), PATTERN_MULTILINE, SLICE_INIT("a\rb"), "b"},
    {SLICE_INIT("^b"), PATTERN_MULTILINE, SLICE_INIT("a\nb"), "b"},
    {SLICE_INIT("a$"), PATTERN_MULTILINE, SLICE_INIT("a\r\nb"), "a"},
    {SLICE_INIT("a.b"), 0, SLICE_INIT("a\nb"), NULL},
    {SLICE_INIT("a.b"), 0, SLICE_INIT("a\rb"), NULL},
    {SLICE_INIT("a.b"), PATTERN_DOTALL, SLICE_INIT("a\nb"), "a\nb"},
    {SLICE_INIT("a b # c"), PATTERN_EXTENDED, SLICE_INIT("ab"), "ab"},
    {SLICE_INIT("a\\x00b"), PATTERN_BYTES, SLICE_INIT("xa\0b"), "a"}, /* see below */
    /* UTF-8: characters, not bytes */
    {SLICE_INIT("^.$"), 0, SLICE_INIT("\xC3\xA4"), "\xC3\xA4"},
    {SLICE_INIT("^..$"), PATTERN_BYTES, SLICE_INIT("\xC3\xA4"), "\xC3\xA4"},
    {SLICE_INIT("\xC3\xA4"), PATTERN_CASELESS, SLICE_INIT("\xC3\x84"), "\xC3\x84"},
    {SLICE_INIT("\xC3\xA4"), PATTERN_CASELESS | PATTERN_BYTES, SLICE_INIT("\xC3\x84"), NULL},
    {SLICE_INIT("^\\w$"), 0, SLICE_INIT("\xC3\xA4"), NULL},
    {SLICE_INIT("^\\w$"), PATTERN_UNICODE, SLICE_INIT("\xC3\xA4"), "\xC3\xA4"},
    {SLICE_INIT("\\w"), PATTERN_UNICODE | PATTERN_BYTES, SLICE_INIT("\xE4"), NULL},
    {SLICE_INIT("^\\W\\S\\D$"), 0, SLICE_INIT("\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80"),
     "\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80"},
    {SLICE_INIT("\\W+\\w"), 0, SLICE_INIT("a\xC3\xA4 \xC3\xB6z"), "\xC3\xA4 \xC3\xB6z"},
    {SLICE_INIT("\\S"), PATTERN_UNICODE, SLICE_INIT(" \xC3\xA4"), "\xC3\xA4"},
    /* each byte of invalid UTF-8 is U+FFFD: H07 */
    {SLICE_INIT("a.b"), 0,
     SLICE_INIT("a\xFF"
                "b"),
     "a\xFF"
     "b"},
    {SLICE_INIT("a..b"), 0,
     SLICE_INIT("xa\xE4\xBD"
                "b"),
     "a\xE4\xBD"
     "b"},
    {SLICE_INIT("^.{6}$"), 0, SLICE_INIT("\xED\xA0\x80\xC3\xA4\xC0\x80"),
     "\xED\xA0\x80\xC3\xA4\xC0\x80"},
    {SLICE_INIT("[^x]+b"), 0,
     SLICE_INIT("x\xC3\xA4\xFF\xC3"
                "b\x80"),
     "\xC3\xA4\xFF\xC3"
     "b"},
    {SLICE_INIT("\\x{FFFD}+"), 0, SLICE_INIT("a\x80\xEF\xBF\xBD\xFF"), "\x80\xEF\xBF\xBD\xFF"},
    {SLICE_INIT("win.*casino"), 0, SLICE_INIT("win \xFF casino"), "win \xFF casino"},
    {SLICE_INIT("spam"), 0, SLICE_INIT("\xFF\xFEspam\xC3"), "spam"},
    {SLICE_INIT("(?<=\\W)spam"), 0, SLICE_INIT("\xFF\xFEspam\xC3"), "spam"},
    {SLICE_INIT("m$"), 0, SLICE_INIT("spam\xC3"), NULL},
    {SLICE_INIT("^s"), 0, SLICE_INIT("\x80spam"), NULL},
    {SLICE_INIT("$"), 0, SLICE_INIT("\xFF"), ""},
    {SLICE_INIT("\\z"), 0, SLICE_INIT("\xC3"), ""},
    {SLICE_INIT("a.b"), PATTERN_BYTES,
     SLICE_INIT("a\xFF"
                "b"),
     "a\xFF"
     "b"},
    {SLICE_INIT("/"), 0, SLICE_INIT("\xC0\xAF"), NULL}, /* overlong */
    /* the escapes that libconfig takes away: control characters 07 to 0D */
    {SLICE_INIT("a\nb"), PATTERN_EXTENDED, SLICE_INIT("a\nb"), "a\nb"},
    {SLICE_INIT("a\tb"), PATTERN_EXTENDED, SLICE_INIT("a\tb"), "a\tb"},
    {SLICE_INIT("a\rb"), PATTERN_EXTENDED, SLICE_INIT("a\rb"), "a\rb"},
    {SLICE_INIT("a\fb"), PATTERN_EXTENDED, SLICE_INIT("a\fb"), "a\fb"},
    {SLICE_INIT("a\vb"), 0, SLICE_INIT("a\nb"), "a\nb"},     /* \v is any vertical blank */
    {SLICE_INIT("\bcat\b"), 0, SLICE_INIT("a cat."), "cat"}, /* \b is a word's edge */
    {SLICE_INIT("\bcat\b"), 0, SLICE_INIT("concat."), NULL},
    {SLICE_INIT("\a"), 0, SLICE_INIT("\a"), "\a"},
    {SLICE_INIT("a\\\nb"), 0, SLICE_INIT("a\nb"), "a\nb"},
    {SLICE_INIT("a\\\\\nb"), 0, SLICE_INIT("a\\\nb"), "a\\\nb"},
    {SLICE_INIT("\\Qa\n\\E+"), 0, SLICE_INIT("a\n\n"), "a\n\n"},
    {SLICE_INIT("\\Q\\\\E\n"), 0, SLICE_INIT("\\\n"), "\\\n"},
};

static void matching(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pattern *pattern = compile(rows[i].source, rows[i].flags);
        struct slice want = slice_str(rows[i].match);
        struct pattern_match match = {.count = 99};
        size_t slices;
        enum pattern_result result =
            search(pattern, guard_copy(&guard, rows[i].subject), &match, &slices);

        if (slice_find(rows[i].subject, '\0') != SLICE_NOT_FOUND)
            want = SLICE("a\0b"); /* a NUL is data, in the subject and in the pattern */
        assert_row(result == (rows[i].match != NULL ? PATTERN_YES : PATTERN_NO), rows[i].source.ptr,
                   i);
        if (rows[i].match != NULL)
            assert_row_slice(match.groups[0], want, rows[i].source.ptr, i);
        assert_row(search(pattern, rows[i].subject, NULL, &slices) == result, rows[i].source.ptr,
                   i);
        pattern_destroy(pattern);
    }
    guard_fini(&guard);
}

static void groups(void **state)
{
    struct pattern *pattern = compile(SLICE("(a)|(b)(c)?(d)"), 0);
    struct pattern_match match;
    size_t slices;

    (void)state;
    assert_int_equal(pattern_group_count(pattern), 4);
    assert_int_equal(search(pattern, SLICE("xbdx"), &match, &slices), PATTERN_YES);
    assert_int_equal(match.count, 5);
    assert_text(match.groups[0], "bd");
    assert_null(match.groups[1].ptr);
    assert_int_equal(match.groups[1].len, 0);
    assert_text(match.groups[2], "b");
    assert_null(match.groups[3].ptr);
    assert_text(match.groups[4], "d");
    assert_int_equal(search(pattern, SLICE("xax"), &match, &slices), PATTERN_YES);
    assert_int_equal(match.count, 2);
    assert_text(match.groups[1], "a");
    pattern_destroy(pattern);
}

static void more_groups_than_captures(void **state)
{
    struct pattern *pattern = compile(SLICE("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)"), 0);
    struct pattern_match match;
    size_t slices;

    (void)state;
    assert_int_equal(pattern_group_count(pattern), 11);
    assert_int_equal(search(pattern, SLICE("abcdefghijk"), &match, &slices), PATTERN_YES);
    assert_int_equal(match.count, PATTERN_CAPTURES);
    assert_text(match.groups[9], "i");
    pattern_destroy(pattern);
}

/* --- what is refused: Z02 -----------------------------------------------------------------------
 */

static const struct {
    const char *source;
    unsigned flags;
    const char *error; /* part of it */
} refused[] = {
    {"a(b", 0, "offset 3"},
    {"a)", 0, "offset 1"},
    {"*", 0, "offset 0"},
    {"[z-a]", 0, "offset"},
    {"\na(b", 0, "offset 4"}, /* of what the operator wrote, not of what is compiled */
    {"a\\C", 0, "\\C"},
    {"a\\C", PATTERN_BYTES, "\\C"},
    {"(*UTF)a", PATTERN_BYTES, "UTF"},
    {"\xFF", 0, "UTF-8"},
    {"a|\\Gb", 0, "\\A"},
    {"a(*COMMIT)b", 0, "verbs are not supported: (*COMMIT)"},
    {"a(*SKIP)(*F)|b", PATTERN_BYTES, "(*SKIP)"},
    {"(*NO_JIT)(*PRUNE:x)b", 0, "(*PRUNE)"},
    {"(?:a(*THEN)b)", 0, "(*THEN)"},
    {"a(*ACCEPT)b", 0, "(*ACCEPT)"},
    {"a(*FAIL)", 0, "(*FAIL)"},
    {"(*MARK:a)b", 0, "(*MARK)"},
    {"(*:a)b", 0, "(*:)"},
    {"[a(*F)](*F)", 0, "(*F)"},
    {"[]a](*F)", 0, "(*F)"},
    {"[^]a](*F)", 0, "(*F)"},
    {"[[:alpha:]](*F)", 0, "(*F)"},
    {"[a[:]](*F)", 0, "(*F)"},
    {"[\\]](*F)", 0, "(*F)"},
    {"[\\Q]\\E](*F)", 0, "(*F)"},
    {"\\Q[\\E(*F)", 0, "(*F)"},
    {"\\[(*F)", 0, "(*F)"},
    {"\\c[(*F)", 0, "(*F)"},
    {"(?#[)(*F)", 0, "(*F)"},
    {"\\Q\\G\\E\\G", 0, "\\A"},
    {"(?1", 0, "offset"},
    {"\\p{Nonsense}", 0, "offset"},
};

static void refusing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        char error[ERROR_MAX] = "";

        assert_row(pattern_create(slice_str(refused[i].source), refused[i].flags, error,
                                  sizeof(error)) == NULL,
                   refused[i].source, i);
        if (strstr(error, refused[i].error) == NULL)
            fail_msg("%s: \"%s\" says nothing of \"%s\"", refused[i].source, error,
                     refused[i].error);
    }
}

static void accepting_what_only_looks_refused(void **state)
{
    (void)state;
    pattern_destroy(compile(SLICE("\\\\G"), 0)); /* a backslash and a G */
    pattern_destroy(compile(SLICE("\\\\C"), 0));
    pattern_destroy(compile(SLICE("[(*F)][^(*F)][](*F)][[:alpha:](*F)][\\Q](*F)\\E]"), 0));
    pattern_destroy(compile(SLICE("\\(*F\\)?\\Q(*F)\\E(?#(*F)\\c\\(?:x)(*pla:x)"), 0));
    pattern_destroy(compile(SLICE("(*NO_JIT)(*UCP)a"), 0));
    pattern_destroy(compile(SLICE("\\xFF"), PATTERN_BYTES));
    pattern_destroy(NULL);
    pattern_scratch_destroy(NULL);
}

static void too_much_of_it(void **state)
{
    static char big[PATTERN_LENGTH_MAX + 1];
    char error[ERROR_MAX] = "";

    (void)state;
    memset(big, 'a', sizeof(big));
    assert_null(pattern_create(slice_make(big, sizeof(big)), 0, error, sizeof(error)));
    assert_non_null(strstr(error, "longer"));
    memset(big, '(', 5000);
    memset(big + 5000, ')', 5000);
    assert_null(pattern_create(slice_make(big, 10000), 0, error, sizeof(error)));
    assert_non_null(strstr(error, "nested"));
    /* small room for the error is no trouble */
    assert_null(pattern_create(SLICE("("), 0, error, 5));
    assert_int_equal(strlen(error), 4);
}

static void asking_past_the_end(void **state)
{
    struct pattern *pattern = compile(SLICE("a"), 0);
    struct pattern_cursor cursor = {.offset = 4};

    (void)state;
    assert_int_equal(pattern_search(pattern, scratch, SLICE("aaa"), &cursor, NULL), PATTERN_NO);
    cursor = (struct pattern_cursor){0};
    assert_int_equal(pattern_search(pattern, scratch, SLICE("bbb"), &cursor, NULL), PATTERN_NO);
    assert_int_equal(pattern_search(pattern, scratch, SLICE("bbb"), &cursor, NULL), PATTERN_NO);
    cursor = (struct pattern_cursor){0};
    assert_int_equal(pattern_search(pattern, scratch, SLICE_NONE, &cursor, NULL), PATTERN_NO);
    pattern_destroy(pattern);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(matching, state));
    assert_true(leaves_nothing(refusing, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitting),
        cmocka_unit_test(matching),
        cmocka_unit_test(groups),
        cmocka_unit_test(more_groups_than_captures),
        cmocka_unit_test(refusing),
        cmocka_unit_test(accepting_what_only_looks_refused),
        cmocka_unit_test(too_much_of_it),
        cmocka_unit_test(asking_past_the_end),
        cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
