#include "filters/match/list.h"

#include "tests/unit/heap.h"
#include "tests/unit/support.h"

static struct pattern_scratch *scratch;
static const struct place here = {"lists/test", 7};

static int set_up(void **state)
{
    (void)state;
    scratch = pattern_scratch_create();
    return scratch != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pattern_scratch_destroy(scratch);
    return 0;
}

static void fill(struct list *list, const char *const *entries, size_t count)
{
    struct diag diag;

    diag_init(&diag);
    for (size_t i = 0; i < count; i++) /* the text of an entry is the entry */
        assert_int_equal(list_add(list, slice_str(entries[i]), slice_str(entries[i]), here, &diag),
                         0);
    assert_int_equal(diag.errors + diag.warnings, 0);
    assert_int_equal(list_count(list), count);
    diag_fini(&diag);
}

/* Asks to the end. */
static enum list_result ask(const struct list *list, const struct comparable *value,
                            struct list_hit *hit)
{
    struct list_cursor cursor = {0};
    enum list_result result;

    do {
        result = list_match(list, value, &cursor, scratch, hit);
    } while (result == LIST_MORE);
    return result;
}

static enum list_result held(const struct list *list, struct slice value, struct list_hit *hit)
{
    struct comparable forms = comparable_text(value);

    return ask(list, &forms, hit);
}

/* --- what an entry holds ------------------------------------------------------------------------
 */

static const char *const entries[] = {
    "joe@example.org",   "Example.NET",   "*.example.com",   "*.sub.example.com",
    "bulk-*@lists.test", "????",          "/^spam[0-9]+@/i", "10.0.0.0/8",
    "192.0.2.1",         "2001:db8::/32", "localhost",       "\"odd@local\"@quoted.test",
};

static const struct {
    struct slice value;
    const char *entry; /* NULL: not held */
} rows[] = {
    {SLICE_INIT("joe@example.org"), "joe@example.org"},
    {SLICE_INIT("JOE@Example.Org"), "joe@example.org"},
    {SLICE_INIT("ann@example.org"), NULL},
    {SLICE_INIT("example.org"), NULL},
    /* a domain: itself and the addresses in it, not its subdomains */
    {SLICE_INIT("example.net"), "Example.NET"},
    {SLICE_INIT("ann@EXAMPLE.net"), "Example.NET"},
    {SLICE_INIT("\"a@b\"@example.net"), "Example.NET"},
    {SLICE_INIT("mail.example.net"), NULL},
    {SLICE_INIT("ann@mail.example.net"), NULL},
    {SLICE_INIT("notexample.net"), NULL},
    {SLICE_INIT("example.net@other.test"), NULL},
    {SLICE_INIT("\"x@example.net\"@other.test"), NULL},
    /* *.domain: its subdomains, not itself */
    {SLICE_INIT("example.com"), NULL},
    {SLICE_INIT("ann@example.com"), NULL},
    {SLICE_INIT("a.example.com"), "*.example.com"},
    {SLICE_INIT("a.b.example.com"), "*.example.com"},
    {SLICE_INIT("ann@a.b.Example.Com"), "*.example.com"},
    {SLICE_INIT("sub.example.com"), "*.example.com"},
    {SLICE_INIT("x.sub.example.com"), "*.sub.example.com"}, /* the longest one */
    {SLICE_INIT(".example.com"), NULL},
    {SLICE_INIT("xexample.com"), NULL},
    {SLICE_INIT("yxexample.com"), NULL},
    {SLICE_INIT("a.example.com.evil.test"), NULL},
    /* wildcards and patterns are compared with the whole value */
    {SLICE_INIT("bulk-7@lists.test"), "bulk-*@lists.test"},
    {SLICE_INIT("x-bulk-7@lists.test"), NULL},
    {SLICE_INIT("abcd"), "????"},
    {SLICE_INIT("SPAM99@anywhere.test"), "/^spam[0-9]+@/i"},
    /* addresses are not texts, but a single one may stand as one */
    {SLICE_INIT("10.1.2.3"), NULL},
    {SLICE_INIT("192.0.2.1"), "192.0.2.1"},
    {SLICE_INIT("LOCALHOST"), "localhost"},
    {SLICE_INIT("\"odd@local\"@quoted.test"), "\"odd@local\"@quoted.test"},
    {SLICE_INIT(""), NULL},
    {SLICE_INIT("@"), NULL},
    {SLICE_INIT("."), NULL},
    {SLICE_INIT("joe@example.org\0"), NULL},
};

