/* HTML cut into tokens. */
#include "filters/html/markup.h"

#include "filters/base/bytes.h"
#include "tests/unit/support.h"

/* Tokens as text: T(text) O(name a=v) C(name) -(comment), "/" for an empty tag, "P" for plain. */
static const struct {
    struct slice source, tokens;
    bool foreign;
} rows[] = {
    {SLICE_INIT("a<B>c</D >e"), SLICE_INIT("T(a)O(B)T(c)C(D)T(e)"), false},
    {SLICE_INIT("<a b c=d e='f>' g=\"h'\" i = j/>"), SLICE_INIT("O(a b= c=d e=f> g=h' i=j/)"),
     false},
    {SLICE_INIT("<a/b/>"), SLICE_INIT("O/(a b=)"), false},
    {SLICE_INIT("<a b=c/ >"), SLICE_INIT("O(a b=c/)"), false},
    {SLICE_INIT("<a =b==c>"), SLICE_INIT("O(a =b==c)"), false},
    {SLICE_INIT("<a b=>c"), SLICE_INIT("O(a b=)T(c)"), false},
    {SLICE_INIT("<a\fb\r\n=\t'c'd>"), SLICE_INIT("O(a b=c d=)"), false},
    {SLICE_INIT("<a b=\"c>d"), SLICE_INIT(""), false},
    {SLICE_INIT("x<a b"), SLICE_INIT("T(x)"), false},
    {SLICE_INIT("<a<b>"), SLICE_INIT("O(a<b)"), false},
    {SLICE_INIT("< a"), SLICE_INIT("T(< a)"), false},
    {SLICE_INIT("<1<"), SLICE_INIT("T(<1<)"), false},
    {SLICE_INIT("</"), SLICE_INIT("T(</)"), false},
    {SLICE_INIT("</>a</1>b<?c>d<!e>f"), SLICE_INIT("T(a)T(b)T(d)T(f)"), false},
    {SLICE_INIT("<!-->a<!--->b<!---->c<!--d--!>e"), SLICE_INIT("-()T(a)-()T(b)-()T(c)-(d)T(e)"),
     false},
    {SLICE_INIT("<!--a--b- ->--->c"), SLICE_INIT("-(a--b- ->-)T(c)"), false},
    {SLICE_INIT("<!--a-"), SLICE_INIT("-(a-)"), false},
    {SLICE_INIT("<!--a--"), SLICE_INIT("-(a--)"), false},
    {SLICE_INIT("<!-"), SLICE_INIT(""), false},
    {SLICE_INIT("<![CDATA[a<b>]]>c"), SLICE_INIT("TP(a<b>)T(c)"), true},
    {SLICE_INIT("<![CDATA[a]]"), SLICE_INIT("TP(a]])"), true},
    {SLICE_INIT("<![CDATA[a<b>]]>c"), SLICE_INIT("T(]]>c)"), false},
    {SLICE_INIT("<!doctype html>a"), SLICE_INIT("T(a)"), false},
};

static void describe_tag(const struct markup *token, struct bytes *out)
{
    struct markup_attribute attribute;
    struct slice rest = token->attributes;

    while (markup_attribute(&rest, &attribute)) {
        bytes_append_char(out, ' ');
        bytes_append(out, attribute.name);
        bytes_append_char(out, '=');
        bytes_append(out, attribute.value);
    }
}

static void describe(const struct markup *token, struct bytes *out)
{
    bytes_append_char(out, "?TOC-"[token->kind]);
    if (token->empty)
        bytes_append_char(out, '/');
    if (token->plain)
        bytes_append_char(out, 'P');
    bytes_append_char(out, '(');
    bytes_append(out, token->text);
    describe_tag(token, out);
    bytes_append_char(out, ')');
}

static void tokens(void **state)
{
    struct guard guard;
    struct bytes out;

    (void)state;
    guard_init(&guard, 128);
    bytes_init(&out, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice source = guard_copy(&guard, rows[i].source);
        struct markup token;
        size_t at = 0;

        bytes_clear(&out);
        for (markup_next(source, &at, rows[i].foreign, &token); token.kind != MARKUP_END;
             markup_next(source, &at, rows[i].foreign, &token))
            describe(&token, &out);
        assert_int_equal(at, source.len);
        assert_row_slice(bytes_slice(&out), rows[i].tokens, rows[i].source.ptr, i);
    }
    bytes_fini(&out);
    guard_fini(&guard);
}

static const struct {
    struct slice source;
    enum markup_model model;
    struct slice name, text;
} raw[] = {
    {SLICE_INIT("a<b></TITLE>c"), MARKUP_RCDATA, SLICE_INIT("title"), SLICE_INIT("a<b>")},
    {SLICE_INIT("a</titles></title"), MARKUP_RCDATA, SLICE_INIT("title"),
     SLICE_INIT("a</titles></title")},
    {SLICE_INIT("a</style/>"), MARKUP_RAWTEXT, SLICE_INIT("style"), SLICE_INIT("a")},
    {SLICE_INIT("a</style\n>"), MARKUP_RAWTEXT, SLICE_INIT("style"), SLICE_INIT("a")},
    {SLICE_INIT("<!--</style>"), MARKUP_RAWTEXT, SLICE_INIT("style"), SLICE_INIT("<!--")},
    {SLICE_INIT("a</script>"), MARKUP_SCRIPT, SLICE_INIT("script"), SLICE_INIT("a")},
    {SLICE_INIT("<script></script>"), MARKUP_SCRIPT, SLICE_INIT("script"), SLICE_INIT("<script>")},
    {SLICE_INIT("<!--</script>"), MARKUP_SCRIPT, SLICE_INIT("script"), SLICE_INIT("<!--")},
    {SLICE_INIT("<!--<script ></script>x</script>"), MARKUP_SCRIPT, SLICE_INIT("script"),
     SLICE_INIT("<!--<script ></script>x")},
    {SLICE_INIT("<!--<script>--></script>"), MARKUP_SCRIPT, SLICE_INIT("script"),
     SLICE_INIT("<!--<script>-->")},
    {SLICE_INIT("<!--><script></script>"), MARKUP_SCRIPT, SLICE_INIT("script"),
     SLICE_INIT("<!--><script>")},
    {SLICE_INIT("<!--<script></script>"), MARKUP_SCRIPT, SLICE_INIT("script"),
     SLICE_INIT("<!--<script></script>")},
    {SLICE_INIT("<!--<scripts></script>"), MARKUP_SCRIPT, SLICE_INIT("script"),
     SLICE_INIT("<!--<scripts>")},
    {SLICE_INIT("</scrip"), MARKUP_SCRIPT, SLICE_INIT("script"), SLICE_INIT("</scrip")},
};

static void raw_texts(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(raw); i++) {
        struct markup token;
        size_t at = 0;

        markup_raw(guard_copy(&guard, raw[i].source), &at, raw[i].model, raw[i].name, &token);
        assert_row_slice(token.text, raw[i].text, raw[i].source.ptr, i);
        assert_row(token.plain == (raw[i].model != MARKUP_RCDATA), raw[i].source.ptr, i);
        assert_int_equal(at, raw[i].text.len);
    }
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tokens), cmocka_unit_test(raw_texts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
