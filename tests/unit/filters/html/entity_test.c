/* Character references, right and broken. */
#include "filters/html/entity.h"

#include "tests/unit/support.h"

#include "filters/html/entity_table.h"

static const struct {
    struct slice text, in_text, in_attribute; /* with what follows it */
} rows[] = {
    {SLICE_INIT("&amp;x"), SLICE_INIT("&x"), SLICE_INIT("&x")},
    {SLICE_INIT("&amp"), SLICE_INIT("&"), SLICE_INIT("&")},
    {SLICE_INIT("&ampx"), SLICE_INIT("&x"), SLICE_INIT("&ampx")},
    {SLICE_INIT("&amp=x"), SLICE_INIT("&=x"), SLICE_INIT("&amp=x")},
    {SLICE_INIT("&amp x"), SLICE_INIT("& x"), SLICE_INIT("& x")},
    {SLICE_INIT("&copy=1"), SLICE_INIT("\xc2\xa9=1"), SLICE_INIT("&copy=1")},
    {SLICE_INIT("&notit;"), SLICE_INIT("\xc2\xacit;"), SLICE_INIT("&notit;")},
    {SLICE_INIT("&notin;"), SLICE_INIT("\xe2\x88\x89"), SLICE_INIT("\xe2\x88\x89")},
    {SLICE_INIT("&hellip"), SLICE_INIT("&hellip"), SLICE_INIT("&hellip")},
    {SLICE_INIT("&AMP;"), SLICE_INIT("&"), SLICE_INIT("&")},
    {SLICE_INIT("&Amp;"), SLICE_INIT("&Amp;"), SLICE_INIT("&Amp;")},
    {SLICE_INIT("&nGt;"), SLICE_INIT("\xe2\x89\xab\xe2\x83\x92"),
     SLICE_INIT("\xe2\x89\xab\xe2\x83\x92")},
    {SLICE_INIT("&fjlig;"), SLICE_INIT("fj"), SLICE_INIT("fj")},
    {SLICE_INIT("&Aacute;&zwnj;"), SLICE_INIT("\xc3\x81\xe2\x80\x8c"),
     SLICE_INIT("\xc3\x81\xe2\x80\x8c")},
    {SLICE_INIT("&CounterClockwiseContourIntegral;"), SLICE_INIT("\xe2\x88\xb3"),
     SLICE_INIT("\xe2\x88\xb3")},
    {SLICE_INIT("&CounterClockwiseContourIntegralx;"),
     SLICE_INIT("&CounterClockwiseContourIntegralx;"),
     SLICE_INIT("&CounterClockwiseContourIntegralx;")},
    {SLICE_INIT("&Xfr;&a;&;&"), SLICE_INIT("\xf0\x9d\x94\x9b&a;&;&"),
     SLICE_INIT("\xf0\x9d\x94\x9b&a;&;&")},
    /* numbers */
    {SLICE_INIT("&#65;&#x41;&#X41;"), SLICE_INIT("AAA"), SLICE_INIT("AAA")},
    {SLICE_INIT("&#65B"), SLICE_INIT("AB"), SLICE_INIT("AB")},
    {SLICE_INIT("&#x41G"), SLICE_INIT("AG"), SLICE_INIT("AG")},
    {SLICE_INIT("&#;&#x;&#xg&#"), SLICE_INIT("&#;&#x;&#xg&#"), SLICE_INIT("&#;&#x;&#xg&#")},
    {SLICE_INIT("&#0;"), SLICE_INIT("\xef\xbf\xbd"), SLICE_INIT("\xef\xbf\xbd")},
    {SLICE_INIT("&#xD800;&#xDFFF;"), SLICE_INIT("\xef\xbf\xbd\xef\xbf\xbd"),
     SLICE_INIT("\xef\xbf\xbd\xef\xbf\xbd")},
    {SLICE_INIT("&#x10FFFF;"), SLICE_INIT("\xf4\x8f\xbf\xbf"), SLICE_INIT("\xf4\x8f\xbf\xbf")},
    {SLICE_INIT("&#x110000;"), SLICE_INIT("\xef\xbf\xbd"), SLICE_INIT("\xef\xbf\xbd")},
    {SLICE_INIT("&#99999999999999999999999999;"), SLICE_INIT("\xef\xbf\xbd"),
     SLICE_INIT("\xef\xbf\xbd")},
    {SLICE_INIT("&#x80;&#150;&#x9f;&#xA0;"), SLICE_INIT("\xe2\x82\xac\xe2\x80\x93\xc5\xb8\xc2\xa0"),
     SLICE_INIT("\xe2\x82\xac\xe2\x80\x93\xc5\xb8\xc2\xa0")},
    {SLICE_INIT("&#x7FF;&#x800;&#xFFFF;&#x10000;"),
     SLICE_INIT("\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80"),
     SLICE_INIT("\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80")},
    {SLICE_INIT("a\0b"), SLICE_INIT("a\0b"),
     SLICE_INIT("a\xef\xbf\xbd"
                "b")},
};

/* All references of a text undone. */
static void undo(struct slice text, struct bytes *out)
{
    char character[ENTITY_BYTES_MAX];
    size_t len;

    while (text.len > 0) {
        size_t size = text.ptr[0] == '&' ? entity_read(text, false, character, &len) : 0;

        bytes_append(out, size > 0 ? slice_make(character, len) : slice_first(text, 1));
        text = slice_from(text, size > 0 ? size : 1);
    }
}

static void references(void **state)
{
    struct guard guard;
    struct bytes out;

    (void)state;
    guard_init(&guard, 128);
    bytes_init(&out, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bytes_clear(&out);
        undo(guard_copy(&guard, rows[i].text), &out);
        assert_row_slice(bytes_slice(&out), rows[i].in_text, rows[i].text.ptr, i);
        bytes_clear(&out);
        entity_append(guard_copy(&guard, rows[i].text), &out);
        assert_row_slice(bytes_slice(&out), rows[i].in_attribute, rows[i].text.ptr, i);
    }
    bytes_fini(&out);
    guard_fini(&guard);
}

/* Each name of the table is found, and is that of its place. */
static void the_table(void **state)
{
    size_t index = 0;

    (void)state;
    for (size_t block = 0; block < COUNT_OF(ENTITY_NAMES); block++) {
        struct slice rest = slice_str(ENTITY_NAMES[block]);

        while (rest.len > 0) {
            char text[64] = "&", out[ENTITY_BYTES_MAX];
            size_t length = 0, len = 0;

            while (ascii_is_alnum(rest.ptr[length]))
                length++;
            memcpy(text + 1, rest.ptr, length);
            text[1 + length] = ';';
            assert_row(entity_read(slice_make(text, length + 2), true, out, &len) == length + 2,
                       text, index);
            assert_row(len > 0 && len <= ENTITY_BYTES_MAX, text, index);
            if (rest.ptr[length] == ',')
                assert_row(entity_read(slice_make(text, length + 1), true, out, &len) == length + 1,
                           text, index);
            rest = slice_from(rest, length + 1);
            index++;
        }
    }
    assert_int_equal(index, ENTITY_COUNT);
    assert_int_equal(COUNT_OF(ENTITY_CODES), ENTITY_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(references), cmocka_unit_test(the_table)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