static void values(void **state)
{
    struct list *list = list_create();
    struct guard guard;

    (void)state;
    assert_non_null(list);
    guard_init(&guard, 256);
    fill(list, entries, COUNT_OF(entries));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct list_hit hit;
        enum list_result result = held(list, guard_copy(&guard, rows[i].value), &hit);

        assert_row(result == (rows[i].entry != NULL ? LIST_YES : LIST_NO), rows[i].value.ptr, i);
        if (rows[i].entry != NULL)
            assert_row_slice(hit.entry->text, slice_str(rows[i].entry), rows[i].value.ptr, i);
        assert_row(held(list, rows[i].value, NULL) == result, rows[i].value.ptr, i);
    }
    guard_fini(&guard);
    list_destroy(list);
    list_destroy(NULL);
}

/* --- ways to write one mailbox -------------------------------------------------------------------
 */

static const char *const spelled[] = {
    "\"boss\"@example.org", "\"a b\"@example.org", "m\xc3\xbcller.test", "*.xn--bcher-kva.test",
    "joe@xn--hse-qla.test", "\"spam*\"@*",         "*@gr\xc3\xbc*.test", "/^\"?cfo\"?@m/",
    "\"quoted.test\"",      "ann*@xn--*",
};

static const struct {
    struct slice address;
    const char *entry;
} forms[] = {
    {SLICE_INIT("boss@example.org"), "\"boss\"@example.org"},
    {SLICE_INIT("\"b\\oss\"@EXAMPLE.org"), "\"boss\"@example.org"},
    {SLICE_INIT("\"a\\ b\"@example.org"), "\"a b\"@example.org"},
    {SLICE_INIT("x@xn--mller-kva.test"), "m\xc3\xbcller.test"},
    {SLICE_INIT("x@M\xc3\x9cLLER.test"), "m\xc3\xbcller.test"},
    {SLICE_INIT("x@m\xc3\xbcller.test."), "m\xc3\xbcller.test"},
    {SLICE_INIT("x@a.b\xc3\xbc"
                "cher.test"),
     "*.xn--bcher-kva.test"},
    {SLICE_INIT("x@b\xc3\xbc"
                "cher.test"),
     NULL}, /* not below itself */
    {SLICE_INIT("joe@h\xc3\xa4se.test"), "joe@xn--hse-qla.test"},
    {SLICE_INIT("spammer@x"), "\"spam*\"@*"},
    {SLICE_INIT("\"spammer\"@x"), "\"spam*\"@*"},
    {SLICE_INIT("x@xn--grn-ioa.test"), "*@gr\xc3\xbc*.test"},
    {SLICE_INIT("x@gr\xc3\xbcn.test"), "*@gr\xc3\xbc*.test"},
    {SLICE_INIT("ann@k\xc3\xb6ln.test"), "ann*@xn--*"}, /* without bytes above 0x7F: in ASCII */
    {SLICE_INIT("cfo@m\xc3\xbcn.test"), "/^\"?cfo\"?@m/"},
    {SLICE_INIT("cfo@xn--mn-xka.test"), NULL}, /* patterns see the wire */
    {SLICE_INIT("x@quoted.test"), NULL},       /* a domain has no quotes */
};

