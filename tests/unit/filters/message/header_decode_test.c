#include "filters/message/header.h"

#include "tests/unit/arena_kit.h"
#include "tests/unit/heap.h"

/* R114, R115, H06, H07 */
static const struct {
    struct slice value;
    const char *want;
} rows[] = {
    {SLICE_INIT(""), ""},
    {SLICE_INIT(" plain text "), "plain text"},
    {SLICE_INIT(" plain\r\n text"), "plain text"},
    {SLICE_INIT("=?utf-8?q?caf=C3=A9?="), "caf\xC3\xA9"},
    {SLICE_INIT(" a =?utf-8?q?b?= c "), "a b c"},
    {SLICE_INIT("=?utf-8?q?a?= =?utf-8?q?b?="), "ab"},
    {SLICE_INIT("=?utf-8?q?a?=\r\n \t=?utf-8?b?Yg==?="), "ab"},
    {SLICE_INIT("=?utf-8?q?a_?= =?utf-8?q?b?="), "a b"},
    {SLICE_INIT("=?utf-8?q?a?= x =?utf-8?q?b?="), "a x b"},
    {SLICE_INIT("=?utf-8?q?a?=  x"), "a  x"},
    {SLICE_INIT("x  =?utf-8?q?a?="), "x  a"},
    {SLICE_INIT("=?utf-8?q?a?= =?iso-8859-1?q?=E4?="), "a\xC3\xA4"},
    {SLICE_INIT("=?utf-8?q?a?==?utf-8?q?b?="), "ab"},
    {SLICE_INIT("x=?utf-8?q?a?=y"), "xay"}, /* readers show it so */
    /* a character cut in two by words */
    {SLICE_INIT("=?utf-8?q?=C3?= =?utf-8?q?=A4?="), "\xC3\xA4"},
    {SLICE_INIT("=?utf-8?b?4oI=?=\r\n =?UTF-8?q?=AC?="), "\xE2\x82\xAC"},
    {SLICE_INIT("=?utf-8?q?=C3?= =?iso-8859-1?q?=A4?="), "\xEF\xBF\xBD\xC2\xA4"},
    {SLICE_INIT("=?utf-8?q?=C3?= x =?utf-8?q?=A4?="), "\xEF\xBF\xBD x \xEF\xBF\xBD"},
    /* charsets */
    {SLICE_INIT("=?ISO-8859-1?Q?Stra=DFe?="), "Stra\xC3\x9F"
                                              "e"},
    {SLICE_INIT("=?iso-8859-15?q?=A4?="), "\xE2\x82\xAC"},
    {SLICE_INIT("=?windows-1252?q?=80?="), "\xE2\x82\xAC"},
    {SLICE_INIT("=?koi8-r?B?8NLJ18XU?="), "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82"},
    {SLICE_INIT("=?gb2312?B?xOO6ww==?="), "\xE4\xBD\xA0\xE5\xA5\xBD"},
    {SLICE_INIT("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?="), "\xE6\x97\xA5\xE6\x9C\xAC"},
    {SLICE_INIT("=?us-ascii?q?a=E4?="), "a\xEF\xBF\xBD"},
    {SLICE_INIT("=?utf-7?q?+AOQ-?= x"), "\xC3\xA4 x"},
    {SLICE_INIT("=?utf-16?b?/v8A5A==?="), "\xC3\xA4"},
    {SLICE_INIT("=?iso-2022-kr?b?GyQpQw5HUQ8=?="), "\xED\x95\x9C"},
    {SLICE_INIT("=?cp437?q?=84?= =?x-sjis?b?k/o=?="), "\xC3\xA4\xE6\x97\xA5"},
    /* what RFC 2047 forbids in a word, and readers take */
    {SLICE_INIT("=?utf-8?q?a b\tc\x01?= =?utf-8?q?d?="), "a b\tc\x01"
                                                         "d"},
    {SLICE_INIT("=?utf-8?q?a\r\n b?="), "a b"},
    {SLICE_INIT("=?iso-8859-1?q?\xE4?="), "\xC3\xA4"},
    {SLICE_INIT("=?utf-8?b?Y2Fz\r\n\t aW5v?="), "casino"},
    {SLICE_INIT("=?utf-8?q?a =?utf-8?q?b?="), "=?utf-8?q?a b"},
    /* no words: left as text */
    {SLICE_INIT("=?utf-9?q?+AOQ-?= x"), "=?utf-9?q?+AOQ-?= x"},
    {SLICE_INIT("=?x-what?q?a?= =?utf-8?q?b?="), "=?x-what?q?a?= b"},
    {SLICE_INIT("=?utf-8?q?a?= =?x-what?q?b?="), "a =?x-what?q?b?="},
    {SLICE_INIT("=?utf-8?z?a?="), "=?utf-8?z?a?="},
    {SLICE_INIT("=?utf-8?q?a"), "=?utf-8?q?a"},
    {SLICE_INIT("=?=?utf-8?q?a?="), "=?a"},
    {SLICE_INIT("=?utf-8?q?=?utf-8?q?a?="), "=?utf-8?q?a"},
    /* never decoded twice; no line ends and NULs come out */
    {SLICE_INIT("=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?="), "=?utf-8?q?a?="},
    {SLICE_INIT("=?utf-8?q?a=0D=0ABcc:=00b?="), "a  Bcc: b"},
    /* bytes outside words stay as they are */
    {SLICE_INIT("\xE4 =?utf-8?q?=E4?="), "\xE4 \xEF\xBF\xBD"},
    {SLICE_INIT("caf\xC3\xA9"), "caf\xC3\xA9"},
    /* longer than RFC 2047 lets one be */
    {SLICE_INIT("=?utf-8?q?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaa?="),
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {SLICE_INIT("\"=?utf-8?q?a?=\" <x@y>"), "\"a\" <x@y>"},
};

static void decoding(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice out = header_decode(guard_copy(&guard, rows[i].value), &arena);

        assert_non_null(out.ptr);
        assert_row_slice(out, slice_str(rows[i].want), rows[i].value.ptr, i);
    }
    guard_fini(&guard);
}

