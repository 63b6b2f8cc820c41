#include "filters/base/charset.h"

#include <errno.h>

#include "filters/base/utf8.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

#define FFFD "\xEF\xBF\xBD"

static const struct {
    const char *charset;
    struct slice text;
    const char *want;
} rows[] = {
    {"utf-8", SLICE_INIT(""), ""},
    {"utf-8", SLICE_INIT("caf\xC3\xA9"), "caf\xC3\xA9"},
    {"utf-8", SLICE_INIT("caf\xE9!"), "caf" FFFD "!"},
    {"utf-8", SLICE_INIT("\xC3"), FFFD},
    {"utf-8", SLICE_INIT("\xE2\x82"), FFFD FFFD},
    {"utf-8", SLICE_INIT("\xC0\xAF"), FFFD FFFD},
    {"utf-8", SLICE_INIT("a\xFF"), "a" FFFD},
    {"us-ascii", SLICE_INIT("a\x80z"), "a" FFFD "z"},
    {"iso-8859-1", SLICE_INIT("\xE9\xFF\x80"), "\xC3\xA9\xC3\xBF\xC2\x80"},
    {"iso-8859-15", SLICE_INIT("\xA4"), "\xE2\x82\xAC"},
    {"windows-1251", SLICE_INIT("\xCF\xF0"), "\xD0\x9F\xD1\x80"},
    {"windows-1252", SLICE_INIT("\x93x\x81"), "\xE2\x80\x9Cx" FFFD}, /* 81 is not used */
    {"windows-1255", SLICE_INIT("\xF9"), "\xD7\xA9"}, /* held back: a point could follow */
    {"windows-1258", SLICE_INIT("a\xCC"), "\xC3\xA0"},
    {"koi8-u", SLICE_INIT("\xF0\xA4"), "\xD0\x9F\xD1\x94"},
    {"gb2312", SLICE_INIT("\xC4\xE3\xBA\xC3"), "\xE4\xBD\xA0\xE5\xA5\xBD"},
    {"gb18030", SLICE_INIT("\xC4\xE3\xBA"), "\xE4\xBD\xA0" FFFD}, /* cut short */
    {"gb18030", SLICE_INIT("\xFF\xC4\xE3"), FFFD "\xE4\xBD\xA0"},
    {"big5", SLICE_INIT("\xA4\xA4"), "\xE4\xB8\xAD"},
    {"euc-jp", SLICE_INIT("\xC6\xFC"), "\xE6\x97\xA5"},
    {"shift_jis", SLICE_INIT("\x93\xFA"), "\xE6\x97\xA5"},
    {"iso-2022-jp", SLICE_INIT("\x1B$BF|\x1B(B!"), "\xE6\x97\xA5!"},
    {"iso-2022-jp", SLICE_INIT("\x1B$BF|"), "\xE6\x97\xA5"}, /* never back to ASCII */
    {"euc-kr", SLICE_INIT("\xC7\xD1"), "\xED\x95\x9C"},
    {"tis-620", SLICE_INIT("\xA1"), "\xE0\xB8\x81"},
    {"cp1253", SLICE_INIT("\xE1"), "\xCE\xB1"},
    {"CP1254", SLICE_INIT("\xFE"), "\xC5\x9F"},
    {"cp1256", SLICE_INIT("\xC7"), "\xD8\xA7"},
    {"cp1257", SLICE_INIT("\xE0"), "\xC4\x85"},
    {"cp437", SLICE_INIT("\x84"), "\xC3\xA4"},
    {"utf-7", SLICE_INIT("+AOQ-b \xE4"),
     "\xC3\xA4"
     "b " FFFD},
    {"utf-16", SLICE_INIT("\xFE\xFF\x00\xE4"), "\xC3\xA4"},
    {"utf-16", SLICE_INIT("\xFF\xFE\xE4\x00"), "\xC3\xA4"},
    {"utf-16", SLICE_INIT("\xE4\x00"), "\xC3\xA4"}, /* no mark */
    {"utf-32", SLICE_INIT("\0\0\xFE\xFF\0\0\0\xE4"), "\xC3\xA4"},
    {"utf-32", SLICE_INIT("\xFF\xFE\0\0\xE4\0\0\0"), "\xC3\xA4"},
    {"utf-16le",
     SLICE_INIT("\x00\xDC"
                "a\x00"
                "b"),
     FFFD "a" FFFD}, /* half a pair, half a unit */
    {"utf-16be", SLICE_INIT("\xD8\x3D\xDE\x00"), "\xF0\x9F\x98\x80"},
    {"utf-32be", SLICE_INIT("\xFF\0\0\0\0\0\0a"), FFFD "a"},
    {"iso-2022-kr", SLICE_INIT("\x1B$)C\x0EGQ\x0F!"), "\xED\x95\x9C!"},
    {"x-sjis", SLICE_INIT("\x93\xFA"), "\xE6\x97\xA5"},
    {"x-gbk", SLICE_INIT("\xC4\xE3"), "\xE4\xBD\xA0"},
    {"windows-949", SLICE_INIT("\xC7\xD1"), "\xED\x95\x9C"},
    {"euc-jp", SLICE_INIT("\x8F\xB0\xA1"), "\xE4\xB8\x82"},
    {"x-mac-roman", SLICE_INIT("\x8A"), "\xC3\xA4"},
    {"IBM1047", SLICE_INIT("\x83\x81\xA2\x89\x95\x96"), "casino"},
    {"cp273", SLICE_INIT("\xC0"), "\xC3\xA4"},
    {"ebcdic-at-de", SLICE_INIT("\x83"), "c"},
    {"8859_1", SLICE_INIT("\xE4"), "\xC3\xA4"},
    {"eucJP-win", SLICE_INIT("\xC6\xFC"), "\xE6\x97\xA5"},
    {"SJIS-win", SLICE_INIT("\x93\xFA"), "\xE6\x97\xA5"},
    {"x-mac-ukrainian", SLICE_INIT("\x80"), "\xD0\x90"},
    {"iso646-de", SLICE_INIT("{"), "\xC3\xA4"},
    {"utf-7-imap", SLICE_INIT("&AOQ-"), "\xC3\xA4"},
};