static void same_mailboxes(void **state)
{
    struct list *list = list_create();
    struct guard guard;
    struct bytes room;

    (void)state;
    guard_init(&guard, 256);
    bytes_init(&room, 4096);
    fill(list, spelled, COUNT_OF(spelled));
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct slice address = guard_copy(&guard, forms[i].address);
        struct list_hit hit = {.entry = NULL};
        struct comparable value;
        bool yes;

        bytes_clear(&room);
        assert_int_equal(comparable_address(address, &room, &value), 0);
        yes = ask(list, &value, &hit) == LIST_YES;
        assert_row(yes == (forms[i].entry != NULL), forms[i].address.ptr, i);
        if (yes)
            assert_row_slice(hit.entry->text, slice_str(forms[i].entry), forms[i].address.ptr, i);
    }
    bytes_fini(&room);
    guard_fini(&guard);
    list_destroy(list);
}

/* A list may be asked about any text: there an entry is what was written. */
static void mere_texts(void **state)
{
    struct list *list = list_create();

    (void)state;
    fill(list, spelled, COUNT_OF(spelled));
    assert_int_equal(held(list, SLICE("\"boss\"@example.org"), NULL), LIST_YES);
    assert_int_equal(held(list, SLICE("m\xc3\xbcller.TEST"), NULL), LIST_YES);
    assert_int_equal(held(list, SLICE("a.xn--bcher-kva.test"), NULL), LIST_YES);
    assert_int_equal(held(list, SLICE("\"spam\"@x"), NULL), LIST_YES);
    assert_int_equal(held(list, SLICE("x@gr\xc3\xbcn.test"), NULL), LIST_YES);
    list_destroy(list);
}

static void the_null_sender(void **state)
{
    static const char *const star[] = {"*"}, *const pattern[] = {"/^$/"};
    struct list *stars = list_create(), *patterns = list_create(), *empty = list_create();
    struct list_hit hit;

    (void)state;
    fill(stars, star, 1);
    fill(patterns, pattern, 1);
    assert_int_equal(held(stars, SLICE_NONE, &hit), LIST_YES);
    assert_int_equal(held(patterns, SLICE(""), &hit), LIST_YES);
    assert_int_equal(held(patterns, SLICE("x"), &hit), LIST_NO);
    assert_int_equal(held(empty, SLICE(""), &hit), LIST_NO);
    assert_int_equal(held(empty, SLICE("x"), &hit), LIST_NO);
    list_destroy(stars);
    list_destroy(patterns);
    list_destroy(empty);
}

static void groups_of_a_pattern(void **state)
{
    static const char *const pattern[] = {"exact", "/^(\\w+)-(\\d+)$/"};
    struct list *list = list_create();
    struct slice value = SLICE("order-66");
    struct list_hit hit;

    (void)state;
    fill(list, pattern, COUNT_OF(pattern));
    assert_int_equal(held(list, value, &hit), LIST_YES);
    assert_int_equal(hit.match.count, 3);
    assert_text(hit.match.groups[2], "66");
    assert_ptr_equal(hit.match.groups[0].ptr, value.ptr);
    assert_int_equal(held(list, SLICE("exact"), &hit), LIST_YES);
    assert_int_equal(hit.match.count, 0);
    list_destroy(list);
}

static void a_limit_is_told(void **state)
{
    static const char *const hard[] = {"/^(a+)+[^!a]/"}, *const saved[] = {"/^(a+)+[^!a]/", "a*"};
    struct list *list = list_create(), *other = list_create();
    struct slice value = SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    struct list_hit hit;

    (void)state;
    fill(list, hard, COUNT_OF(hard));
    fill(other, saved, COUNT_OF(saved));
    assert_int_equal(held(list, value, &hit), LIST_LIMIT);
    assert_int_equal(held(other, value, &hit), LIST_YES);
    assert_text(hit.entry->text, "a*");
    list_destroy(list);
    list_destroy(other);
}

