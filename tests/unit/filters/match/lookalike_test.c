#include "filters/match/lookalike.h"

#include <stdio.h>

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static const char *const OURS[] = {
    "example.org",
    "mail.paypal.com",
    "Google.co.uk",
    "xn--mller-kva.test",
    "\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0\xD0\xB1.test",
    "short.test",
    "microsoft.com",
    "rnicrosoft.com",
    "amazon.de",
    "github.io",
    "localhost",
    "192.0.2.1",
    "grammar.test",
};

/* The one that is imitated, "": none. */
static const struct {
    const char *name, *imitated;
} rows[] = {
    /* the list's own, and what is below them */
    {"example.org", ""},
    {"EXAMPLE.ORG", ""},
    {"news.example.org", ""},
    {"paypal.com", ""},
    {"m\xC3\xBCller.test", ""},
    {"microsoft.com", ""}, /* looks like the next, which is in the list too */
    /* nothing like them */
    {"example.com", ""},
    {"unlike.org", ""},
    {"paypal.com.evil.test", ""},
    {"org", ""},
    {"", ""},
    {"localhosts", ""},
    {"192.0.2.11", ""},
    {"githab.io", ""},
    /* one edit */
    {"exmple.org", "example.org"},
    {"xample.org", "example.org"},
    {"exampl.org", "example.org"},
    {"examplee.org", "example.org"},
    {"aexample.org", "example.org"},
    {"exam-ple.org", "example.org"},
    {"ezample.org", "example.org"},
    {"fxample.org", "example.org"},
    {"exampla.org", "example.org"},
    {"xeample.org", "example.org"},
    {"exmaple.org", "example.org"},
    {"exampel.org", "example.org"},
    {"mail.Examp-le.ORG", "example.org"},
    {"ex\xC3\xA4mple.org", "example.org"},
    {"gramar.test", "grammar.test"},
    {"grammmar.test", "grammar.test"},
    {"amazo.de", "amazon.de"}, /* of six characters is the one in the list */
    /* two are too many; so is one beyond the label */
    {"exmpl.org", ""},
    {"eaxmpel.org", ""},
    {"eaxplem.org", ""},
    {"lexampl.org", ""},
    {"examplexy.org", ""},
    {"axemple.org", ""}, /* swapped, but no neighbours */
    {"exampl.eorg", ""},
    {"example.orgg", ""},
    {"googl.co.uk", "google.co.uk"},
    {"google.go.uk", ""},
    /* too short */
    {"shart.test", ""},
    {"shorty.test", ""},
    {"m\xC3\xBCllers.test", "m\xC3\xBCller.test"},
    {"muller.test", "m\xC3\xBCller.test"},
    /* letters of another script, of any length */
    {"ex\xD0\xB0mple.org", "example.org"},
    {"\xD1\x80\xD0\xB0ypal.com", "paypal.com"},
    {"\xD1\x80\xD0\xB0\xD1\x83\xD1\x80\xD0\xB0l.com", "paypal.com"},
    {"sh\xD0\xBErt.test", "short.test"},
    {"\xCE\xBFrt.short.test", ""},
    {"example.\xD0\xBErg", "example.org"},
    {"g00gle.co.uk", "google.co.uk"},
    {"paypa1.com", "paypal.com"},
    {"paypaI.com", "paypal.com"},
    {"shOrt.test", ""},
    {"shc\xC9\xBFt.test", ""},
    {"rnicros\xD0\xBE"
     "ft.com",
     "microsoft.com"},
    {"arnazon.de", "amazon.de"},
    {"p\xD0\xBE\xD1\x87t\xD0\xB0\xD0\xB1.test", ""}, /* Latin p and t for Cyrillic: other shapes */
    {"\xD0\xBFo\xD1\x87\xD1\x82\xD0\xB0\xD0\xB1.test",
     "\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0\xD0\xB1.test"},
    /* two scripts' edits count by characters */
    {"\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0.test",
     "\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0\xD0\xB1.test"},
    {"\xD0\xBF\xD0\xBE\xD1\x82\xD1\x87\xD0\xB0\xD0\xB1.test",
     "\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB0\xD0\xB1.test"},
    {"\xD0\xBF\xD0\xBE\xD1\x87\xD1\x82\xD0\xB4\xD0\xB2.test", ""},
    /* no UTF-8 */
    {"ex\xFFmple.org", "example.org"},
    {"example\xD0.org", "example.org"},
    {"ex\xD0mpl\xD0.org", ""},
};

static struct lookalikes *made(void)
{
    struct lookalikes *all = lookalikes_create();

    assert_non_null(all);
    for (size_t i = 0; i < COUNT_OF(OURS); i++)
        assert_int_equal(lookalikes_add(all, slice_str(OURS[i]), OURS[i]), 0);
    assert_int_equal(lookalikes_seal(all), 0);
    return all;
}

static void imitations(void **state)
{
    struct lookalikes *all = made();
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice name = guard_copy(&guard, slice_str(rows[i].name));
        struct imitated imitated = {SLICE_NONE, NULL};

        assert_row(lookalikes_find(all, name, &imitated) == (rows[i].imitated[0] != '\0'),
                   rows[i].name, i);
        assert_row_slice(imitated.domain, slice_str(rows[i].imitated), rows[i].name, i);
    }
    guard_fini(&guard);
    lookalikes_destroy(all);
}

static void items_are_given_back(void **state)
{
    struct lookalikes *all = made();
    struct imitated imitated;

    (void)state;
    assert_int_equal(lookalikes_find(all, SLICE("paypall.com"), &imitated), 1);
    assert_ptr_equal(imitated.item, OURS[1]);
    lookalikes_destroy(all);
}

