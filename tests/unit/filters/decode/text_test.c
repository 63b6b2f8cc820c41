#include "filters/decode/text.h"

#include <stdlib.h>

#include "filters/base/utf8.h"
#include "tests/unit/support.h"

#define META(charset)                                                                              \
    "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=" charset "\">"

static const struct {
    struct slice text;
    const char *declared;
    bool html;
    const char *readings; /* in UTF-8, parted by "|" */
} rows[] = {
    {SLICE_INIT("abc"), "", false, "abc|"},
    {SLICE_INIT("abc"), "iso-8859-1", false, "abc|"},
    {SLICE_INIT("abc"), "what-is-this", false, "abc|"},
    {SLICE_INIT(""), "utf-16", false, "|"},
    {SLICE_INIT("\xC3\xA4"), "", false, "\xC3\xA4|"},
    {SLICE_INIT("\xC3\xA4"), "utf-8", false, "\xC3\xA4|"},
    {SLICE_INIT("\xC3\xA4"), "us-ascii", false, "\xC3\xA4|"},
    {SLICE_INIT("\xC3\xA4"), "what-is-this", false, "\xC3\xA4|"},
    {SLICE_INIT("\xC3\xA4"), "iso-8859-1", false, "\xC3\x83\xC2\xA4|"},
    {SLICE_INIT("\xE4"), "", false, "\xC3\xA4|"},
    {SLICE_INIT("\xE4"), "us-ascii", false, "\xC3\xA4|"},
    {SLICE_INIT("\xE4"), "what-is-this", false, "\xC3\xA4|"},
    {SLICE_INIT("\xE4"), "utf-8", false, "\xEF\xBF\xBD|"},
    {SLICE_INIT("\x80"), "iso-8859-1", false, "\xE2\x82\xAC|"}, /* the euro of Windows */
    {SLICE_INIT("\xC1\xC2"), "koi8-r", false, "\xD0\xB0\xD0\xB1|"},
    {SLICE_INIT("a\0b\0"), "utf-16le", false, "ab|"},
    {SLICE_INIT("\0a\0b"), "utf-16be", false, "ab|"},
    {SLICE_INIT("a\0\0\0"), "utf-32le", false, "a|"},
    {SLICE_INIT("a+AOQ-b"), "utf-7", false,
     "a\xC3\xA4"
     "b|a+AOQ-b|"},
    {SLICE_INIT("\x1B$B$\"\x1B(B"), "iso-2022-jp", false, "\xE3\x81\x82|"},
    /* ASCII that is another text in its charset */
    {SLICE_INIT("abcd"), "utf-16le", false, "\xE6\x89\xA1\xE6\x91\xA3|abcd|"},
    {SLICE_INIT("\0a\0b"), "utf-16", false, "\xE6\x84\x80\xE6\x88\x80|ab|"},
    {SLICE_INIT("+AGE-"), "utf-7", false, "a|+AGE-|"},
    /* marks */
    {SLICE_INIT("\xEF\xBB\xBF\xC3\xA4"), "", false, "\xC3\xA4|"},
    {SLICE_INIT("\xFF\xFE"
                "a\0"),
     "", false, "a|"},
    {SLICE_INIT("\xFE\xFF\0a"), "", false, "a|"},
    {SLICE_INIT("\xFF\xFE\0\0a\0\0\0"), "", false, "a|"},
    {SLICE_INIT("\0\0\xFE\xFF\0\0\0a"), "", false, "a|"},
    {SLICE_INIT("\xFF\xFE"
                "a\0"),
     "utf-16", false, "a|a|"},
    {SLICE_INIT("\xEF\xBB\xBF\xC3\xA4"), "iso-8859-1", false,
     "\xC3\xA4|\xC3\xAF\xC2\xBB\xC2\xBF\xC3\x83\xC2\xA4|"},
    /* meta elements */
    {SLICE_INIT(META("koi8-r") "\xC1"), "", true, META("koi8-r") "\xD0\xB0|"},
    {SLICE_INIT(META("koi8-r") "\xC1"), "", false, META("koi8-r") "\xC3\x81|"},
    {SLICE_INIT("<META CHARSET = ' KOI8-R '>\xC1"), "", true,
     "<META CHARSET = ' KOI8-R '>\xD0\xB0|"},
    {SLICE_INIT("<meta charset=koi8-r>\xC1"), "", true, "<meta charset=koi8-r>\xD0\xB0|"},
    {SLICE_INIT("<meta charset=koi8-r/>\xC1"), "", true, "<meta charset=koi8-r/>\xD0\xB0|"},
    {SLICE_INIT("<meta charset>\xC1"), "", true, "<meta charset>\xC3\x81|"},
    {SLICE_INIT("<meta charset=>\xC1"), "", true, "<meta charset=>\xC3\x81|"},
    {SLICE_INIT("<meta x>charset=koi8-r \xC1"), "", true, "<meta x>charset=koi8-r \xC3\x81|"},
    {SLICE_INIT("<meta x><meta charset=nn charset=koi8-r>\xC1"), "", true,
     "<meta x><meta charset=nn charset=koi8-r>\xD0\xB0|"},
    {SLICE_INIT("<meta charset=utf-16>\xC3\xA4"), "", true, "<meta charset=utf-16>\xC3\xA4|"},
    {SLICE_INIT("<meta charset=koi8-r>\xC1"), "iso-8859-5", true,
     "<meta charset=koi8-r>\xD0\xA1|<meta charset=koi8-r>\xD0\xB0|"},
    {SLICE_INIT("<meta charset=koi8-r>a"), "iso-8859-1", true,
     "<meta charset=koi8-r>a|<meta charset=koi8-r>a|"},
    {SLICE_INIT("<meta charset=iso-8859-5>a"), "iso-8859-1", true, "<meta charset=iso-8859-5>a|"},
    {SLICE_INIT("<meta charset=iso-8859-1>+AOQ-"), "utf-7", true,
     "<meta charset=iso-8859-1>\xC3\xA4|<meta charset=iso-8859-1>+AOQ-|"},
};