static void addresses(void **state)
{
    struct list *list = list_create();
    struct address address;
    struct list_hit hit = {.match = {.count = 9}};

    (void)state;
    fill(list, entries, COUNT_OF(entries));
    assert_int_equal(address_parse(SLICE("10.200.0.1"), &address), 0);
    assert_int_equal(list_match_address(list, &address, &hit), LIST_YES);
    assert_text(hit.entry->text, "10.0.0.0/8");
    assert_int_equal(hit.match.count, 0);
    assert_int_equal(address_parse(SLICE("192.0.2.1"), &address), 0);
    assert_int_equal(list_match_address(list, &address, NULL), LIST_YES);
    assert_int_equal(address_parse(SLICE("2001:db8:1::1"), &address), 0);
    assert_int_equal(list_match_address(list, &address, NULL), LIST_YES);
    assert_int_equal(address_parse(SLICE("192.0.2.2"), &address), 0);
    assert_int_equal(list_match_address(list, &address, &hit), LIST_NO);
    list_destroy(list);
}

/* A value of dots asks for no more tails than the longest entry has room for. */
static void long_values(void **state)
{
    static char dots[1 << 20];
    struct list *list = list_create();

    (void)state;
    fill(list, entries, COUNT_OF(entries));
    for (size_t i = 0; i < sizeof(dots); i++)
        dots[i] = i % 2 == 0 ? 'a' : '.';
    assert_int_equal(held(list, slice_make(dots, sizeof(dots)), NULL), LIST_NO);
    memcpy(dots + sizeof(dots) - 12, ".example.com", 12);
    assert_int_equal(held(list, slice_make(dots, sizeof(dots)), NULL), LIST_YES);
    list_destroy(list);
}

/* A long list pauses, and the first entry that holds the value is still the one that speaks. */
static void long_lists_in_turns(void **state)
{
    const char *many[24] = {[20] = "/b/", [21] = "/(a+)[!]/", [22] = "*!", [23] = "/a/"};
    static char value[60000];
    struct list *list = list_create();
    struct list_cursor cursor = {0};
    struct list_hit hit = {.match = {.count = 9}};
    struct comparable whole = comparable_text(slice_make(value, sizeof(value)));
    size_t calls = 0;
    enum list_result result;

    (void)state;
    for (size_t i = 0; i < 20; i++)
        many[i] = "*no*";
    fill(list, many, COUNT_OF(many));
    memset(value, 'a', sizeof(value));
    value[sizeof(value) - 1] = '!';
    do {
        hit.match.count = 9;
        result = list_match(list, &whole, &cursor, scratch, &hit);
        calls++;
    } while (result == LIST_MORE);
    assert_int_equal(result, LIST_YES);
    assert_text(hit.entry->text, "/(a+)[!]/");
    assert_int_equal(hit.match.count, 2);
    assert_ptr_equal(hit.match.groups[1].ptr, value);
    assert_true(calls > 20);
    list_destroy(list);
}

/* --- what is refused ----------------------------------------------------------------------------
 */

static const struct {
    const char *entry;
    const char *problem; /* part of it */
} refused[] = {
    {"", "empty"},
    {"/a(b/", "offset"},
    {"/abc", "/flags"},
    {"/abc/z", "flag"},
    {"10.0.0.1/8", "range"},
    {"10.0.0.0/33", "range"},
    {"10.0.0.0/x", "range"},
    {"2001:db8::1/32", "range"},
    {"@example.org", "without"},
    {".example.org", "*.domain"},
    {"!bad@example.org", "negated"},
    {"!*.example.org", "negated"},
};

static void refusing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct list *list = list_create();
        struct diag diag;

        diag_init(&diag);
        assert_row(list_add(list, slice_str(refused[i].entry), SLICE_NONE, here, &diag) == -1,
                   refused[i].entry, i);
        assert_row(diag.errors == 1 && list_count(list) == 0, refused[i].entry, i);
        assert_row(strstr(diag.first->text.ptr, refused[i].problem) != NULL, refused[i].entry, i);
        assert_int_equal(diag.first->place.line, here.line);
        diag_fini(&diag);
        list_destroy(list);
    }
}

/* --- lines of a file ----------------------------------------------------------------------------
 */