/* Readers decode what RFC 2047, 5, forbids, words in a quoted string, in every field. */
static const struct {
    const char *name;
    struct slice value;
    const char *want;
} fields[] = {
    {"From", SLICE_INIT("=?utf-8?q?a?= <x@y>"), "a <x@y>"},
    {"From", SLICE_INIT("\"=?utf-8?q?a?=\" <x@y>"), "\"a\" <x@y>"},
    {"from", SLICE_INIT("\"=?utf-8?q?a?=\" =?utf-8?q?b?= <x@y>"), "\"a\" b <x@y>"},
    {"To", SLICE_INIT("\"a\\\" =?utf-8?q?b?=\" <x@y>"), "\"a\\\" b\" <x@y>"},
    {"To", SLICE_INIT("\"a\\\\\" =?utf-8?q?b?= <x@y>"), "\"a\\\\\" b <x@y>"},
    /* an open quote hides nothing, nor does one in a comment */
    {"To", SLICE_INIT("\" =?utf-8?q?b?= <x@y>"), "\" b <x@y>"},
    {"To", SLICE_INIT("(\") =?utf-8?q?b?= (\") <x@y>"), "(\") b (\") <x@y>"},
    {"To", SLICE_INIT("(=?utf-8?q?b?=) <x@y>"), "(b) <x@y>"},
    {"To", SLICE_INIT("\\\"=?utf-8?q?b?=\\\" <x@y>"), "\\\"b\\\" <x@y>"},
    {"To", SLICE_INIT("\\\"=?utf-8?q?b?=\\\" \"x\" <x@y>"), "\\\"b\\\" \"x\" <x@y>"},
    {"Subject", SLICE_INIT("\"=?utf-8?q?a?=\""), "\"a\""},
};

static void decoding_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct field field = {.name = slice_str(fields[i].name), .value = fields[i].value};

        assert_row_slice(header_decode_field(&field, &arena), slice_str(fields[i].want),
                         fields[i].value.ptr, i);
    }
}

static void no_copy_without_need(void **state)
{
    struct slice value = SLICE(" nothing to decode ");

    (void)state;
    assert_ptr_equal(header_decode(value, &arena).ptr, value.ptr + 1);
}

static void full_arena(void **state)
{
    struct arena small;

    (void)state;
    arena_init(&small, 64, 64);
    assert_null(
        header_decode(SLICE("=?utf-8?q?0123456789012345678901234567890123456789012345?="), &small)
            .ptr);
    arena_fini(&small);
}

