/* Style sheets, cut into rules and declarations. */
#include "filters/html/css.h"

#include "filters/base/bytes.h"
#include "tests/unit/support.h"

struct row {
    struct slice text, found;
};

static void describe_declarations(struct slice text, struct bytes *out)
{
    struct css_declaration one;

    while (css_declaration(&text, &one)) {
        bytes_append(out, one.name);
        bytes_append_char(out, '=');
        bytes_append(out, one.value);
        bytes_append_char(out, ';');
    }
}

static void describe_rules(struct slice text, struct bytes *out)
{
    struct slice selectors, block;

    while (css_rule(&text, &selectors, &block)) {
        bytes_append(out, selectors);
        bytes_append_char(out, '[');
        bytes_append(out, block);
        bytes_append_char(out, ']');
    }
}

static void check(const struct row *rows, size_t count,
                  void (*describe)(struct slice, struct bytes *))
{
    struct guard guard;
    struct bytes out;

    guard_init(&guard, 512);
    bytes_init(&out, 1024);
    for (size_t i = 0; i < count; i++) {
        bytes_clear(&out);
        describe(guard_copy(&guard, rows[i].text), &out);
        assert_row_slice(bytes_slice(&out), rows[i].found, rows[i].text.ptr, i);
    }
    bytes_fini(&out);
    guard_fini(&guard);
}

static void declarations(void **state)
{
    static const struct row rows[] = {
        {SLICE_INIT(" COLOR : Red ;a:b"), SLICE_INIT("color=red;a=b;")},
        {SLICE_INIT("a:b!important;c:d ! x"), SLICE_INIT("a=b;c=d;")},
        {SLICE_INIT("a;;b:c;d"), SLICE_INIT("b=c;")},
        {SLICE_INIT("a:';';b:\";\";c:url(;);d:\\;e"), SLICE_INIT("a=';';b=\";\";c=url(;);d=;e;")},
        {SLICE_INIT("a:'x\ny;b:c"), SLICE_INIT("a='x y;b=c;")},
        {SLICE_INIT("a/*:*/:/*;*/b/*"), SLICE_INIT("a=b;")},
        {SLICE_INIT("a/**/b:c/**/d"), SLICE_INIT("a b=c d;")},
        {SLICE_INIT("\\61 b:\\000062 c\\63"), SLICE_INIT("ab=bcc;")},
        {SLICE_INIT("\\1F600:\\"), SLICE_INIT("?=?;")},
        {SLICE_INIT("a:b\t\f\n c"), SLICE_INIT("a=b c;")},
        {SLICE_INIT(""), SLICE_INIT("")},
        {SLICE_INIT(":"), SLICE_INIT("=;")},
    };

    (void)state;
    check(rows, COUNT_OF(rows), describe_declarations);
}

static void rules(void **state)
{
    static const struct row rows[] = {
        {SLICE_INIT("a,b {c:d}e{f}"), SLICE_INIT("a,b [c:d]e[f]")},
        {SLICE_INIT("<!-- a{b} -->c{d}"), SLICE_INIT("a[b]c[d]")},
        {SLICE_INIT("/*x{*/a{/*}*/b}"), SLICE_INIT("a[/*}*/b]")},
        {SLICE_INIT("@import 'a;{';b{c}@media x{d{e}}f{g}@x;h{i}"), SLICE_INIT("b[c]f[g]h[i]")},
        {SLICE_INIT("a{b{c}d}e{f"), SLICE_INIT("a[b{c}d]e[f]")},
        {SLICE_INIT("a['{']{b}}c{'}'}"), SLICE_INIT("a['{'][b]c['}']")},
        {SLICE_INIT("a"), SLICE_INIT("")},
        {SLICE_INIT("@a"), SLICE_INIT("")},
        {SLICE_INIT("a{"), SLICE_INIT("a[]")},
        {SLICE_INIT(""), SLICE_INIT("")},
    };

    (void)state;
    check(rows, COUNT_OF(rows), describe_rules);
}

/* What is longer than counts is cut off. */
static void lengths(void **state)
{
    char text[4 * CSS_TEXT_MAX];
    struct css_declaration one;
    struct slice rest = slice_make(text, sizeof(text));

    (void)state;
    memset(text, 'a', sizeof(text));
    text[2 * CSS_TEXT_MAX] = ':';
    assert_true(css_declaration(&rest, &one));
    assert_int_equal(one.name.len, CSS_TEXT_MAX);
    assert_int_equal(one.value.len, CSS_TEXT_MAX);
    assert_int_equal(rest.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(declarations), cmocka_unit_test(rules),
                                       cmocka_unit_test(lengths)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
