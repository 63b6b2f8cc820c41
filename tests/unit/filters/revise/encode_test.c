#include "filters/revise/encode.h"

#include <stdlib.h>

#include "tests/unit/support.h"

static struct bytes out;

static int set_up(void **state)
{
    (void)state;
    bytes_init(&out, (size_t)1 << 24);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bytes_fini(&out);
    return 0;
}

#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

static const struct {
    struct slice octets;
    bool at_end;
    const char *want;
} QUOTED[] = {
    {SLICE_INIT(""), true, ""},
    {SLICE_INIT("plain text!"), true, "plain text!"},
    {SLICE_INIT("a=b"), true, "a=3Db"},
    {SLICE_INIT("caf\xE9\0\x7F"), true, "caf=E9=00=7F"},
    {SLICE_INIT("one\r\ntwo\r\n"), true, "one\r\ntwo\r\n"},
    {SLICE_INIT("bare\nand\rbare"), true, "bare=0Aand=0Dbare"},
    {SLICE_INIT("blank \r\ntab\t\r\n"), true, "blank=20\r\ntab=09\r\n"},
    {SLICE_INIT("blank inside"), true, "blank inside"},
    {SLICE_INIT("at the end "), true, "at the end=20"},
    {SLICE_INIT("something follows "), false, "something follows "},
    {SLICE_INIT(X70 "123456"), true, X70 "123456"},
    {SLICE_INIT(X70 "1234567"), true, X70 "12345=\r\n67"},
    {SLICE_INIT(X70 "123456"), false, X70 "12345=\r\n6"},
    {SLICE_INIT(X70 "123456\r\n"), false, X70 "123456\r\n"},
    {SLICE_INIT(X70 "123=456"), true, X70 "123=\r\n=3D456"},
    {SLICE_INIT(X70 "12=3"), true, X70 "12=3D3"},
    {SLICE_INIT(X70 "123="), true, X70 "123=3D"},
};

static void test_quoted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(QUOTED) / sizeof(*QUOTED); i++) {
        bytes_renew(&out);
        encode_quoted(QUOTED[i].octets, QUOTED[i].at_end, &out);
        assert_int_equal(bytes_end(&out), 0);
        assert_text(bytes_slice(&out), QUOTED[i].want);
    }
}

static const struct {
    const char *octets, *want;
} BASE64[] = {
    {"", ""},
    {"a", "YQ=="},
    {"ab", "YWI="},
    {"abc", "YWJj"},
    {X10 X10 X10 X10 X10 "1234567",
     "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHgxMjM0NTY3"},
    {X10 X10 X10 X10 X10 "12345678",
     "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHgxMjM0NTY3\r\nOA=="},
};

static void test_base64(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(BASE64) / sizeof(*BASE64); i++) {
        bytes_renew(&out);
        encode_base64(slice_str(BASE64[i].octets), &out);
        assert_int_equal(bytes_end(&out), 0);
        assert_text(bytes_slice(&out), BASE64[i].want);
    }
    bytes_renew(&out);
    encode_base64(SLICE("\xFF\x00\xFE"), &out);
    assert_text(bytes_slice(&out), "/wD+");
}

static const struct {
    const char *raw;
    size_t octets;
    int place; /* -1: it says fewer */
} PLACES[] = {
    {"", 0, 0},
    {"", 1, -1},
    {"abc", 2, 2},
    {"abc", 4, -1},
    {"a=3Db", 2, 4},
    {"a=3", 3, 3}, /* broken: itself */
    {"a=\r\nb", 1, 1},
    {"a=\r\nb", 2, 5},
    {"a= \t\r\nb", 2, 7},
    {"a=\nb", 2, 4},
    {"a=\r\n=\r\nb", 2, 8},
    {"a  \r\nb", 2, 4}, /* the blanks are nothing */
    {"a  \r\nb", 3, 5},
    {"a  b", 2, 2},
    {"a  b", 3, 3},
    {"a  ", 2, -1},
    {"a =\r\n b", 3, 6},
    {"a\r\nb", 3, 3},
};

static void test_quoted_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(PLACES) / sizeof(*PLACES); i++) {
        size_t place = 0;
        bool found = encode_quoted_place(slice_str(PLACES[i].raw), PLACES[i].octets, &place);

        assert_int_equal(found, PLACES[i].place >= 0);
        if (found)
            assert_int_equal(place, PLACES[i].place);
    }
}

static const struct {
    const char *raw;
    size_t octets, place, begins;
} LINES[] = {
    {"", 0, 0, 0},
    {"YWJj\r\nZGVm\r\n", 0, 0, 0},
    {"YWJj\r\nZGVm\r\n", 2, 0, 0},
    {"YWJj\r\nZGVm\r\n", 3, 6, 3},
    {"YWJj\r\nZGVm\r\n", 5, 6, 3},
    {"YWJj\r\nZGVm\r\n", 6, 12, 6},
    {"YWJj\r\nZGVm", 6, 6, 3},
    {"YW\r\nJjZG\r\nVm", 5, 0, 0},
    {"YW\r\nJj\r\nZGVm\r\n", 5, 8, 3},
    {"YQ==\r\nZGVm\r\n", 9, 0, 0},
    {"\r\n\r\nYWJj\r\n", 3, 10, 3},
};

static void test_base64_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(LINES) / sizeof(*LINES); i++) {
        size_t octets = LINES[i].octets;

        assert_int_equal(encode_base64_place(slice_str(LINES[i].raw), &octets), LINES[i].place);
        assert_int_equal(octets, LINES[i].begins);
    }
}

/* A million blanks are gone over once, not once each. */
static void test_many_blanks(void **state)
{
    const size_t count = 1000000;
    char *raw = malloc(count + 1);
    size_t place;

    (void)state;
    assert_non_null(raw);
    memset(raw, ' ', count);
    raw[count] = 'x';
    assert_true(encode_quoted_place(slice_make(raw, count + 1), count + 1, &place));
    assert_int_equal(place, count + 1);
    assert_false(encode_quoted_place(slice_make(raw, count), 1, &place));
    free(raw);
}

static void test_full(void **state)
{
    struct bytes small;

    (void)state;
    bytes_init(&small, 5);
    encode_base64(SLICE("abcdef"), &small);
    assert_int_equal(bytes_end(&small), -1);
    bytes_renew(&small);
    encode_quoted(SLICE("a=b="), true, &small);
    assert_int_equal(bytes_end(&small), -1);
    bytes_fini(&small);
}

static void test_quoted_size(void **state)
{
    (void)state;
    assert_int_equal(encode_quoted_size(SLICE("")), 0);
    assert_int_equal(encode_quoted_size(SLICE("a =\xFF")), 8);
    assert_int_equal(encode_quoted_size(SLICE("a\n")), 4);
    assert_true(encode_quoted_size(SLICE("a\r\nb")) == SLICE_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quoted_size),   cmocka_unit_test(test_quoted),
        cmocka_unit_test(test_base64),        cmocka_unit_test(test_quoted_places),
        cmocka_unit_test(test_base64_places), cmocka_unit_test(test_many_blanks),
        cmocka_unit_test(test_full),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
