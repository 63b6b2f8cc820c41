/* Values as pieces: what is not edited goes out as it came. */
#include "filters/header_text.h"

#include "tests/unit/support.h"

#define ROOM      ((size_t)1 << 26)
#define LINE_MOST 998

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 4096, ROOM);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static struct header_text decoded(const char *name, struct slice value)
{
    struct field field = {.name = slice_str(name), .value = value};
    struct header_text text;

    assert_int_equal(header_text_decode(&text, &field, &arena), 0);
    return text;
}

static const struct {
    const char *name, *value, *text;
} unedited[] = {
    {"Subject", " hi there", "hi there"},
    {"Subject", "\r\n hi\r\n\tthere \r\n ", "hi\tthere"},
    {"Subject", " ", ""},
    {"Subject", " Gr\xFC\xDF\r\n  =?iso-8859-1?q?=FC?=  x", "Gr\xFC\xDF  \xC3\xBC  x"},
    {"Subject", " =?utf-8?q?a?=\r\n =?koi8-r?q?=C1?= \t=?utf-8?q?b?= c",
     "a\xD0\xB0"
     "b c"},
    {"Subject", " a=?utf-8?q?b?=c", "abc"},
    {"Subject", " =?utf-8?q?a=0Ab?=", "a b"},
    {"From", " =?utf-8?q?F=2C?=\r\n <a@b>,x:y;(c (d) =?utf-8?q?e?=)\t\"q\\\"\"<j\xC3\xB6@x> ",
     "F, <a@b>,x:y;(c (d) e)\t\"q\\\"\"<j\xC3\xB6@x>"},
    {"From", " \"open <a@b> (open , =?x-none?q?a?= <c@d",
     "\"open <a@b> (open , =?x-none?q?a?= <c@d"},
};

static void what_is_not_edited_stays(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(unedited); i++) {
        struct slice value = slice_str(unedited[i].value);
        struct header_text text = decoded(unedited[i].name, guard_copy(&guard, value));

        assert_row_slice(header_text_slice(&text), slice_str(unedited[i].text), value.ptr, i);
        assert_row_slice(header_text_encode(&text, slice_str(unedited[i].name), &arena), value,
                         value.ptr, i);
    }
    guard_fini(&guard);
}

static void words_that_say_nothing(void **state)
{
    struct header_text text = decoded("Subject", SLICE(" a =?utf-8?q?"
                                                       "?= b"));

    (void)state;
    assert_text(header_text_slice(&text), "a  b");
    assert_text(header_text_encode(&text, SLICE("Subject"), &arena), " a  b");
}

static void check_lines(struct slice value, size_t name_len)
{
    size_t column = name_len + 1;

    for (size_t i = 0; i < value.len; i++) {
        column = value.ptr[i] == '\n' ? 0 : column + 1;
        assert_true(column <= LINE_MOST + 1); /* the CR counts too */
    }
}

/* ${value} with ${front} before it and ${end} behind. */
static struct slice around(const char *name, struct slice value, struct slice front,
                           struct slice end)
{
    struct header_text text = decoded(name, value), out;
    struct slice encoded;

    header_text_init(&out, &arena);
    header_text_add(&out, front);
    header_text_add_part(&out, &text, header_text_slice(&text), true);
    header_text_add(&out, end);
    encoded = header_text_encode(&out, slice_str(name), &arena);
    assert_non_null(encoded.ptr);
    return encoded;
}

static void no_line_becomes_too_long(void **state)
{
    char words[990], one[990];
    struct slice edited, unfolded;

    (void)state;
    memset(words, 'w', sizeof(words));
    memset(one, 'w', sizeof(one));
    for (size_t i = 4; i < sizeof(words); i += 5)
        words[i] = ' ';
    words[0] = one[0] = ' ';
    words[sizeof(words) - 1] = 'w';
    edited = around("Subject", slice_make(words, sizeof(words)), SLICE("[T] "), SLICE(" [E]"));
    check_lines(edited, 7);
    unfolded = header_unfold(edited, &arena);
    assert_int_equal(unfolded.len, sizeof(words) - 1 + 8);
    edited = around("Subject", slice_make(one, sizeof(one)), SLICE("[T] "), SLICE(" [E]"));
    check_lines(edited, 7);
    edited = around("Subject", slice_make(one, sizeof(one)), SLICE("[T]"), SLICE("[E]"));
    check_lines(edited, 7);
    edited = around("To", slice_make(one, sizeof(one)), SLICE("a@b,"), SLICE(",c@d"));
    check_lines(edited, 2);
}

static void full_arena(void **state)
{
    struct field field = {.name = SLICE("From"), .value = SLICE(" =?utf-8?q?a?= <a@b>, c, d")};
    size_t limit = 0;
    bool done = false;

    (void)state;
    while (!done) {
        struct arena small;
        struct header_text text;

        assert_true(limit < 65536);
        arena_init(&small, 16, limit++);
        done = header_text_decode(&text, &field, &small) == 0;
        if (done)
            done = header_text_encode(&text, field.name, &small).ptr != NULL;
        assert_true(done || arena_failed(&small));
        arena_fini(&small);
    }
}

/* Edits of long values take a time that grows with their length. */
static void large_values(void **state)
{
    static const char *const blocks[] = {"\"a\", ", "(", "\"", "<", "a@b, ", "=?utf-8?q?a?= x ",
                                         "a\r\n ",  "[", "()", ":", "\\",    "=?"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        size_t len = strlen(blocks[i]), count = 100000;
        char *value = arena_alloc(&arena, count * len + 1);

        assert_non_null(value);
        for (size_t k = 0; k < count; k++)
            memcpy(value + k * len, blocks[i], len);
        (void)around("From", slice_make(value, count * len), SLICE("a"), SLICE("b"));
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_edited_stays),
        cmocka_unit_test(words_that_say_nothing),
        cmocka_unit_test(no_line_becomes_too_long),
        cmocka_unit_test(full_arena),
        cmocka_unit_test(large_values),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
