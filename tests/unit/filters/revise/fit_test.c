#include "filters/revise/fit.h"

#include "tests/unit/support.h"

#define U_UMLAUT "\xC3\xBC"
#define EURO     "\xE2\x82\xAC"

static struct bytes out;

static int set_up(void **state)
{
    (void)state;
    bytes_init(&out, 100000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bytes_fini(&out);
    return 0;
}

static const struct {
    const char *charset;
    bool html, seven_bit;
    const char *text, *want; /* NULL: it does not fit */
} TEXTS[] = {
    {"utf-8", false, false, "f" U_UMLAUT "r", "f" U_UMLAUT "r"},
    {"utf-8", false, true, "f" U_UMLAUT "r", NULL},
    {"utf-8", true, true, "f" U_UMLAUT "r", "f&#252;r"},
    {"utf-8", true, false, "f" U_UMLAUT "r", "f" U_UMLAUT "r"},
    {"iso-8859-1", false, false, "f" U_UMLAUT "r", "f\xFCr"},
    {"iso-8859-1", false, false, "5 " EURO, NULL},
    {"iso-8859-1", true, false, "5 " EURO, "5 &#8364;"},
    {"windows-1252", false, false, "5 " EURO, "5 \x80"},
    {"us-ascii", false, false, "f" U_UMLAUT "r", NULL},
    {"", false, false, "f" U_UMLAUT "r", NULL},
    {"", false, true, "fur", "fur"},
    {"", true, false, "f" U_UMLAUT "r", "f&#252;r"},
    {"x-nobody-knows", false, false, "fur", "fur"},
    {"utf-16", false, false, "fur", NULL},
    {"utf-16", true, false, "fur", NULL},
    {"utf-16", true, false, "f" U_UMLAUT "r", NULL},
    {"iso-2022-jp", false, true, "\xE6\x97\xA5", "\x1B$BF|\x1B(B"},
    {"utf-8", true, true, "\xFC", NULL}, /* no UTF-8 */
};

static struct content_part part_of(const char *charset, bool html)
{
    return (struct content_part){.charset = slice_str(charset), .html = html};
}

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(*TEXTS); i++) {
        struct content_part part = part_of(TEXTS[i].charset, TEXTS[i].html);
        enum fit_result result;

        bytes_renew(&out);
        bytes_append(&out, SLICE("before "));
        result = fit_text(&part, TEXTS[i].seven_bit, slice_str(TEXTS[i].text), &out);
        assert_int_equal(result, TEXTS[i].want != NULL ? FIT_DONE : FIT_UNFIT);
        if (result == FIT_DONE)
            assert_text(slice_from(bytes_slice(&out), 7), TEXTS[i].want);
    }
}

