#include "filters/revise/patch.h"

#include <stdlib.h>

#include "filters/decode/decode.h"
#include "tests/unit/support.h"

static struct bytes out, before, said;

static int set_up(void **state)
{
    (void)state;
    bytes_init(&out, (size_t)1 << 24);
    bytes_init(&before, (size_t)1 << 24);
    bytes_init(&said, (size_t)1 << 24);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bytes_fini(&out);
    bytes_fini(&before);
    bytes_fini(&said);
    return 0;
}

static void decode(enum content_encoding encoding, struct slice raw, struct bytes *text)
{
    struct allowance allowance = {.over = NULL};

    bytes_renew(text);
    assert_int_equal(decode_whole(encoding, DECODE_MOST, raw, &allowance, text), CONTENT_READ);
}

/* ${raw} patched to say ${after}, which it then says. */
static struct slice patched(enum content_encoding encoding, struct slice raw, struct slice after)
{
    decode(encoding, raw, &before);
    bytes_renew(&out);
    assert_int_equal(patch_write(encoding, true, raw, bytes_slice(&before), after, &out),
                     PATCH_DONE);
    if (encoding != CONTENT_7BIT) {
        decode(encoding, bytes_slice(&out), &said);
        assert_slice(bytes_slice(&said), after);
    }
    return bytes_slice(&out);
}

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X900 X100 X100 X100 X100 X100 X100 X100 X100 X100

static const struct {
    enum content_encoding encoding;
    const char *raw, *after, *want;
} ROWS[] = {
    {CONTENT_7BIT, "a\r\nb\r\n", "a\r\nb\r\nc\r\n", "a\r\nb\r\nc\r\n"},
    {CONTENT_7BIT, "a\r\nb", "a\r\nX\r\nb", "a\r\nX\r\nb"},
    {CONTENT_7BIT, "abc", "", ""},
    {CONTENT_7BIT, "", "new", "new"},
    {CONTENT_7BIT, "same", "same", "same"},
    /* what is written in its own way stays so */
    {CONTENT_QUOTED, "=61=\r\nb=\r\n", "ab\r\nnew\r\n", "=61=\r\nb=\r\n\r\nnew\r\n"},
    {CONTENT_QUOTED, "=61bc\r\nd=65f\r\n", "abc\r\nnew\r\ndef\r\n", "=61bc\r\nnew\r\nd=65f\r\n"},
    {CONTENT_QUOTED, "=61bc", "axc", "=61xc"},
    {CONTENT_QUOTED, "abc", "abcd", "abcd"},
    {CONTENT_QUOTED, "abc", "caf\xE9", "caf=E9"},
    {CONTENT_QUOTED, "abc", "zabc", "zabc"},
    {CONTENT_QUOTED, "abc  \r\nd", "abc!\r\nd", "abc!  \r\nd"},
    {CONTENT_QUOTED, "abcdef", "af", "af"},
    {CONTENT_QUOTED, "abc\r\n", "abc \r\n", "abc=\r\n =\r\n\r\n"},
    {CONTENT_QUOTED, "abc", "abc ", "abc=\r\n=20"},
    {CONTENT_QUOTED, "abc", "", ""},
    /* what would be read otherwise if it stood in one line, or be too long for it */
    {CONTENT_QUOTED, "a=z", "a=41", "a==\r\n41"},
    {CONTENT_QUOTED, "a=4z", "a=41z", "a=4=\r\n1=\r\nz"},
    {CONTENT_QUOTED, "a=x41", "a=41", "a==\r\n41"},
    {CONTENT_QUOTED, "a b\r\n", "a \r\n", "a =\r\n\r\n"},
    {CONTENT_QUOTED, "ab\r\n", " \r\n", " =\r\n\r\n"},
    {CONTENT_QUOTED, "ab", "b", "b"},
    {CONTENT_QUOTED, X10 X10 X10 X10 X10 X10 X10 "12345", X10 X10 X10 X10 X10 X10 X10 "123a45",
     X10 X10 X10 X10 X10 X10 X10 "123a45"},
    {CONTENT_QUOTED, X10 X10 X10 X10 X10 X10 X10 "123456", X10 X10 X10 X10 X10 X10 X10 "123a456",
     X10 X10 X10 X10 X10 X10 X10 "123=\r\na=\r\n456"},
    /* whole lines are put in, whatever follows begins like them */
    {CONTENT_QUOTED, "a\r\n</body>", "a\r\n<p>x</p>\r\n</body>", "a\r\n<p>x</p>\r\n</body>"},
    {CONTENT_QUOTED, "</body>", "<p>x</p>\r\n</body>", "<p>x</p>\r\n</body>"},
    {CONTENT_QUOTED, "a</body>", "a<p>x</p></body>", "a<p>x</p></body>"},
    {CONTENT_QUOTED, "a\r\na\r\n", "a\r\na\r\na\r\n", "a\r\na\r\na\r\n"},
    /* what stands between two changes, blanks at a line's end and needless escapes too */
    {CONTENT_QUOTED, "one\r\n=61 =\r\nb \r\none\r\n", "two\r\na b\r\ntwo\r\n",
     "two\r\n=61 =\r\nb \r\ntwo\r\n"},
    {CONTENT_QUOTED, "xone\r\na=3d\"b\"=\r\n\r\none", "xtwo\r\na=\"b\"\r\ntwo",
     "xtwo\r\na=3d\"b\"=\r\n\r\ntwo"},
    {CONTENT_7BIT, "one\r\n" X900 X100 "\r\none", "two\r\n" X900 X100 "\r\ntwo",
     "two\r\n" X900 X100 "\r\ntwo"},
    {CONTENT_BASE64, "YWJj\r\nZGVm\r\n", "abcdefghi", "YWJj\r\nZGVm\r\nZ2hp\r\n"},
    {CONTENT_BASE64, "YWJj\r\nZGVm\r\n", "abcdXf", "YWJj\r\nZFhm\r\n"},
    {CONTENT_BASE64, "YWJj\r\nZGVm", "abcdXf", "YWJj\r\nZFhm"},
    {CONTENT_BASE64, "YW\r\nJj", "abcd", "YWJjZA=="},
    {CONTENT_BASE64, "YQ==\r\n", "ab", "YWI=\r\n"},
    {CONTENT_BASE64, "YWJj\r\n", "", ""},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++)
        assert_text(patched(ROWS[i].encoding, slice_str(ROWS[i].raw), slice_str(ROWS[i].after)),
                    ROWS[i].want);
}