static void the_first_counts(void **state)
{
    static const char *const near[] = {"abcdefz.test", "abcdefy.test", "abcdefx.test"};
    struct lookalikes *all = lookalikes_create();
    struct imitated imitated;

    (void)state;
    assert_non_null(all);
    for (size_t i = 0; i < COUNT_OF(near); i++) {
        assert_int_equal(lookalikes_add(all, slice_str(near[i]), near[i]), 0);
        assert_int_equal(lookalikes_add(all, slice_str(near[i]), "again"), 0);
    }
    assert_int_equal(lookalikes_seal(all), 0);
    assert_int_equal(lookalikes_find(all, SLICE("abcdef1.test"), &imitated), 1);
    assert_ptr_equal(imitated.item, near[0]);
    lookalikes_destroy(all);
}

static void none_at_all(void **state)
{
    struct lookalikes *all = lookalikes_create();
    struct imitated imitated;

    (void)state;
    assert_non_null(all);
    assert_int_equal(lookalikes_add(all, SLICE("co.uk"), NULL), 0);
    assert_int_equal(lookalikes_seal(all), 0);
    assert_int_equal(lookalikes_find(all, SLICE("example.org"), &imitated), 0);
    lookalikes_destroy(all);
    lookalikes_destroy(NULL);
}

/* The definition, by trying each edit. */
static bool is_one_edit(struct slice a, struct slice b)
{
    char text[32];

    for (size_t i = 0; i + 1 < a.len; i++) { /* a swap */
        memcpy(text, a.ptr, a.len);
        text[i] = a.ptr[i + 1];
        text[i + 1] = a.ptr[i];
        if (slice_equal(slice_make(text, a.len), b))
            return true;
    }
    for (size_t i = 0; a.len == b.len && i < a.len; i++) { /* a substitution */
        memcpy(text, a.ptr, a.len);
        text[i] = b.ptr[i];
        if (slice_equal(slice_make(text, a.len), b))
            return true;
    }
    for (size_t i = 0; a.len == b.len + 1 && i < a.len; i++) { /* a deletion */
        memcpy(text, a.ptr, i);
        memcpy(text + i, a.ptr + i + 1, a.len - i - 1);
        if (slice_equal(slice_make(text, b.len), b))
            return true;
    }
    return a.len + 1 == b.len && is_one_edit(b, a);
}

static struct slice make_label(char *text, unsigned *seed, size_t least)
{
    size_t len = least + (*seed = *seed * 1103515245 + 12345) / 65536 % 3;

    for (size_t i = 0; i < len; i++)
        text[i] = "xyz"[(*seed = *seed * 1103515245 + 12345) / 65536 % 3];
    memcpy(text + len, ".test", 6);
    return slice_make(text, len);
}

static void edits_are_those_of_the_definition(void **state)
{
    unsigned seed = 7;
    size_t found = 0;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        struct lookalikes *all = lookalikes_create();
        char ours[32], theirs[32];
        struct slice a = make_label(ours, &seed, 6), b = make_label(theirs, &seed, 5);
        struct imitated imitated;
        bool want = !slice_equal(a, b) && is_one_edit(a, b);

        assert_non_null(all);
        assert_int_equal(lookalikes_add(all, slice_str(ours), NULL), 0);
        assert_int_equal(lookalikes_seal(all), 0);
        assert_row(lookalikes_find(all, slice_str(theirs), &imitated) == want, ours, round);
        found += want;
        lookalikes_destroy(all);
    }
    assert_true(found > 100);
}

/* With many domains all are found, and none that is not there. */
static void many_domains(void **state)
{
    struct lookalikes *all = lookalikes_create();
    char name[32];
    struct imitated imitated;

    (void)state;
    assert_non_null(all);
    for (unsigned i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof(name), "n%05uabcdef.test", i);
        assert_int_equal(lookalikes_add(all, slice_str(name), NULL), 0);
    }
    assert_int_equal(lookalikes_seal(all), 0);
    for (unsigned i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof(name), "n%05uabcdeg.test", i);
        assert_int_equal(lookalikes_find(all, slice_str(name), &imitated), 1);
        (void)snprintf(name, sizeof(name), "n%05uabcgeg.test", i);
        assert_int_equal(lookalikes_find(all, slice_str(name), &imitated), 0);
    }
    lookalikes_destroy(all);
}

/* A bucket that two share by chance makes no imitation of another suffix. */
static void suffixes_are_compared(void **state)
{
    struct lookalikes *all = lookalikes_create();
    struct imitated imitated;
    char name[] = "exampl?.net";

    (void)state;
    assert_non_null(all);
    assert_int_equal(lookalikes_add(all, SLICE("example.org"), NULL), 0);
    assert_int_equal(lookalikes_seal(all), 0);
    for (char c = 'a'; c <= 'z'; c++) {
        name[6] = c;
        assert_int_equal(lookalikes_find(all, slice_str(name), &imitated), 0);
    }
    lookalikes_destroy(all);
}

static void nothing_is_left(void **state)
{
    assert_true(leaves_nothing(imitations, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imitations),
        cmocka_unit_test(items_are_given_back),
        cmocka_unit_test(the_first_counts),
        cmocka_unit_test(none_at_all),
        cmocka_unit_test(edits_are_those_of_the_definition),
        cmocka_unit_test(many_domains),
        cmocka_unit_test(suffixes_are_compared),
        cmocka_unit_test(nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
