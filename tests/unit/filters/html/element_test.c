/* Elements by their names. */
#include "filters/html/element.h"

#include "tests/unit/support.h"

static void names(void **state)
{
    static const struct {
        const char *name;
        enum element_id id;
        unsigned bit;
    } known[] = {
        {"a", ELEMENT_A, ELEMENT_FORMAT},
        {"XMP", ELEMENT_OTHER, ELEMENT_PRE},
        {"Br", ELEMENT_BR, ELEMENT_VOID},
        {"th", ELEMENT_TD, ELEMENT_CELL},
        {"dt", ELEMENT_DD, ELEMENT_ENDS_P},
        {"image", ELEMENT_IMG, ELEMENT_VOID},
        {"math", ELEMENT_SVG, 0},
        {"template", ELEMENT_OTHER, ELEMENT_HIDDEN},
        {"tfoot", ELEMENT_TBODY, ELEMENT_TABLE},
        {"foreignObject", ELEMENT_OTHER, ELEMENT_RETURNS},
    };
    static const char *const unknown[] = {"", "b2", "aa", "zz", "xm", "xmpx", "o:p", "a\xff"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const struct element *element = element_find(slice_str(known[i].name));

        assert_row(slice_equal_case(element->name, slice_str(known[i].name)), known[i].name, i);
        assert_row(element->id == known[i].id, known[i].name, i);
        assert_row((element->bits & known[i].bit) == known[i].bit, known[i].name, i);
    }
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        assert_row(element_find(slice_str(unknown[i]))->name.len == 0, unknown[i], i);
    assert_int_equal(element_find(slice_make("aaaaaaaaaaaaaaaaaaaa", 20))->bits, 0);
}

/* Every name of two letters or one that is known has its own row: the table is in order. */
static void order(void **state)
{
    static const char *const all[] = {
        "a",       "address",  "applet",     "area",    "article",    "aside",    "b",
        "base",    "basefont", "bgsound",    "big",     "blockquote", "body",     "br",
        "button",  "caption",  "center",     "code",    "col",        "dd",       "desc",
        "details", "dialog",   "dir",        "div",     "dl",         "dt",       "em",
        "embed",   "fieldset", "figcaption", "figure",  "font",       "footer",   "foreignobject",
        "form",    "frame",    "h1",         "h2",      "h3",         "h4",       "h5",
        "h6",      "head",     "header",     "hgroup",  "hr",         "html",     "i",
        "iframe",  "image",    "img",        "input",   "keygen",     "legend",   "li",
        "link",    "listing",  "main",       "marquee", "math",       "menu",     "meta",
        "mi",      "mn",       "mo",         "ms",      "mtext",      "nav",      "nobr",
        "noembed", "noframes", "noscript",   "object",  "ol",         "optgroup", "option",
        "p",       "param",    "plaintext",  "pre",     "s",          "script",   "search",
        "section", "select",   "small",      "source",  "strike",     "strong",   "style",
        "summary", "svg",      "table",      "tbody",   "td",         "template", "textarea",
        "tfoot",   "th",       "thead",      "title",   "tr",         "track",    "tt",
        "u",       "ul",       "wbr",        "xml",     "xmp",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        assert_row(slice_equal(element_find(slice_str(all[i]))->name, slice_str(all[i])), all[i],
                   i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(order)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