static const struct {
    const char *raw, *after, *want;
} LONG[] = {
    /* broken at a blank, between characters, at the seam; never in what was there */
    {"", X900 " " X100 " b", X900 " \r\n" X100 " b"},
    {"", X900 X100 "b", X900 X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxxx\r\nxxb"},
    {"", X900 X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxx\xC3\xA9z",
     X900 X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxx\r\n\xC3\xA9z"},
    {X900, X900 "[" X100, X900 "[" X10 X10 X10 X10 X10 X10 X10 X10 X10 "xxxxxxx\r\nxxx"},
    {X900 X100, X900 X100 "!", X900 X100 "\r\n!"},
    {X100 X900, "[" X100 X900, "[\r\n" X100 X900},
    {X100 X900 "\r\nb", X100 X900 "\r\nab", X100 X900 "\r\nab"},
    {"a\r\n" X900 X100, "ab\r\n" X900 X100, "ab\r\n" X900 X100},
    {"a\n" X900 X100, "ab\n" X900 X100, "ab\n" X900 X100},
};

static void test_long_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(LONG) / sizeof(*LONG); i++)
        assert_text(patched(CONTENT_7BIT, slice_str(LONG[i].raw), slice_str(LONG[i].after)),
                    LONG[i].want);
}

static enum patch_result result(enum content_encoding encoding, bool eight_bit, const char *raw,
                                const char *after)
{
    bytes_renew(&out);
    return patch_write(encoding, eight_bit, slice_str(raw), slice_str(raw), slice_str(after), &out);
}

static void test_unfit(void **state)
{
    (void)state;
    assert_int_equal(result(CONTENT_7BIT, false, "a", "a\xE9"), PATCH_UNFIT);
    assert_int_equal(result(CONTENT_7BIT, true, "a", "a\xE9"), PATCH_DONE);
    assert_int_equal(result(CONTENT_7BIT, false, "\xE9 a", "\xE9 b"), PATCH_DONE);
    assert_int_equal(result(CONTENT_UNKNOWN, true, "a", "b"), PATCH_UNFIT);
}

static void test_full(void **state)
{
    struct bytes small;
    const enum content_encoding all[] = {CONTENT_7BIT, CONTENT_BASE64, CONTENT_QUOTED};

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        bytes_init(&small, 3);
        assert_int_equal(patch_write(all[i], true, SLICE(""), SLICE(""), SLICE("four"), &small),
                         PATCH_MEMORY);
        bytes_fini(&small);
    }
}

/* Any text put into any place of any other: it says so then, and its lines are as long as they may
 * be. */
static void test_any(void **state)
{
    static const char LETTERS[] = "ab =\t\r\n\xE9x.";
    const enum content_encoding all[] = {CONTENT_BASE64, CONTENT_QUOTED};
    char text[400];

    (void)state;
    srandom(7);
    for (int round = 0; round < 4000; round++) {
        size_t len = (size_t)random() % sizeof(text), cut = len > 0 ? (size_t)random() % len : 0;
        struct bytes raw;

        for (size_t i = 0; i < len; i++)
            text[i] = LETTERS[(size_t)random() % (sizeof(LETTERS) - 1)];
        bytes_init(&raw, 10000);
        (void)patched(all[round % 2], SLICE(""), slice_make(text, cut));
        bytes_append(&raw, bytes_slice(&out));
        (void)patched(all[round % 2], bytes_slice(&raw), slice_make(text, len));
        bytes_fini(&raw);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),  cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_unfit), cmocka_unit_test(test_full),
        cmocka_unit_test(test_any),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
