/* The attributes of a tag that matter. */
#include "filters/html/attributes.h"

#include "tests/unit/support.h"

static void known_ones(void **state)
{
    static const char *const names[ATTRIBUTES] = {
        "href", "src",    "action",      "formaction", "background", "poster",     "xlink:href",
        "data", "lowsrc", "dynsrc",      "ping",       "srcset",     "style",      "class",
        "id",   "hidden", "bgcolor",     "color",      "size",       "text",       "link",
        "alt",  "value",  "placeholder", "type",       "content",    "http-equiv",
    };

    (void)state;
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        struct attributes attributes;
        char tag[64];

        (void)snprintf(tag, sizeof(tag), " x=y %s=v", names[i]);
        attributes_read(slice_str(tag), &attributes);
        assert_row(attributes.present == UINT32_C(1) << i, names[i], i);
        assert_row_slice(attributes.value[i], SLICE("v"), names[i], i);
    }
}

static void the_first_counts(void **state)
{
    struct attributes attributes;

    (void)state;
    attributes_read(SLICE(" HREF=a hidden href=b Hrefx=c hre=d"), &attributes);
    assert_text(attributes.value[ATTRIBUTE_HREF], "a");
    assert_true(attributes_has(&attributes, ATTRIBUTE_HIDDEN));
    assert_false(attributes_has(&attributes, ATTRIBUTE_SRC));
    attributes_read(SLICE_NONE, &attributes);
    assert_int_equal(attributes.present, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_ones),
                                       cmocka_unit_test(the_first_counts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