static void converting(void **state)
{
    struct charset_set set = {0};
    struct guard guard;

    (void)state;
    guard_init(&guard, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int again = 0; again < 2; again++) { /* nothing of the first time must be left */
            int charset = charset_find(slice_str(rows[i].charset));
            struct bytes out;

            bytes_init(&out, 4096);
            assert_row(charset != CHARSET_NONE, rows[i].charset, i);
            errno = ENOMEM; /* an old one says nothing */
            assert_row(charset_to_utf8(&set, charset, guard_copy(&guard, rows[i].text), &out) == 0,
                       rows[i].charset, i);
            assert_row_slice(bytes_slice(&out), slice_str(rows[i].want), rows[i].charset, i);
            bytes_fini(&out);
        }
    charset_set_fini(&set);
    charset_set_fini(&set);
    guard_fini(&guard);
}

static void names(void **state)
{
    static const char *const same[][2] = {
        {"UTF-8", "utf8"},
        {"utf-8*de", "utf-8"},
        {"ISO-8859-1", "latin1"},
        {"Windows-1252", "CP1252"},
        {"gbk", "gb2312"},
        {"SHIFT_JIS", "sjis"},
        {"ISO-8859-8-I", "iso-8859-8"},
        {"iso_8859-1", "latin-1"},
        {"ISO_8859-1:1987", "latin1"},
        {"csISOLatin1", "iso8859-1"},
        {"l2", "iso-8859-2"},
        {"x-cp1252", "windows-1252"},
        {"win-1251", "cp1251"},
        {"csShiftJIS", "x-sjis"},
        {"x-gbk", "gb18030"},
        {"windows-949", "KS_C_5601-1987"},
        {"unicode-1-1-utf-7", "utf-7"},
        {"ANSI_X3.4-1968", "us-ascii"},
        {"x-cyrillic", "iso-8859-5"}, /* "x-" is passed over */
    };
    static const char *const none[] = {
        "",
        "utf-9",
        "utx",
        "-",
        ":",
        "x-",
        "x-x-sjis",
        "utf8 unicode11utf8",
        "utf-8 ",
        "x-user",
        "IBM99999",
        "*",
        "*en",
        "UTF-8//TRANSLIT",
        "../../etc/passwd",
        "iso-8859-99",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        assert_row(charset_find(slice_str(same[i][0])) != CHARSET_NONE, same[i][0], i);
        assert_row(charset_find(slice_str(same[i][0])) == charset_find(slice_str(same[i][1])),
                   same[i][0], i);
    }
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_row(charset_find(slice_str(none[i])) == CHARSET_NONE, none[i], i);
    assert_int_not_equal(charset_find(SLICE("utf-8")), charset_find(SLICE("latin1")));
}

