/* What styles declare, and what follows from it. */
#include "filters/html/style.h"

#include "filters/html/colour.h"
#include "tests/unit/support.h"

static const struct {
    const char *text;
    bool hides;
} rows[] = {
    {"display:none", true},
    {"display:inline", false},
    {"display:nonsense", false},
    {"display:none;display:x", true},
    {"visibility:collapse", true},
    {"visibility:initial", false},
    {"opacity:9%", true},
    {"opacity:10%", false},
    {"opacity:x", false},
    {"opacity:-1", true},
    {"font-size:1.99px", true},
    {"font-size:2px", false},
    {"font-size:1.6pt", false},
    {"font-size:1.5pt", true},
    {"font-size:.1em", true},
    {"font-size:.13em", false},
    {"font-size:12%", true},
    {"font-size:13%", false},
    {"font-size:-1px", false},
    {"font-size:0", true},
    {"font-size:xx-small", false},
    {"font-size:0.01rem", true},
    {"font-size:1mm", false},
    {"font-size:0.1mm", true},
    {"font:italic 0/1 x", true},
    {"font:900 12px x", false},
    {"font:caption", false},
    {"color:white", true},
    {"color:#f0f0f0", true},
    {"color:#e0e0e0", false},
    {"color:white;background:navy", false},
    {"background:black", true},
    {"background-color:transparent", false},
    {"color:white;background-image:url(x)", false},
    {"color:white;background-image:none", true},
    {"color:white;background:linear-gradient(red,blue)", false},
    {"background:url(x) black", false},
    {"background:no-repeat #000", true},
    {"-webkit-text-fill-color:transparent", true},
    {"text-indent:-999px", true},
    {"text-indent:-998px", false},
    {"text-indent:-99em", true},
    {"height:0;overflow:hidden", true},
    {"height:0", false},
    {"height:2px;overflow:hidden", false},
    {"width:1px;overflow:clip", true},
    {"max-width:0;overflow:hidden", true},
    {"max-height:0px;overflow:visible", false},
    {"height:-1px;overflow:hidden", false},
    {"height:0.1em;overflow:hidden", true},
    {"position:absolute;left:-999px", true},
    {"position:fixed;top:-9999px", true},
    {"position:relative;left:-9999px", true},
    {"position:static;left:-9999px", false},
    {"left:-9999px", false},
    {"margin-left:-9999px", true},
    {"margin:-9999px", true},
    {"margin:0 -9999px", true},
    {"margin:-9999px 0", false},
    {"margin:0 0 0 -9999px", true},
    {"margin:-9999px 0 0 0", false},
    {"position:absolute;clip:rect(0,0,0,0)", true},
    {"clip:rect(0,0,0,0)", false},
    {"position:absolute;clip:rect(0 0 2px 0)", false},
    {"position:absolute;clip:auto", false},
    {"position:absolute;clip:rect(auto,0,0,0)", false},
    {"clip-path:inset(100%)", true},
    {"clip-path:circle(0)", true},
    {"clip-path:circle(50%)", false},
    {"mso-hide:all", false},
    {"left", false},
    {"", false},
};

static void one_element(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct style_declared declared = {.set = 0};
        struct style root = style_root(), style;

        style_read(slice_str(rows[i].text), &declared);
        style = style_inside(&root, &declared);
        assert_row(style_hides(&style) == rows[i].hides, rows[i].text, i);
    }
}

static struct style inside(const struct style *outer, const char *text)
{
    struct style_declared declared = {.set = 0};

    style_read(slice_str(text), &declared);
    return style_inside(outer, &declared);
}

static void in_each_other(void **state)
{
    struct style root = style_root(), outer, style;

    (void)state;
    outer = inside(&root, "visibility:hidden;text-indent:-9999px;white-space:pre;font-size:20px");
    assert_true(outer.pre);
    style = inside(&outer, "visibility:visible;text-indent:0;white-space:normal;font-size:2em");
    assert_false(style_hides(&style));
    assert_false(style.pre);
    assert_int_equal(style.size, 4000);
    style = inside(&outer, "");
    assert_true(style_hides(&style) && style.pre);
    outer = inside(&root, "display:none;mso-hide:all");
    style = inside(&outer, "display:block;mso-hide:none");
    assert_true(style_hides(&style) && style.mso_hidden);
    assert_true(style.inner_lines && !style.inner_inline);
    style = inside(&style, "display:inline");
    assert_true(style.inner_inline && !style.inner_lines);
    outer = inside(&root, "color:red;background:blue");
    style = inside(&outer, "color:inherit;background:inherit");
    assert_int_equal(style.colour, 0xFF0000);
    assert_int_equal(style.ground, 0x0000FF);
    /* sizes do not come to more than can be counted */
    outer = inside(&root, "font-size:99999999px");
    for (size_t i = 0; i < 100; i++)
        outer = inside(&outer, "font-size:99999999em");
    assert_true(outer.size > 0 && !style_hides(&outer));
}

static void together(void **state)
{
    struct style_declared declared = {.set = 0}, more = {.set = 0};

    (void)state;
    style_read(SLICE("color:red;font-size:2em"), &declared);
    style_read(SLICE("font-size:3px"), &more);
    style_add(&declared, &more);
    assert_int_equal(declared.value[STYLE_COLOUR], 0xFF0000);
    assert_int_equal(declared.value[STYLE_SIZE], 300);
    assert_int_equal(declared.unit[STYLE_SIZE], STYLE_PIXELS);
    style_set(&declared, STYLE_SIZE, 100);
    assert_int_equal(declared.value[STYLE_SIZE], 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_element),
                                       cmocka_unit_test(in_each_other), cmocka_unit_test(together)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