static void test_ascii(void **state)
{
    static const struct {
        const char *charset, *octets;
        bool html;
        enum fit_result want;
    } ROWS[] = {
        {"utf-8", "abc", false, FIT_DONE},
        {"iso-2022-jp", "abc", false, FIT_DONE},
        {"", "abc", false, FIT_DONE},
        {"utf-16", "a", false, FIT_UNFIT},
        {"utf-8",
         "\xFF\xFE"
         "a",
         false, FIT_UNFIT},
        {"",
         "\xFE\xFF"
         "b",
         true, FIT_UNFIT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct content_part part = part_of(ROWS[i].charset, ROWS[i].html);

        assert_int_equal(fit_ascii(&part, slice_str(ROWS[i].octets)), ROWS[i].want);
    }
}

static const struct {
    const char *charset, *octets, *before, *after, *want; /* NULL: it does not fit */
} CHANGES[] = {
    {"utf-8", "one " U_UMLAUT " two", "one " U_UMLAUT " two", "one x two", "one x two"},
    {"utf-8", U_UMLAUT "a" U_UMLAUT, U_UMLAUT "a" U_UMLAUT, U_UMLAUT "\xC3\xB6" U_UMLAUT,
     U_UMLAUT "\xC3\xB6" U_UMLAUT}, /* characters that begin or end alike are not cut */
    {"utf-8", "\xC3\xBC", "\xC3\xBC", "\xC4\xBC", "\xC4\xBC"},
    {"iso-8859-1", "\xFC one \xFC", U_UMLAUT " one " U_UMLAUT, U_UMLAUT " two " U_UMLAUT,
     "\xFC two \xFC"},
    {"iso-8859-1", "\x80 one \x93", EURO " one \xE2\x80\x9C", EURO " two \xE2\x80\x9C",
     "\x80 two \x93"}, /* as everybody reads it */
    {"iso-8859-1", "one", "one", "tw" EURO, NULL},
    {"us-ascii", "one", "one", "two", "two"},
    {"us-ascii", "one", "one", "", ""},
    {"utf-8", "\xEF\xBB\xBFone", "one", "two", "\xEF\xBB\xBFtwo"},
    /* what stands between two changes */
    {"utf-8", "one\n\xFF\none\n", "one\n\xEF\xBF\xBD\none\n", "two\n\xEF\xBF\xBD\ntwo\n",
     "two\n\xFF\ntwo\n"},
    {"iso-8859-1", "one\n\x80\none", "one\n" EURO "\none", "two\n" EURO "\ntwo\n",
     NULL}, /* not as many lines */
    {"iso-8859-1", "one\n\x80\none", "one\n" EURO "\none", "two\n" EURO "\ntwo", "two\n\x80\ntwo"},
    {"utf-8", "\xEF\xBB\xBFone\nx", "one\nx", "two\nx", "\xEF\xBB\xBFtwo\nx"},
    {"us-ascii", "one\n", "one\n", "one\ntwo", "one\ntwo"},
    {"utf-8", "\xFF one x\xC3", "\xEF\xBF\xBD one x\xEF\xBF\xBD", "\xEF\xBF\xBD two x\xEF\xBF\xBD",
     "\xFF two x\xC3"},
    {"utf-8", "\xFF one", "\xEF\xBF\xBD one", "x one", "x one"},
    {"utf-8", "\xE2\x82 one", "\xEF\xBF\xBD\xEF\xBF\xBD one", "\xEF\xBF\xBD\xEF\xBF\xBD two",
     "\xE2\x82 two"},
    {"windows-1252", "\x81 one", "\xEF\xBF\xBD one", "\xEF\xBF\xBD two",
     NULL}, /* not known which */
    {"iso-2022-jp", "\x1B$BF|F|\x1B(B one", "\xE6\x97\xA5\xE6\x97\xA5 one", "\xE6\x97\xA5 one",
     "\x1B$BF|\x1B(B one"},
    {"iso-2022-jp", "\x1B$BF|\x1B(B\x1B$BF|\x1B(B one", "\xE6\x97\xA5\xE6\x97\xA5 one",
     "\xE6\x97\xA5 one", "\x1B$BF|\x1B(B one"},
};

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(CHANGES) / sizeof(*CHANGES); i++) {
        struct content_part part = part_of(CHANGES[i].charset, false);
        enum fit_result result;

        bytes_renew(&out);
        result = fit_change(&part, false, slice_str(CHANGES[i].octets),
                            slice_str(CHANGES[i].before), slice_str(CHANGES[i].after), &out);
        if (CHANGES[i].want != NULL)
            assert_text(bytes_slice(&out), CHANGES[i].want);
        assert_int_equal(result, CHANGES[i].want != NULL ? FIT_DONE : FIT_UNFIT);
    }
}

static void test_full(void **state)
{
    struct content_part part = part_of("utf-8", true);
    struct bytes small;

    (void)state;
    bytes_init(&small, 3);
    assert_int_equal(fit_text(&part, false, SLICE("four"), &small), FIT_MEMORY);
    bytes_renew(&small);
    assert_int_equal(fit_text(&part, true, SLICE(U_UMLAUT), &small), FIT_MEMORY);
    bytes_renew(&small);
    assert_int_equal(fit_change(&part, false, SLICE("one"), SLICE("one"), SLICE("four"), &small),
                     FIT_MEMORY);
    bytes_fini(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_full),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
