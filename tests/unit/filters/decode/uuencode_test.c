#include "filters/decode/uuencode.h"

#include <stdlib.h>

#include "tests/unit/support.h"

#define DATA "#86)C\r\n" /* "abc" */

static const struct {
    struct slice text;
    const char *names;  /* of the files, parted by "|" */
    const char *octets; /* of the files, likewise */
} rows[] = {
    {SLICE_INIT("begin 644 evil.exe\r\n" DATA "`\r\nend\r\n"), "evil.exe|", "abc|"},
    {SLICE_INIT("text\r\nbegin 0644  a b \r\n" DATA " \r\nend\r\nmore"), "a b|", "abc|"},
    {SLICE_INIT("begin 644 a\n" DATA "`\nend\n"), "a|", "abc|"},
    {SLICE_INIT("begin 644 a\r\n" DATA "end"), "a|", "abc|"},
    {SLICE_INIT("begin 644 a\r\n" DATA DATA), "a|", "abcabc|"}, /* no end */
    {SLICE_INIT("begin 644 a\r\n#86)C"), "a|", "abc|"},
    {SLICE_INIT("begin 644 a\r\n" DATA "and so on\r\n"), "a|", "abc|"},
    {SLICE_INIT("begin 644 a\r\n" DATA "`\r\nend\r\nbegin 600 b\r\n!80``\r\n`\r\nend"), "a|b|",
     "abc|a|"},
    {SLICE_INIT("begin 644 a\r\n" DATA "begin 600 b\r\n\"86(\r\nend"), "a|b|", "abc|ab|"},
    {SLICE_INIT("begin 644 a\r\n#86)CX\r\n`\r\nend"), "a|", "abc|"},        /* a checksum */
    {SLICE_INIT("begin 644 a\r\n#   \r\n#\r\nend"), "a|", "\0\0\0\0\0\0|"}, /* blanks lost */
    {SLICE_INIT("begin 644 a\r\n`\r\nend"), "a|", "|"},
    {SLICE_INIT("begin 644 a\r\nend\r\n"), "", ""},
    {SLICE_INIT("begin 644 a\r\n\r\nend\r\n"), "", ""},
    {SLICE_INIT("begin 644 a\r\n#86)CXYZ\r\nend"), "", ""},
    {SLICE_INIT("begin 644 a\r\n#86)c\r\nend"), "", ""},
    {SLICE_INIT("begin 644 a.exe\r\nx\r\n"), "a.exe|", "|"},
    {SLICE_INIT("begin 644 a.exe"), "a.exe|", "|"},
    {SLICE_INIT("begin 100 things.\r\nx\r\n"), "", ""},
    {SLICE_INIT("begin 100 things. Then\r\nx\r\n"), "", ""},
    {SLICE_INIT("begin 644 a"), "", ""},
    {SLICE_INIT("begin 644\r\n" DATA), "", ""},
    {SLICE_INIT("begin 644 \r\n" DATA), "", ""},
    {SLICE_INIT("begin 64 a\r\n" DATA), "", ""},
    {SLICE_INIT("begin 100644 a\r\n" DATA), "a|", "abc|"},
    {SLICE_INIT("begin 644a\r\n" DATA), "a|", "abc|"},
    {SLICE_INIT("begin 644 a\r\n\r\n\r\n" DATA "end"), "a|", "abc|"},
    {SLICE_INIT("begin 64412345 a\r\n" DATA), "", ""},
    {SLICE_INIT("begin 648 a\r\n" DATA), "", ""},
    {SLICE_INIT("begin a\r\n" DATA), "", ""},
    {SLICE_INIT(" begin 644 a\r\n" DATA), "", ""},
    {SLICE_INIT("Begin 644 a\r\n" DATA), "", ""},
    {SLICE_INIT("begin\r\n"), "", ""},
    {SLICE_INIT(""), "", ""},
};

static void files(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice text = guard_copy(&guard, rows[i].text);
        struct allowance allowance = {0};
        struct uuencode_file file = {.end = 0};
        struct bytes names, octets;
        size_t at = 0;

        bytes_init(&names, 100);
        bytes_init(&octets, 100);
        while (uuencode_next(text, at, &allowance, &file) == 1) {
            assert_true(file.end > at && file.end <= text.len);
            at = file.end;
            bytes_append(&names, file.name);
            bytes_append_char(&names, '|');
            assert_int_equal(uuencode_decode(file.body, &allowance, &octets), CONTENT_READ);
            bytes_append_char(&octets, '|');
        }
        assert_row_slice(bytes_slice(&names), slice_str(rows[i].names), rows[i].text.ptr, i);
        if (i == 10)
            assert_slice(bytes_slice(&octets), SLICE("\0\0\0\0\0\0|"));
        else
            assert_row_slice(bytes_slice(&octets), slice_str(rows[i].octets), rows[i].text.ptr, i);
        bytes_fini(&names);
        bytes_fini(&octets);
    }
    guard_fini(&guard);
}

/* --- within bounds ------------------------------------------------------------------------------
 */

static bool over(void *ctx)
{
    (void)ctx;
    return true;
}

static void append_lines(struct bytes *text, const char *line)
{
    bytes_init(text, 1000000);
    while (text->len < 2 * (size_t)ALLOWANCE_BYTES)
        bytes_append(text, slice_str(line));
    assert_int_equal(bytes_end(text), 0);
}

static void cancelled(void **state)
{
    static const char *const lines[] = {"text\r\n", "begin 644 a\r\n", "begin 644 a\r\n#86)C\r\n"};
    struct allowance allowance;
    struct uuencode_file file = {.end = 0};
    struct bytes text;
    int result;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        append_lines(&text, lines[i]);
        allowance = (struct allowance){.over = over};
        for (size_t at = 0;
             (result = uuencode_next(bytes_slice(&text), at, &allowance, &file)) > 0;)
            at = file.end;
        assert_int_equal(result, -1);
        bytes_fini(&text);
    }
    append_lines(&text, "#86)C\r\n");
    bytes_clear(&text);
    bytes_append(&text, SLICE("begin 644 a\r\n"));
    while (text.len < 2 * (size_t)ALLOWANCE_BYTES)
        bytes_append(&text, SLICE("#86)C\r\n"));
    allowance = (struct allowance){.over = over};
    assert_int_equal(uuencode_next(bytes_slice(&text), 0, &allowance, &file), -1);
    bytes_fini(&text);
}

static void decoding_ends(void **state)
{
    struct allowance allowance = {.over = over}, endless = {0};
    struct bytes text, out;

    (void)state;
    append_lines(&text, "#86)C\r\n");
    bytes_init(&out, 1000000);
    assert_int_equal(uuencode_decode(bytes_slice(&text), &allowance, &out), CONTENT_OVER);
    bytes_fini(&out);
    bytes_init(&out, 5);
    assert_int_equal(uuencode_decode(bytes_slice(&text), &endless, &out), CONTENT_MEMORY);
    bytes_fini(&out);
    bytes_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(decoding_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