static void large_values(void **state)
{
    static const char *const blocks[] = {
        "=?",
        "=?utf-8?q?",
        "=?utf-8?q?a?= ",
        "=?utf-8?q?=C3?= =?koi8-r?q?=C3?= ",
        "\"",
        "\" =?utf-8?q?a",
        "(",
        "=?utf-8?q?\r\n ",
        "=?iso-2022-jp?B?GyRCRnxL?= =?euc-jp?q?=A1?= =?big5?q?=A1?= ",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        size_t block_len = strlen(blocks[i]), count = (1 << 18) / block_len;
        struct field field = {.name = SLICE("From")};
        char *text = arena_alloc(&arena, count * block_len);

        for (size_t k = 0; k < count; k++)
            memcpy(text + k * block_len, blocks[i], block_len);
        field.value = slice_make(text, count * block_len);
        assert_non_null(header_decode(field.value, &arena).ptr);
        assert_non_null(header_decode_field(&field, &arena).ptr);
        arena_reset(&arena);
    }
}

/* What one reader shows so and another otherwise: the other reading, or none. */
static const struct {
    struct slice value;
    const char *want;
} doubtful[] = {
    {SLICE_INIT("plain"), ""},
    {SLICE_INIT("=?utf-8?q?a?= =?utf-8?b?Yg==?="), ""},
    {SLICE_INIT("=?utf-8?q?a?= x\x01y =?utf-8?q?b?="), ""},
    {SLICE_INIT("a =?x-what?q?b=63?= d"), "a bc d"},
    {SLICE_INIT("=?x-what?q?=C3=A4?= =?y-what?q?=E4?="), "\xC3\xA4\xC3\xA4"},
    {SLICE_INIT("=?\?q?a?="), "a"},
    {SLICE_INIT("=? \"utf-8' ?q?=C3=A4?="), "\xC3\xA4"},
    {SLICE_INIT("=?utf-8?q?a?b=63?="), "a?bc"},
    {SLICE_INIT("=?utf-8?q?a=62 =?utf-8?b?Yw==?="), "ab c"},
    {SLICE_INIT("=?utf-8?b?YQ =?utf-8?b?Yg==?="), "ab"},
    {SLICE_INIT("=?utf-8?q?a=62"), "ab"},
    {SLICE_INIT("=?utf-8?b?YWI="), "=?utf-8?b?YWI="},
    {SLICE_INIT("=?utf-8?b?Y2Fza?= =?utf-8?b?W5v?="), "casino"},
    {SLICE_INIT("=?utf-8?q?c=6?=\r\n =?utf-8?q?1s?="), "cas"},
    {SLICE_INIT("=?utf-8?q?c=6?= =?utf-8?b?YQ==?="), "c=6a"},
    {SLICE_INIT("=?utf-8?q?a?= \x0C =?utf-8?q?b?="), "ab"},
    {SLICE_INIT("=?utf-8?b?YW_Jj?="), "abc"},
    {SLICE_INIT("=?utf-16?b?AGE=?="), "a"},
    {SLICE_INIT("=?utf-32?b?AAAAYQ==?="), "a"},
    {SLICE_INIT("=?x-what?q?a=0D=0A=00b?="), "a   b"},
    {SLICE_INIT("=?utf-8?z?a?="), "=?utf-8?z?a?="},
};

static void decoding_generously(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 256);
    for (size_t i = 0; i < COUNT_OF(doubtful); i++) {
        struct slice out = header_decode_generously(guard_copy(&guard, doubtful[i].value), &arena);

        assert_non_null(out.ptr);
        assert_row_slice(out, slice_str(doubtful[i].want), doubtful[i].value.ptr, i);
    }
    guard_fini(&guard);
}

static void all_of_it(void **state)
{
    decoding(state);
    decoding_generously(state);
    full_arena(state);
    arena_reset(&arena);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(all_of_it, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding),          cmocka_unit_test(decoding_generously),
        cmocka_unit_test(decoding_fields),   cmocka_unit_test(no_copy_without_need),
        cmocka_unit_test(full_arena),        cmocka_unit_test(large_values),
        cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