static void reading(void **state)
{
    struct guard guard;
    struct charset_set set = {0};

    (void)state;
    guard_init(&guard, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice text = guard_copy(&guard, rows[i].text);
        struct allowance allowance = {0};
        int charsets[TEXT_CHARSETS_MAX];
        size_t count = text_charsets(text, slice_str(rows[i].declared), rows[i].html, charsets);
        struct bytes out;

        bytes_init(&out, 1000);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(text_to_utf8(&set, charsets[k], text, &allowance, &out), CONTENT_READ);
            bytes_append_char(&out, '|');
        }
        assert_true(utf8_valid(bytes_slice(&out)));
        assert_row_slice(bytes_slice(&out), slice_str(rows[i].readings), "row", i);
        bytes_fini(&out);
    }
    charset_set_fini(&set);
    guard_fini(&guard);
}

/* Only so much is looked at for a meta element. */
static void far_away(void **state)
{
    static const struct slice tag = SLICE_INIT("<meta charset=koi8-r>\xC1");
    int charsets[TEXT_CHARSETS_MAX];

    (void)state;
    for (int past = 0; past < 2; past++) {
        struct bytes text;

        bytes_init(&text, 10000);
        while (text.len < TEXT_META_BYTES - 20 + (size_t)past * 6)
            bytes_append_char(&text, ' ');
        bytes_append(&text, tag);
        assert_int_equal(text_charsets(bytes_slice(&text), SLICE_NONE, true, charsets), 1);
        assert_true((charsets[0] == charset_find(SLICE("koi8-r"))) == (past == 0));
        bytes_fini(&text);
    }
}

/* --- within bounds ------------------------------------------------------------------------------
 */

static bool over(void *ctx)
{
    (void)ctx;
    return true;
}

static void ends(void **state)
{
    static const char *const names[] = {"utf-8", "us-ascii", "iso-8859-1", "koi8-r", "utf-16le"};
    size_t size = 2 * (size_t)ALLOWANCE_BYTES;
    char *text = malloc(size);
    struct charset_set set = {0};

    (void)state;
    assert_non_null(text);
    memset(text, 'a', size);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct allowance allowance = {.over = over}, endless = {0};
        int charset = charset_find(slice_str(names[i]));
        struct slice raw = {text, size};
        struct bytes out;

        bytes_init(&out, 8 * size);
        assert_int_equal(text_to_utf8(&set, charset, raw, &allowance, &out), CONTENT_OVER);
        bytes_clear(&out);
        assert_int_equal(text_to_utf8(&set, charset, raw, &endless, &out), CONTENT_READ);
        assert_true(out.len >= size && endless.spent >= size);
        bytes_fini(&out);
        bytes_init(&out, 1000);
        assert_int_equal(text_to_utf8(&set, charset, raw, &endless, &out), CONTENT_MEMORY);
        bytes_fini(&out);
    }
    charset_set_fini(&set);
    free(text);
}

/* A charset that this machine has not. */
static void absent(void **state)
{
    struct charset_set set = {0};
    struct allowance allowance = {0};
    struct bytes out;
    int koi8 = charset_find(SLICE("koi8-r"));

    (void)state;
    set.absent[koi8] = true;
    bytes_init(&out, 10000);
    assert_int_equal(text_to_utf8(&set, koi8, SLICE("\x80"), &allowance, &out), CONTENT_READ);
    assert_text(bytes_slice(&out), "\xE2\x82\xAC");
    bytes_clear(&out);
    charset_set_fini(&set);
    set.absent[koi8] = set.absent[charset_find(SLICE("windows-1252"))] = true;
    assert_int_equal(text_to_utf8(&set, koi8, SLICE("\x80"), &allowance, &out), CONTENT_READ);
    assert_text(bytes_slice(&out), "\xC2\x80");
    bytes_fini(&out);
    charset_set_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(far_away),
        cmocka_unit_test(ends),
        cmocka_unit_test(absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
