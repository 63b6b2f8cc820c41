/* Values as pieces: what is not edited goes out as it came. */
#include "filters/message/header_text.h"

#include "tests/unit/arena_kit.h"

#define LINE_MOST 998

static struct header_text decoded(const char *name, struct slice value)
{
    struct field field = {.name = slice_str(name), .value = value};
    struct header_text text;

    assert_int_equal(header_text_decode(&text, &field, true, &arena), 0);
    return text;
}

static const struct {
    const char *name, *value, *text;
} unedited[] = {
    {"Subject", " hi there", "hi there"},
    {"Subject", "\r\n hi\r\n\tthere \r\n ", "hi\tthere"},
    {"Subject", " ", ""},
    {"Subject", " \r\n \r\n\t", ""},
    {"Subject", " Gr\xFC\xDF\r\n  =?iso-8859-1?q?=FC?=  x", "Gr\xFC\xDF  \xC3\xBC  x"},
    {"Subject", " =?utf-8?q?a?=\r\n =?koi8-r?q?=C1?= \t=?utf-8?q?b?= c",
     "a\xD0\xB0"
     "b c"},
    {"Subject", " a=?utf-8?q?b?=c", "abc"},
    {"Subject",
     " a =?utf-8?q?"
     "?= =?utf-8?b?"
     "?=\r\n b",
     "a  b"},
    {"Subject",
     " =?utf-8?q?"
     "?=b\r\n =?utf-8?q?"
     "?= ",
     "b "},
    {"Subject",
     "\r\n =?utf-8?q?"
     "?=",
     ""},
    {"From",
     " a@b (=?utf-8?q?"
     "?=)",
     "a@b ()"},
    {"Subject", " =?utf-8?q?a=0Ab?=", "a b"},
    {"From", " \\=?utf-8?q?a ?==?utf-8?q?b c?=", "\\=?utf-8?q?a ?=b c"},
    {"From", " \"=?utf-8?q?a\" ?= <a@b>", "\"=?utf-8?q?a\" ?= <a@b>"},
    {"From", " a\\\r\n\t\r\n b <a@b>", "a\\\t b <a@b>"},
    {"Subject", " =?utf-8?q?_?=", " "},
    {"From", "\r\n =?utf-8?q?=09?= ", "\t"},
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

/* A name of blanks alone, where the value begins and ends on lines of their own. */
static void a_name_of_blanks_is_no_line(void **state)
{
    struct header_text text = decoded("From", SLICE("\r\n b\r\n ")), out;

    (void)state;
    header_text_init_as(&out, &text);
    header_text_add_name(&out, SLICE(" "));
    assert_slice(header_text_encode(&out, SLICE("From"), &arena), SLICE(" "));
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
    memset(words, ' ', sizeof(words));
    edited = around("Subject", SLICE(" a"), slice_make(words, sizeof(words)), SLICE(""));
    check_lines(edited, 7);
    words[sizeof(words) - 1] = 'b';
    edited = around("Subject", SLICE(" a"), SLICE(""), slice_make(words, sizeof(words)));
    check_lines(edited, 7);
}

/* Where a word of a comment begins late in a line, it is no longer than others. */
static void words_in_late_comments(void **state)
{
    char address[970], comment[402] = "(";
    const char *const end = comment + sizeof(comment);

    (void)state;
    memset(address, 'a', sizeof(address));
    for (char *at = comment + 1; at + 2 < end; at += 2)
        memcpy(at, "\xC3\xB6", 2);
    comment[sizeof(comment) - 1] = ')';
    for (size_t len = 50; len < sizeof(address); len++) {
        struct slice left, encoded, value = slice_make(address, len);
        size_t longest = 0, mark;

        address[0] = ' ';
        address[len - 2] = '@';
        encoded = around("From", value, SLICE(""), slice_make(comment, sizeof(comment)));
        check_lines(encoded, 4);
        left = slice_from(encoded, slice_find(encoded, '='));
        for (; (mark = slice_find(left, ' ')) != SLICE_NOT_FOUND; left = slice_from(left, mark + 1))
            longest = mark > longest ? mark : longest;
        assert_true(longest <= 75 + 2); /* with a line end */
        address[len - 2] = 'a';
        arena_reset(&arena);
    }
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
        done = header_text_decode(&text, &field, true, &small) == 0;
        if (done)
            done = header_text_encode(&text, field.name, &small).ptr != NULL;
        assert_true(done || arena_failed(&small));
        arena_fini(&small);
    }
}

/* Edits of long values take a time that grows with their length. */
static void large_values(void **state)
{
    static const char *const blocks[] = {
        "\"a\", ", "(",  "\"", "<",  "a@b, ", "=?utf-8?q?a?= x ",  "a\r\n ",
        "[",       "()", ":",  "\\", "=?",    "\"=?utf-8?q?\" ?= "};

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
        cmocka_unit_test(a_name_of_blanks_is_no_line),
        cmocka_unit_test(no_line_becomes_too_long),
        cmocka_unit_test(words_in_late_comments),
        cmocka_unit_test(full_arena),
        cmocka_unit_test(large_values),
    };

    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