/* Whatever the bytes, what comes out is UTF-8, and not more than three times as much. */
static void any_bytes_from_every_charset(void **state)
{
    struct charset_set set = {0};
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 7 + i / 3);
    for (int charset = 0; charset < CHARSETS_MAX; charset++) {
        struct bytes out;

        bytes_init(&out, 3 * sizeof(text) + 1024);
        assert_row(charset_to_utf8(&set, charset, slice_make(text, sizeof(text)), &out) == 0,
                   "charset", charset);
        assert_row(utf8_valid(bytes_slice(&out)), "charset", charset);
        assert_row(out.len <= 3 * sizeof(text), "charset", charset);
        bytes_fini(&out);
    }
    charset_set_fini(&set);
}

static void full(void **state)
{
    struct charset_set set = {0};
    struct bytes out;

    (void)state;
    bytes_init(&out, 1);
    assert_int_equal(charset_to_utf8(&set, charset_find(SLICE("utf-8")), SLICE("ab"), &out), -1);
    bytes_clear(&out);
    assert_int_equal(charset_to_utf8(&set, charset_find(SLICE("big5")), SLICE("ab"), &out), -1);
    bytes_fini(&out);
    charset_set_fini(&set);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(converting, state));
    assert_true(leaves_nothing(full, state));
}

static const struct {
    const char *charset, *text;
    int result;
    const char *want;
} written[] = {
    {"utf-8", "caf\xC3\xA9", 0, "caf\xC3\xA9"},
    {"utf-8", "caf\xE9", 1, ""},
    {"us-ascii", "cafe", 0, "cafe"},
    {"us-ascii", "caf\xC3\xA9", 1, ""},
    {"iso-8859-1", "caf\xC3\xA9", 0, "caf\xE9"},
    {"iso-8859-1", "\xE2\x82\xAC", 1, ""},
    {"iso-8859-1", "\xE9", 1, ""},
    {"iso-8859-15", "\xE2\x82\xAC", 0, "\xA4"},
    {"windows-1252", "\xE2\x80\x9C", 0, "\x93"},
    {"windows-1252", "\xD0\x9F", 1, ""},
    {"windows-1252", "\xE9", 1, ""}, /* no UTF-8 */
    {"koi8-r", "\xD0\x9F\xD1\x80", 0, "\xF0\xD2"},
    {"iso-2022-jp", "\xE6\x97\xA5!", 0, "\x1B$BF|\x1B(B!"},
    {"iso-2022-jp", "\xE6\x97\xA5", 0, "\x1B$BF|\x1B(B"}, /* back in ASCII */
    {"iso-2022-jp", "\xC3\xBC", 1, ""}, /* which only larger sets of that name have */
    {"gb2312", "\xC3\xBC", 0, "\xA8\xB9"},
    {"gb18030", "\xC3\x9F", 1, ""},
    {"utf-16", "a", 1, ""},
    {"utf-32le", "a", 1, ""},
    {"ibm037", "a", 1, ""},
};

static void writing(void **state)
{
    struct bytes out;

    (void)state;
    for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
        int charset = charset_find(slice_str(written[i].charset)), result;

        bytes_init(&out, 1000);
        result = charset_from_utf8(charset, slice_str(written[i].text), &out);
        assert_int_equal(result, written[i].result);
        if (result == 0)
            assert_text(bytes_slice(&out), written[i].want);
        bytes_fini(&out);
    }
    bytes_init(&out, 3);
    assert_int_equal(charset_from_utf8(charset_find(SLICE("koi8-r")), SLICE("four"), &out), -1);
    assert_int_equal(charset_from_utf8(charset_find(SLICE("utf-8")), SLICE("four"), &out), -1);
    bytes_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converting), cmocka_unit_test(writing),
        cmocka_unit_test(names),      cmocka_unit_test(any_bytes_from_every_charset),
        cmocka_unit_test(full),       cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
