#include "filters/message/encoded_word.h"

#include "filters/base/charset.h"
#include "tests/unit/support.h"

/* --- reading: R115, H06 -------------------------------------------------------------------------
 */

static const struct {
    struct slice input;
    size_t length;     /* 0: no word */
    const char *bytes; /* what it stands for */
} rows[] = {
    {SLICE_INIT("=?utf-8?q?abc?="), 15, "abc"},
    {SLICE_INIT("=?utf-8?q?abc?= rest"), 15, "abc"},
    {SLICE_INIT("=?UTF-8?Q?a_b=20c=3F?="), 22, "a b c?"},
    {SLICE_INIT("=?utf-8?q?=c3=A4?="), 18, "\xC3\xA4"},
    {SLICE_INIT("=?utf-8*de?q?a?="), 16, "a"},
    {SLICE_INIT("=?utf-8?q?\?="), 12, ""},
    {SLICE_INIT("=?utf-8?q?a=?="), 14, "a="}, /* "=" without digits stands for itself */
    {SLICE_INIT("=?utf-8?q?a=4?="), 15, "a=4"},
    {SLICE_INIT("=?utf-8?q?a=4Gb?="), 17, "a=4Gb"},
    {SLICE_INIT("=?utf-8?q?==41?="), 16, "=A"},
    {SLICE_INIT("=?utf-8?b?YWJj?="), 16, "abc"},
    {SLICE_INIT("=?utf-8?B?YWI=?="), 16, "ab"},
    {SLICE_INIT("=?utf-8?b?YQ==?="), 16, "a"},
    {SLICE_INIT("=?utf-8?b?YQ?="), 14, "a"}, /* padding is missing */
    {SLICE_INIT("=?utf-8?b?YQ=?="), 15, "a"},
    {SLICE_INIT("=?utf-8?b?YQ===?="), 17, "a"},
    {SLICE_INIT("=?utf-8?b?YQ==YWJj?="), 20, "aabc"}, /* two texts joined */
    {SLICE_INIT("=?utf-8?b?Y?="), 13, ""},
    {SLICE_INIT("=?utf-8?b?+/8A?="), 16, "\xFB\xFF"}, /* and a NUL, see below */
    {SLICE_INIT("=?utf-8?b?\?="), 12, ""},
    {SLICE_INIT("=?utf-8?b?YW Jj?="), 17, "abc"},
    {SLICE_INIT("=?utf-8?b? Y\tW!Jj\xC3 ?="), 21, "abc"},
    {SLICE_INIT("=?utf-8?b?fn5-?="), 16, "~~~"}, /* RFC 4648, 5 */
    {SLICE_INIT("=?utf-8?b?fn9_?="), 16, "~\x7F\x7F"},
    {SLICE_INIT("=?utf-8?q?a b?="), 15, "a b"},
    {SLICE_INIT("=?utf-8?q?a\tb\x01?="), 16, "a\tb\x01"},
    {SLICE_INIT("=?utf-8?q?a\xC3\xA4?="), 15, "a\xC3\xA4"},
    {SLICE_INIT("=?utf-8?q?a =?utf-8?q?b?="), 0, NULL}, /* the one inside is */
    {SLICE_INIT("=?utf-8?q?a?b?="), 0, NULL},
    {SLICE_INIT("=?utf-8?q?abc?"), 0, NULL},
    {SLICE_INIT("=?utf-8?q?abc"), 0, NULL},
    {SLICE_INIT("=?utf-8?q?"), 0, NULL},
    {SLICE_INIT("=?utf-8?q"), 0, NULL},
    {SLICE_INIT("=?utf-8?"), 0, NULL},
    {SLICE_INIT("=?utf-8"), 0, NULL},
    {SLICE_INIT("=?"), 0, NULL},
    {SLICE_INIT("="), 0, NULL},
    {SLICE_INIT(""), 0, NULL},
    {SLICE_INIT("x=?utf-8?q?abc?="), 0, NULL},
    {SLICE_INIT("=?utf-8?x?abc?="), 0, NULL},
    {SLICE_INIT("=?utf-8?qq?abc?="), 0, NULL},
    {SLICE_INIT("=?utf-8??abc?="), 0, NULL},
    {SLICE_INIT("=??q?abc?="), 0, NULL},
    {SLICE_INIT("=?utf-9?q?abc?="), 0, NULL},
    {SLICE_INIT("=?x-unknown?q?abc?="), 0, NULL},
    {SLICE_INIT("=? utf-8?q?abc?="), 0, NULL},
    {SLICE_INIT("=?a-name-that-is-much-longer-than-the-name-of-any-charset-in-the-whole-world"
                "?q?abc?="),
     0, NULL},
};

