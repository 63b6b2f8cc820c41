#include "proxy/explain/revised.h"

#include "tests/unit/proxy/explain/view_kit.h"

#define TOP  "Content-Type: multipart/mixed; boundary=B\r\n\r\n"
#define TEXT "--B\r\nContent-Type: text/plain\r\n\r\n"
#define FILE "--B\r\nContent-Type: a/b; name=x.exe\r\n\r\nzz\r\n"
#define NOTE "--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ngone\r\n"
#define BOTH                                                                                       \
    "--B\r\nContent-Type: multipart/mixed; "                                                       \
    "boundary=C\r\n\r\n--C\r\n\r\na\r\n--C\r\n\r\nb\r\n--C--"                                      \
    "\r\n"

static const struct row {
    const char *before, *after;
    const char *want; /* for each part its number, what it is, and the diff */
} ROWS[] = {
    {"\r\nsame\r\n", "\r\nsame\r\n", ""},
    {"\r\none\r\n", "\r\none\r\ntwo\r\n",
     "1: text/plain, 5 bytes: shown > text/plain, 10 bytes: shown|@@ -1,1 +1,2 @@| one|+two|"},
    {TOP TEXT "a\r\n" TEXT "b\r\n--B--\r\n", TOP TEXT "a\r\n" TEXT "c\r\n--B--\r\n",
     "3: text/plain, 1 bytes: shown > text/plain, 1 bytes: shown|@@ -1,1 +1,1 @@|-b|+c|"},
    {TOP TEXT "a\r\n" FILE "--B--\r\n", TOP TEXT "x\r\n" NOTE "--B--\r\n",
     "2: text/plain, 1 bytes: shown > text/plain, 1 bytes: shown|@@ -1,1 +1,1 @@|-a|+x|"
     "3: a/b \"x.exe\", 2 bytes: attachment > text/plain, utf-8, 4 bytes: shown|"
     "@@ -1,1 +1,1 @@|-a/b \"x.exe\", 2 bytes: attachment|+gone|"},
    {TOP BOTH TEXT "z\r\n--B--\r\n", TOP NOTE TEXT "y\r\n--B--\r\n",
     "2: multipart/mixed, 25 bytes > text/plain, utf-8, 4 bytes: shown|"
     "@@ -1,1 +1,1 @@|-multipart/mixed, 25 bytes|+gone|"
     "5: text/plain, 1 bytes: shown > text/plain, 1 bytes: shown|@@ -1,1 +1,1 @@|-z|+y|"},
    {TOP FILE "--B--\r\n", TOP "--B\r\nContent-Type: c/d; name=y.exe\r\n\r\nzz\r\n--B--\r\n",
     "2: a/b \"x.exe\", 2 bytes: attachment > c/d \"y.exe\", 2 bytes: attachment|@@ -1,1 +1,1 @@|"
     "-a/b \"x.exe\", 2 bytes: attachment|+c/d \"y.exe\", 2 bytes: attachment|"},
    {TOP FILE "--B--\r\n", "Content-Type: text/plain\r\n\r\ngone\r\n",
     "1: multipart/mixed, 49 bytes > text/plain, 6 bytes: shown|"
     "@@ -1,1 +1,1 @@|-multipart/mixed, 49 bytes|+gone|"},
};

static void tell(const struct revised *revised, struct bytes *out)
{
    for (size_t i = 0; i < revised->count; i++) {
        const struct revised_part *part = &revised->parts[i];

        bytes_format(out, "%zu: %.*s > %.*s|", part->part, SLICE_ARG(part->before),
                     SLICE_ARG(part->after));
        for (size_t k = 0; k < part->text.diff.count; k++) {
            const struct diff_line *line = &part->text.diff.lines[k];

            if (line->mark != '@')
                bytes_append_char(out, line->mark);
            bytes_format(out, "%.*s|", SLICE_ARG(line->text));
        }
    }
}

static void compare(const char *before, const char *after, struct bytes *out)
{
    struct view old, new;
    struct revised revised;
    struct arena arena;

    arena_init(&arena, 4096, 1U << 20);
    view_begin(&old, slice_str(before));
    view_begin(&new, slice_str(after));
    assert_int_equal(revised_compare(old.content, new.content, &revised, &arena), 0);
    tell(&revised, out);
    view_end(&old);
    view_end(&new);
    arena_fini(&arena);
}

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
        struct bytes out;

        bytes_init(&out, 65536);
        compare(ROWS[i].before, ROWS[i].after, &out);
        bytes_append_char(&out, '\0');
        assert_int_equal(bytes_end(&out), 0);
        assert_string_equal(out.data, ROWS[i].want);
        bytes_fini(&out);
    }
}

/* Of a long line what stands around the change is shown. */
static void long_lines(void **state)
{
    struct bytes before, after, out;

    (void)state;
    bytes_init(&before, 65536);
    bytes_init(&after, 65536);
    bytes_init(&out, 65536);
    bytes_append(&before, SLICE("\r\n"));
    bytes_append(&after, SLICE("\r\n"));
    for (int i = 0; i < 900; i++) {
        bytes_append_char(&before, i == 450 ? '1' : '.');
        bytes_append_char(&after, i == 450 ? '2' : '.');
    }
    bytes_append(&before, SLICE("\r\n\0"));
    bytes_append(&after, SLICE("\r\n\0"));
    compare(before.data, after.data, &out);
    bytes_append_char(&out, '\0');
    assert_int_equal(bytes_end(&out), 0);
    assert_non_null(strstr(out.data,
                           "|-..............................................................."
                           "1..."));
    assert_non_null(strchr(out.data, '2'));
    assert_true(out.len < 1000);
    bytes_fini(&before);
    bytes_fini(&after);
    bytes_fini(&out);
}

/* Many changed parts: the first are shown, the others counted. */
static void many(void **state)
{
    struct bytes text[2];
    struct view old, new;
    struct revised revised;
    struct arena arena;

    (void)state;
    for (int i = 0; i < 2; i++) {
        bytes_init(&text[i], 65536);
        bytes_append(&text[i], SLICE(TOP));
        for (int k = 0; k < REVISED_PARTS_MAX + 3; k++)
            bytes_format(&text[i], "--B\r\n\r\n%d\r\n", i);
        bytes_append(&text[i], SLICE("--B--\r\n"));
    }
    arena_init(&arena, 4096, 1U << 20);
    view_begin(&old, bytes_slice(&text[0]));
    view_begin(&new, bytes_slice(&text[1]));
    assert_int_equal(revised_compare(old.content, new.content, &revised, &arena), 0);
    assert_int_equal(revised.count, REVISED_PARTS_MAX);
    assert_int_equal(revised.left_out, 3);
    arena_fini(&arena);
    arena_init(&arena, 64, 4096);
    assert_int_equal(revised_compare(old.content, new.content, &revised, &arena), -1);
    view_end(&old);
    view_end(&new);
    arena_fini(&arena);
    bytes_fini(&text[0]);
    bytes_fini(&text[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
