#include <stdlib.h>

#include "filters/base/arena.h"
#include "filters/match/pattern.h"
#include "tests/unit/support.h"

#define ROOM ((size_t)1 << 22)

struct fixture {
    struct arena arena;
    struct pattern_scratch *scratch;
    char error[256];
    size_t calls;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return -1;
    arena_init(&f->arena, 4096, ROOM);
    f->scratch = pattern_scratch_create();
    *state = f;
    return f->scratch != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    pattern_scratch_destroy(f->scratch);
    arena_fini(&f->arena);
    free(f);
    return 0;
}

/* "<" the first group, or the whole match, ">" */
static int bracket(void *ctx, const struct pattern_match *match, struct bytes *out)
{
    struct fixture *f = ctx;

    f->calls++;
    bytes_append_char(out, '<');
    bytes_append(out, match->groups[match->count > 1 ? 1 : 0]);
    bytes_append_char(out, '>');
    return bytes_end(out);
}

static int nothing(void *ctx, const struct pattern_match *match, struct bytes *out)
{
    (void)ctx;
    (void)match;
    (void)out;
    return 0;
}

static int failing(void *ctx, const struct pattern_match *match, struct bytes *out)
{
    (void)ctx;
    (void)match;
    (void)out;
    return -1;
}

static const struct {
    const char *source;
    const char *subject;
    const char *want; /* NULL: nothing to replace */
} rows[] = {
    {"b", "abcb", "a<b>c<b>"},
    {"x", "abc", NULL},
    {"x", "", NULL},
    {"", "", "<>"},
    {"^", "abc", "<>abc"},
    {"$", "abc", "abc<>"},
    {"^a", "aaa", "<a>aa"},
    {"a*", "baac", "<>b<aa><>c<>"},
    {"", "ab", "<>a<>b<>"},
    {"", "\xC3\xA4", "<>\xC3\xA4<>"}, /* never inside a character */
    {"|a", "a", "<><a><>"},
    {"(\\w+)@\\w+", "joe@home, ann@work", "<joe>, <ann>"},
    {"(x)?b", "ab", "a<b>"}, /* the group is not set, nor counted */
    {"(?<=a)b", "abb", "a<b>b"},
    {"a\\Kb", "abab", "a<b>a<b>"},
    {"\r\n", "a\r\nb", "a<\r\n>b"},
    {"b",
     "\xFF\xE4\xBD"
     "b\x80"
     "b\xC3",
     "\xFF\xE4\xBD<b>\x80<b>\xC3"}, /* bytes stay as they are */
    {"a(.)",
     "xa\xFF"
     "a\xC3\xA4"
     "a\xC3",
     "x<\xFF><\xC3\xA4><\xC3>"},
    {"", "\xE4\xBD", "<>\xE4<>\xBD<>"},
};

/* Replaces to the end; the result goes to the arena. */
static enum pattern_result replace(struct fixture *f, const struct pattern *pattern,
                                   struct slice subject, pattern_expand *expand, struct slice *out)
{
    struct pattern_replacing replacing;
    enum pattern_result result;

    pattern_replace_begin(&replacing, pattern, subject, f->arena.limit_bytes);
    do {
        result = pattern_replace(&replacing, f->scratch, expand, f);
    } while (result == PATTERN_MORE);
    if (result == PATTERN_YES)
        *out = arena_copy(&f->arena, bytes_slice(&replacing.text));
    pattern_replace_end(&replacing);
    pattern_replace_end(&replacing);
    return result;
}

static void replacing(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char error[200] = "";
        struct pattern *pattern =
            pattern_create(slice_str(rows[i].source), 0, error, sizeof(error));
        struct slice out = SLICE("untouched");
        enum pattern_result result;

        assert_non_null(pattern);
        result = replace(f, pattern, slice_str(rows[i].subject), bracket, &out);
        assert_row(result == (rows[i].want != NULL ? PATTERN_YES : PATTERN_NO), rows[i].source, i);
        assert_row_slice(out, slice_str(rows[i].want != NULL ? rows[i].want : "untouched"),
                         rows[i].source, i);
        pattern_destroy(pattern);
    }
}

static void with_nothing(void **state)
{
    struct fixture *f = *state;
    struct pattern *pattern = pattern_create(SLICE("[ab]"), 0, f->error, sizeof(f->error));
    struct slice out;

    assert_int_equal(replace(f, pattern, SLICE("aXbYa"), nothing, &out), PATTERN_YES);
    assert_text(out, "XY");
    assert_int_equal(replace(f, pattern, SLICE("ab"), nothing, &out), PATTERN_YES);
    assert_int_equal(out.len, 0);
    assert_non_null(out.ptr);
    assert_int_equal(replace(f, pattern, SLICE_NONE, nothing, &out), PATTERN_NO);
    pattern_destroy(pattern);
}

/* "Not empty" is said of the place of the last match only, not of each slice's start. */
static void empty_matches_in_later_slices(void **state)
{
    struct fixture *f = *state;
    struct pattern *pattern = pattern_create(SLICE("^|(?<=N)"), 0, f->error, sizeof(f->error));
    char text[PATTERN_SLICE_BYTES + 100];
    struct slice out;

    memset(text, 'x', sizeof(text));
    text[PATTERN_SLICE_BYTES - 1] = 'N';
    f->calls = 0;
    assert_int_equal(replace(f, pattern, slice_make(text, sizeof(text)), bracket, &out),
                     PATTERN_YES);
    assert_int_equal(f->calls, 2);
    assert_int_equal(out.len, sizeof(text) + 4);
    pattern_destroy(pattern);
}

/* With room for a text of a KiB. */
static enum pattern_result replace_short(struct fixture *f, const struct pattern *pattern,
                                         struct slice subject)
{
    size_t limit = f->arena.limit_bytes;
    struct slice out;
    enum pattern_result result;

    f->arena.limit_bytes = 1024;
    result = replace(f, pattern, subject, bracket, &out);
    f->arena.limit_bytes = limit;
    return result;
}

static void giving_up(void **state)
{
    struct fixture *f = *state;
    struct pattern *a = pattern_create(SLICE("a"), 0, f->error, sizeof(f->error));
    struct pattern *hard = pattern_create(SLICE("(a+)+[^!a]"), 0, f->error, sizeof(f->error));
    static char many[PATTERN_REPLACE_MAX + 1];
    struct slice out;

    memset(many, 'a', sizeof(many));
    f->calls = 0;
    assert_int_equal(replace(f, a, slice_make(many, PATTERN_REPLACE_MAX), bracket, &out),
                     PATTERN_YES);
    assert_int_equal(f->calls, PATTERN_REPLACE_MAX);
    assert_int_equal(out.len, 3 * PATTERN_REPLACE_MAX);
    assert_int_equal(replace(f, a, slice_make(many, PATTERN_REPLACE_MAX + 1), bracket, &out),
                     PATTERN_LIMIT);
    assert_int_equal(replace(f, hard, slice_make(many, 60), bracket, &out), PATTERN_LIMIT);
    assert_int_equal(replace(f, a, SLICE("a"), failing, &out), PATTERN_LIMIT);
    assert_int_equal(replace_short(f, a, slice_make(many, 900)), PATTERN_LIMIT);
    pattern_destroy(a);
    pattern_destroy(hard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replacing),
        cmocka_unit_test(with_nothing),
        cmocka_unit_test(empty_matches_in_later_slices),
        cmocka_unit_test(giving_up),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
