#include "proxy/explain/alignment.h"

#include "filters/base/bytes.h"
#include "tests/unit/support.h"

#define LINES_MAX 8

/* Each character is a line. */
struct text {
    char bytes[LINES_MAX];
    struct slice lines[LINES_MAX];
    struct diff_side side;
};

static void fill(struct text *text, const char *lines)
{
    size_t count = strlen(lines);

    text->side = (struct diff_side){text->lines, count};
    for (size_t i = 0; i < count; i++) {
        text->bytes[i] = lines[i];
        text->lines[i] = slice_make(&text->bytes[i], 1);
    }
}

static const struct row {
    const char *before, *after, *want;
} ROWS[] = {
    {"", "", ""},
    {"abc", "abc", ""},
    {"", "a", "@@ -0,0 +1,1 @@+a"},
    {"a", "", "@@ -1,1 +0,0 @@-a"},
    {"a", "b", "@@ -1,1 +1,1 @@-a+b"},
    {"abc", "axbc", "@@ -1,3 +1,4 @@ a+x b c"},
    {"abc", "ac", "@@ -1,3 +1,2 @@ a-b c"},
    {"abcabba", "cbabac", "@@ -1,7 +1,6 @@-a-b c+b a b-b a+c"},
    {"aab", "ab", "@@ -1,3 +1,2 @@ a-a b"},
    {"abcdefgh", "xbcdefgy", "@@ -1,3 +1,3 @@-a+x b c@@ -6,3 +6,3 @@ f g-h+y"},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct text before, after;
        struct arena arena;
        struct diff diff;
        struct bytes got;

        fill(&before, ROWS[i].before);
        fill(&after, ROWS[i].after);
        arena_init(&arena, 4096, 1U << 20);
        bytes_init(&got, 4096);
        assert_int_equal(alignment_diff(&diff, &before.side, &after.side, &arena), 1);
        for (size_t k = 0; k < diff.count; k++) {
            if (diff.lines[k].mark != '@')
                bytes_append_char(&got, diff.lines[k].mark);
            bytes_append(&got, diff.lines[k].text);
        }
        assert_row_slice(bytes_slice(&got), slice_str(ROWS[i].want), ROWS[i].before, i);
        bytes_fini(&got);
        arena_fini(&arena);
    }
}

/* Applying what is told to one gives the other, whatever both are, and in as few lines as can be:
 * all texts of up to five lines of two kinds. */
static size_t write_text(unsigned number, char *out)
{
    size_t count = 0;

    for (number++; number > 1; number >>= 1)
        out[count++] = (number & 1) != 0 ? 'a' : 'b';
    out[count] = '\0';
    return count;
}

static size_t shortest(const char *a, const char *b)
{
    size_t one, other;

    if (*a == '\0' || *b == '\0')
        return strlen(a) + strlen(b);
    if (*a == *b)
        return shortest(a + 1, b + 1);
    one = shortest(a + 1, b);
    other = shortest(a, b + 1);
    return 1 + (one < other ? one : other);
}

static void check_pair(const char *a, const char *b)
{
    struct text before, after;
    struct arena arena;
    struct diff diff;
    size_t told = 0;

    fill(&before, a);
    fill(&after, b);
    arena_init(&arena, 4096, 1U << 20);
    assert_int_equal(alignment_diff(&diff, &before.side, &after.side, &arena), 1);
    for (size_t k = 0; k < diff.count; k++) {
        char mark = diff.lines[k].mark;

        told += mark == '+' || mark == '-';
        assert_true(mark == '@' || mark == ' ' || mark == '+' || mark == '-');
    }
    if (told != shortest(a, b))
        fail_msg("%s to %s: %zu lines", a, b, told);
    arena_fini(&arena);
}

static void shortest_way(void **state)
{
    char a[LINES_MAX], b[LINES_MAX];

    (void)state;
    for (unsigned i = 0; i < 62; i++)
        for (unsigned k = 0; k < 62; k++) {
            (void)write_text(i, a);
            (void)write_text(k, b);
            check_pair(a, b);
        }
}

/* As many edits as there may be, and one more. */
static void too_many(void **state)
{
    static struct slice lines[ALIGNMENT_EDITS_MAX + 1];
    struct diff_side none = {lines, 0}, many = {lines, ALIGNMENT_EDITS_MAX};
    struct arena arena;
    struct diff diff;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        lines[i] = SLICE("x");
    arena_init(&arena, 4096, 1U << 20);
    assert_int_equal(alignment_diff(&diff, &none, &many, &arena), 1);
    assert_int_equal(diff.count, ALIGNMENT_EDITS_MAX + 1);
    many.count++;
    assert_int_equal(alignment_diff(&diff, &none, &many, &arena), 0);
    assert_int_equal(diff.count, 0);
    assert_int_equal(alignment_diff(&diff, &many, &none, &arena), 0);
    arena_fini(&arena);
}

static void out_of_memory(void **state)
{
    struct text before, after;
    struct arena arena;
    struct diff diff;
    int found = -1;

    (void)state;
    fill(&before, "abc");
    fill(&after, "axc");
    for (size_t limit = 0; found < 0; limit += 64) {
        assert_in_range(limit, 0, 65536);
        arena_init(&arena, 64, limit);
        found = alignment_diff(&diff, &before.side, &after.side, &arena);
        arena_fini(&arena);
    }
    assert_int_equal(found, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(shortest_way),
        cmocka_unit_test(too_many),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