static const struct {
    const char *line;
    const char *value; /* held after it; NULL: the line is passed over */
    const char *text;
} lines[] = {
    {"", NULL, NULL},
    {"   \t", NULL, NULL},
    {"# a comment", NULL, NULL},
    {"  # a comment", NULL, NULL},
    {"\r", NULL, NULL},
    {"example.org", "example.org", ""},
    {"  example.org\t", "example.org", ""},
    {"example.org\r", "example.org", ""},
    {"\xEF\xBB\xBF"
     "example.org",
     "example.org", ""},
    {"example.org Not wanted here", "example.org", "Not wanted here"},
    {"example.org \t two  blanks \t ", "example.org", "two  blanks"},
    {"example.org text # comment", "example.org", "text"},
    {"example.org # comment", "example.org", ""},
    {"a#b.test x#y", "a#b.test", "x#y"},
    {"/^a\\x20#b$/ text", "a #b", "text"},
    {"/^a\\.b$/i", "A.b", ""}, /* nothing is unescaped */
};

static void file_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct list *list = list_create();
        struct diag diag;
        struct list_hit hit;

        diag_init(&diag);
        assert_row(list_add_line(list, slice_str(lines[i].line), here, &diag) == 0, lines[i].line,
                   i);
        assert_row(list_count(list) == (lines[i].value != NULL ? 1 : 0), lines[i].line, i);
        if (lines[i].value != NULL) {
            assert_row(held(list, slice_str(lines[i].value), &hit) == LIST_YES, lines[i].line, i);
            assert_row_slice(hit.entry->text, slice_str(lines[i].text), lines[i].line, i);
        }
        diag_fini(&diag);
        list_destroy(list);
    }
}

static void bad_line(void **state)
{
    struct list *list = list_create();
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_int_equal(list_add_line(list, SLICE("/a b/ text"), here, &diag), -1);
    assert_int_equal(diag.errors, 1);
    diag_fini(&diag);
    list_destroy(list);
}

static void many_entries(void **state)
{
    struct list *list = list_create();
    struct diag diag;
    char entry[64];

    (void)state;
    diag_init(&diag);
    for (unsigned i = 0; i < 100000; i++) {
        (void)snprintf(entry, sizeof(entry), i % 2 == 0 ? "user%u@example.org" : "d%u.test", i);
        assert_int_equal(list_add(list, slice_str(entry), SLICE_NONE, here, &diag), 0);
    }
    assert_int_equal(held(list, SLICE("user99998@example.org"), NULL), LIST_YES);
    assert_int_equal(held(list, SLICE("x@d99999.test"), NULL), LIST_YES);
    assert_int_equal(held(list, SLICE("x@d99998.test"), NULL), LIST_NO);
    diag_fini(&diag);
    list_destroy(list);
}

static void by_name(void **state)
{
    struct list *one = list_create(), *two = list_create();
    struct list_name items[] = {{SLICE("one"), one}, {SLICE("two"), two}};
    struct list_table table = {items, COUNT_OF(items)};

    (void)state;
    assert_ptr_equal(list_find(&table, SLICE("two")), two);
    assert_ptr_equal(list_find(&table, SLICE("one")), one);
    assert_null(list_find(&table, SLICE("One")));
    assert_null(list_find(&table, SLICE("three")));
    list_destroy(one);
    list_destroy(two);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(values, state));
    assert_true(leaves_nothing(same_mailboxes, state));
    assert_true(leaves_nothing(refusing, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(same_mailboxes),
        cmocka_unit_test(mere_texts),
        cmocka_unit_test(the_null_sender),
        cmocka_unit_test(groups_of_a_pattern),
        cmocka_unit_test(a_limit_is_told),
        cmocka_unit_test(addresses),
        cmocka_unit_test(long_values),
        cmocka_unit_test(long_lists_in_turns),
        cmocka_unit_test(refusing),
        cmocka_unit_test(file_lines),
        cmocka_unit_test(bad_line),
        cmocka_unit_test(many_entries),
        cmocka_unit_test(by_name),
        cmocka_unit_test(all_is_given_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
