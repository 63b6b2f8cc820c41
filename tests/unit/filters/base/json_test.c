#include "filters/base/json.h"

#include <math.h>

#include "tests/unit/support.h"

/* What a string from the wire becomes between its quotes. */
static const struct {
    struct slice value;
    const char *want;
} strings[] = {
    {SLICE_INIT(""), ""},
    {SLICE_INIT("plain text"), "plain text"},
    {SLICE_INIT("\"\\/"), "\\\"\\\\/"},
    {SLICE_INIT("\r\n\t"), "\\r\\n\\t"},
    {SLICE_INIT("\0\x01\x1f\x1b[31m"), "\\u0000\\u0001\\u001f\\u001b[31m"},
    {SLICE_INIT("\x7f"), "\\u007f"},
    {SLICE_INIT("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"},
    {SLICE_INIT("\xfc"), "\\\\xfc"},                       /* Latin-1 */
    {SLICE_INIT("\\xfc \\xC"), "\\\\x5cxfc \\\\xC"},       /* ... as text, and not quite */
    {SLICE_INIT("\xc3"), "\\\\xc3"},                       /* cut */
    {SLICE_INIT("\xc0\x80"), "\\\\xc0\\\\x80"},            /* overlong NUL */
    {SLICE_INIT("\xed\xa0\x80"), "\\\\xed\\\\xa0\\\\x80"}, /* surrogate */
    {SLICE_INIT("\xc2\x80\xc2\x9b\xc2\x9f"), "\\u0080\\u009b\\u009f"}, /* C1 */
    {SLICE_INIT("\xc2\xa0"), "\xc2\xa0"},
    {SLICE_INIT("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029"},
    {SLICE_INIT("\xe2\x80\xa7\xe2\x80\xaf"), "\xe2\x80\xa7\xe2\x80\xaf"},
    /* what turns the direction of writing, and what cannot be seen */
    {SLICE_INIT("a\xe2\x80\xaa\xe2\x80\xae"
                "b"),
     "a\\u202a\\u202eb"},
    {SLICE_INIT("\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xb0"), "\\u2066\\u2069\xe2\x81\xb0"},
    {SLICE_INIT("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\u200e\\u200f\\u061c"},
    {SLICE_INIT("\xef\xbb\xbf"), "\\ufeff"},
    {SLICE_INIT("\xf3\xa0\x88\x80"), "\\udb40\\ude00"},
    {SLICE_INIT("\xf3\xa0\x81\x81\xf3\xa1\x80\x80"), "\\udb40\\udc41\xf3\xa1\x80\x80"},
};

static void string_escapes(void **state)
{
    struct bytes out, want;
    struct guard guard;
    struct json j;

    (void)state;
    guard_init(&guard, 64);
    bytes_init(&out, 10000);
    bytes_init(&want, 10000);
    for (size_t i = 0; i < COUNT_OF(strings); i++) {
        bytes_clear(&out);
        bytes_clear(&want);
        json_init(&j, &out);
        json_string(&j, NULL, guard_copy(&guard, strings[i].value));
        bytes_format(&want, "\"%s\"", strings[i].want);
        assert_row_slice(bytes_slice(&out), bytes_slice(&want), strings[i].want, i);
    }
    bytes_fini(&out);
    bytes_fini(&want);
    guard_fini(&guard);
}

/* Whatever the bytes are: one line, printable ASCII or UTF-8, and one string. */
static void any_byte_stays_inside(void **state)
{
    struct bytes out;
    struct json j;

    (void)state;
    bytes_init(&out, 10000);
    for (unsigned c = 0; c < 256; c++) {
        char text[2] = {(char)c, (char)(255 - c)};

        bytes_clear(&out);
        json_init(&j, &out);
        json_text(&j, NULL, slice_make(text, sizeof(text)));
        assert_int_equal(out.data[0], '"');
        assert_int_equal(out.data[out.len - 1], '"');
        for (size_t i = 1; i + 1 < out.len; i++) {
            assert_true(out.data[i] >= ' ' || (unsigned char)out.data[i] >= 0xC2);
            assert_true(out.data[i] != '"' || out.data[i - 1] == '\\');
        }
    }
    bytes_fini(&out);
}

static void nesting_and_commas(void **state)
{
    struct bytes out;
    struct json j;

    (void)state;
    bytes_init(&out, 10000);
    json_init(&j, &out);
    json_object(&j, NULL);
    json_integer(&j, "a", -9223372036854775807 - 1);
    json_array(&j, "b");
    json_bool(&j, NULL, true);
    json_bool(&j, NULL, false);
    json_null(&j, NULL);
    json_object(&j, NULL);
    json_end_object(&j);
    json_array(&j, NULL);
    json_integer(&j, NULL, 1);
    json_end_array(&j);
    json_array(&j, NULL);
    json_integer(&j, NULL, 2);
    json_end_array(&j);
    json_end_array(&j);
    json_string(&j, "c", SLICE("x"));
    json_end_object(&j);
    assert_int_equal(j.depth, 0);
    assert_text(bytes_slice(&out),
                "{\"a\":-9223372036854775808,\"b\":[true,false,null,{},[1],[2]],\"c\":\"x\"}");
    bytes_fini(&out);
}

static void numbers(void **state)
{
    static const struct {
        double value;
        const char *want;
    } rows[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {100, "100"},
        {0.5, "0.5"},
        {-2.25, "-2.25"},
        {1e-9, "0"},
        {-1e-9, "0"},
        {1234567.891, "1234567.891"},
        {0.1234567, "0.123457"},
        {1e20, "100000000000000000000"},
        {(double)NAN, "null"},
        {(double)INFINITY, "null"},
        {-(double)INFINITY, "null"},
    };
    struct bytes out;
    struct json j;

    (void)state;
    bytes_init(&out, 10000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bytes_clear(&out);
        json_init(&j, &out);
        json_number(&j, NULL, rows[i].value);
        assert_row_slice(bytes_slice(&out), slice_str(rows[i].want), rows[i].want, i);
    }
    bytes_clear(&out);
    json_init(&j, &out);
    json_number(&j, NULL, -1.7976931348623157e308);
    assert_int_equal(out.len, 310);
    bytes_fini(&out);
}

static void long_strings_are_cut(void **state)
{
    char text[JSON_STRING_MAX + 10];
    struct bytes out;
    struct json j;

    (void)state;
    memset(text, 'x', sizeof(text));
    bytes_init(&out, 10000);
    json_init(&j, &out);
    json_string(&j, NULL, slice_make(text, JSON_STRING_MAX));
    assert_int_equal(out.len, JSON_STRING_MAX + 2);
    bytes_clear(&out);
    json_init(&j, &out);
    json_string(&j, NULL, slice_make(text, JSON_STRING_MAX + 1));
    assert_int_equal(out.len, JSON_STRING_MAX + 5);
    assert_text(slice_from(bytes_slice(&out), out.len - 5), "x...\"");
    bytes_clear(&out);
    memcpy(text + JSON_STRING_MAX - 1, "\xc3\xbc", 2); /* stands across the limit */
    json_init(&j, &out);
    json_string(&j, NULL, slice_make(text, JSON_STRING_MAX + 1));
    assert_int_equal(out.len, JSON_STRING_MAX + 4);
    bytes_clear(&out);
    json_init(&j, &out);
    json_text(&j, NULL, slice_make(text, sizeof(text)));
    assert_int_equal(out.len, sizeof(text) + 2);
    bytes_fini(&out);
}

static void a_full_buffer_is_told(void **state)
{
    struct bytes out;
    struct json j;

    (void)state;
    bytes_init(&out, 5);
    json_init(&j, &out);
    json_string(&j, NULL, SLICE("abcdef\r\n\xff"));
    assert_true(out.failed);
    assert_true(out.len <= 5);
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(string_escapes),       cmocka_unit_test(any_byte_stays_inside),
        cmocka_unit_test(nesting_and_commas),   cmocka_unit_test(numbers),
        cmocka_unit_test(long_strings_are_cut), cmocka_unit_test(a_full_buffer_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
