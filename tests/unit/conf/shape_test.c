#include "conf/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *text;
    enum shape shape;
} SHAPES[] = {
    {"", SHAPE_EMPTY},
    {"a.test", SHAPE_DOMAIN},
    {"root", SHAPE_DOMAIN},
    {"m\xC3\xBCller.test", SHAPE_DOMAIN},
    {"*.a.test", SHAPE_SUBDOMAINS},
    {"a@b.test", SHAPE_MAILBOX},
    {"user%far@b.test", SHAPE_MAILBOX},
    {"\"a b\"@c.test", SHAPE_MAILBOX},
    {"o'brien", SHAPE_LOCAL},
    {"192.0.2.1", SHAPE_ADDRESS},
    {"2001:db8::1", SHAPE_ADDRESS_V6},
    {"10.0.0.0/8", SHAPE_RANGE},
    {"[192.0.2.1]", SHAPE_LITERAL},
    {"spam*", SHAPE_WILD},
    {"192.0.2.*", SHAPE_WILD_IP},
    {"*", SHAPE_WILD_IP},
    {"*@a.test", SHAPE_WILD_AT},
    {"/x/i", SHAPE_PATTERN},
    {"a@b@c", SHAPE_ODD},
    {"a..b@", SHAPE_NO_DOMAIN},
    {"<a@b>", SHAPE_ANGLED},
    {"<a@b", SHAPE_ANGLED},
    {"a@b>", SHAPE_ANGLED},
    {"\"a.test\"", SHAPE_QUOTED},
    {"'a.test'", SHAPE_QUOTED},
    {"a,b", SHAPE_SEVERAL},
    {"a b", SHAPE_SEVERAL},
    {"a;b", SHAPE_SEVERAL},
    {"a ", SHAPE_BLANKS},
    {"\ta", SHAPE_BLANKS},
    {"http://x", SHAPE_URL},
    {"MAILTO:a@b", SHAPE_URL},
    {"a.test:25", SHAPE_PORT},
    {"192.0.2.1:25", SHAPE_PORT},
    {"[2001:db8::1]:25", SHAPE_PORT},
    {"user@", SHAPE_NO_DOMAIN},
    {"a.test.", SHAPE_LATE_DOT},
    {"a@b.test.", SHAPE_LATE_DOT},
    {".a.test", SHAPE_EARLY_DOT},
    {"^a", SHAPE_REGEX},
    {"a$", SHAPE_REGEX},
    {"a|b", SHAPE_REGEX},
    {"a\\.b", SHAPE_REGEX},
    {"m\xFCller", SHAPE_NO_UTF8},
    {"\"", SHAPE_ODD},
    {":25", SHAPE_ODD},
    {"'", SHAPE_LOCAL},
};

static void shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(SHAPES) / sizeof(*SHAPES); i++)
        if (shape_of(slice_str(SHAPES[i].text)) != SHAPES[i].shape)
            fail_msg("'%s' is %u, not %u", SHAPES[i].text,
                     (unsigned)shape_of(slice_str(SHAPES[i].text)), (unsigned)SHAPES[i].shape);
}

/* Whatever stands in a rule may be the value of a free text, and every shape can be said. */
static void table(void **state)
{
    (void)state;
    for (unsigned shape = 0; shape < SHAPE_COUNT; shape++) {
        assert_true(shape_holds((enum shape)shape, CLASS_TEXT, false));
        assert_non_null(shape_noun((enum shape)shape));
        assert_non_null(shape_advice((enum shape)shape, CLASS_DOMAIN));
    }
    assert_false(shape_holds(SHAPE_RANGE, CLASS_TEXT, true));
    assert_int_equal(shape_class(FIELD_HEADER), CLASS_TEXT);
    assert_int_equal(shape_class(FIELD_FROM_DOMAIN), CLASS_DOMAIN);
}

static void domains(void **state)
{
    char longest[300];

    (void)state;
    memset(longest, 'a', sizeof(longest));
    assert_true(shape_domain(SLICE("a.test")));
    assert_false(shape_domain(SLICE("a..test")));
    assert_false(shape_domain(SLICE("")));
    assert_true(shape_domain(slice_make(longest, 255)));
    assert_false(shape_domain(slice_make(longest, 256)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(table),
        cmocka_unit_test(domains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
