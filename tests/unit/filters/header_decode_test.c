#include "filters/header.h"

#include "tests/unit/support.h"

#define ROOM ((size_t)1 << 26)

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
    /* no words: left as text */
    {SLICE_INIT("=?utf-7?q?+AOQ-?= x"), "=?utf-7?q?+AOQ-?= x"},
    {SLICE_INIT("=?x-what?q?a?= =?utf-8?q?b?="), "=?x-what?q?a?= b"},
    {SLICE_INIT("=?utf-8?q?a?= =?x-what?q?b?="), "a =?x-what?q?b?="},
    {SLICE_INIT("=?utf-8?q?a b?="), "=?utf-8?q?a b?="},
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

/* In lists of addresses a quoted string is no place for words: RFC 2047, 5, rule 3. */
static const struct {
    const char *name;
    struct slice value;
    const char *want;
} fields[] = {
    {"From", SLICE_INIT("=?utf-8?q?a?= <x@y>"), "a <x@y>"},
    {"From", SLICE_INIT("\"=?utf-8?q?a?=\" <x@y>"), "\"=?utf-8?q?a?=\" <x@y>"},
    {"from", SLICE_INIT("\"=?utf-8?q?a?=\" =?utf-8?q?b?= <x@y>"), "\"=?utf-8?q?a?=\" b <x@y>"},
    {"To", SLICE_INIT("\"a\\\" =?utf-8?q?b?=\" <x@y>"), "\"a\\\" =?utf-8?q?b?=\" <x@y>"},
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

static const struct {
    const char *name, *value, *want;
} forwards[] = {
    {"From", "=?utf-8?q?J=C3=BCrgen_M?= <a@b>", "J\xc3\xbcrgen M <a@b>"},
    {"From", "=?utf-8?q?x=40y=3E=2C?= <a@b>", "\"x@y>,\" <a@b>"},
    {"To", "=?utf-8?q?say_=22hi=22=5C?= <a@b>", "\"say \\\"hi\\\"\\\\\" <a@b>"},
    {"To", "=?utf-8?q?say_=22hi=22?= <a@b>", "\"say \\\"hi\\\"\" <a@b>"},
    {"To", "\"=?utf-8?q?x=40y?=\" <a@b>", "\"=?utf-8?q?x=40y?=\" <a@b>"},
    {"Subject", "=?utf-8?q?x=40y=3E=2C?=", "x@y>,"},
};

static void forwarding(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(forwards); i++) {
        struct field field = {.name = slice_str(forwards[i].name),
                              .value = slice_str(forwards[i].value)};

        assert_row_slice(header_decode_forward(&field, &arena), slice_str(forwards[i].want),
                         forwards[i].value, i);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding),   cmocka_unit_test(decoding_fields),
        cmocka_unit_test(forwarding), cmocka_unit_test(no_copy_without_need),
        cmocka_unit_test(full_arena), cmocka_unit_test(large_values),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