static void reading(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice input = guard_copy(&guard, rows[i].input);
        struct encoded_word word;
        struct bytes out;
        bool found = encoded_word_parse(input, &word);

        assert_row(found == (rows[i].length > 0), rows[i].input.ptr, i);
        if (!found)
            continue;
        assert_row(word.length == rows[i].length, rows[i].input.ptr, i);
        assert_int_equal(word.charset, charset_find(SLICE("utf-8")));
        bytes_init(&out, 128);
        assert_int_equal(encoded_word_decode(&word, &out), 0);
        if (slice_find(bytes_slice(&out), '\0') != SLICE_NOT_FOUND)
            out.len--;
        assert_row_slice(bytes_slice(&out), slice_str(rows[i].bytes), rows[i].input.ptr, i);
        bytes_fini(&out);
    }
    guard_fini(&guard);
}

static const struct {
    struct slice input;
    bool opens;
} fronts[] = {
    {SLICE_INIT("=?utf-8?q?"), true},
    {SLICE_INIT("=?utf-8?B?a b"), true},
    {SLICE_INIT("=?utf-8?q?a?="), false},
    {SLICE_INIT("=?utf-8?q?a?"), false},
    {SLICE_INIT("=?utf-8?q"), false},
    {SLICE_INIT("=?utf-8?x?a"), false},
    {SLICE_INIT("=?x-unknown?q?a"), false},
    {SLICE_INIT("a=?utf-8?q?a"), false},
    {SLICE_INIT(""), false},
};

static void opening(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(fronts); i++) {
        struct slice input = guard_copy(&guard, fronts[i].input);

        assert_row(encoded_word_opens(input) == fronts[i].opens, fronts[i].input.ptr, i);
    }
    guard_fini(&guard);
}

static void full(void **state)
{
    struct encoded_word word;
    struct bytes out;

    (void)state;
    assert_true(encoded_word_parse(SLICE("=?utf-8?q?abc?="), &word));
    bytes_init(&out, 2);
    assert_int_equal(encoded_word_decode(&word, &out), -1);
    bytes_clear(&out);
    assert_int_equal(encoded_word_append(SLICE("abc"), false, &out), -1);
    bytes_fini(&out);
}

/* --- writing ------------------------------------------------------------------------------------
 */

static const struct {
    const char *text;
    const char *q, *base64;
} written[] = {
    {"", "=?UTF-8?Q?\?=", "=?UTF-8?B?\?="},
    {"a", "=?UTF-8?Q?a?=", "=?UTF-8?B?YQ==?="},
    {"ab", "=?UTF-8?Q?ab?=", "=?UTF-8?B?YWI=?="},
    {"abc", "=?UTF-8?Q?abc?=", "=?UTF-8?B?YWJj?="},
    {"a b", "=?UTF-8?Q?a_b?=", "=?UTF-8?B?YSBi?="},
    {"\xC3\xA4", "=?UTF-8?Q?=C3=A4?=", "=?UTF-8?B?w6Q=?="},
    {"=?_\t", "=?UTF-8?Q?=3D=3F=5F=09?=", "=?UTF-8?B?PT9fCQ==?="},
    {"a.b@c\"(,)", "=?UTF-8?Q?a=2Eb=40c=22=28=2C=29?=", "=?UTF-8?B?YS5iQGMiKCwp?="},
    {"AZaz09!*+-/", "=?UTF-8?Q?AZaz09!*+-/?=", "=?UTF-8?B?QVphejA5ISorLS8=?="},
};

static void writing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(written); i++)
        for (int base64 = 0; base64 < 2; base64++) {
            struct slice text = slice_str(written[i].text);
            struct encoded_word word;
            struct bytes out, back;

            bytes_init(&out, 256);
            bytes_init(&back, 256);
            assert_int_equal(encoded_word_append(text, base64 == 1, &out), 0);
            assert_row_slice(bytes_slice(&out),
                             slice_str(base64 ? written[i].base64 : written[i].q), written[i].text,
                             base64);
            assert_row(encoded_word_length(text, base64 == 1) == out.len, written[i].text, base64);
            assert_true(encoded_word_parse(bytes_slice(&out), &word));
            assert_int_equal(encoded_word_decode(&word, &back), 0);
            assert_row_slice(bytes_slice(&back), text, written[i].text, base64);
            bytes_fini(&out);
            bytes_fini(&back);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(opening),
        cmocka_unit_test(full),
        cmocka_unit_test(writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
