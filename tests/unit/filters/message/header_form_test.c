/* How a new word of a value is written. */
#include "filters/message/header_form.h"

#include "tests/unit/arena_kit.h"

/* The form of the first word of ${text}. */
static enum form first_form(const struct header_text *text, bool addresses)
{
    struct slice shape = header_text_shape(text, true, &arena);
    struct tokens tokens;
    struct token token;

    assert_non_null(shape.ptr);
    header_tokens_init(&tokens, shape, addresses);
    assert_true(header_tokens_next(&tokens, &token));
    return header_form(text, shape, &token, addresses);
}

/* An operator's own text: its structure is meant. */
static const struct {
    const char *text;
    bool addresses;
    enum form form;
} TEXTS[] = {
    {"word", false, FORM_PLAIN},           {"a,b<c>", false, FORM_PLAIN},
    {"h\xC3\xB6", false, FORM_ENCODED},    {"=?utf-8?q?a?=", false, FORM_ENCODED},
    {"=?x-none?q?a?=", false, FORM_PLAIN}, /* nobody here decodes it */
    {"Joe <a@b>", true, FORM_PLAIN},       {"J\xC3\xB6 <a@b>", true, FORM_ENCODED},
    {"j\xC3\xB6@b", true, FORM_PLAIN}, /* an address (RFC 6532, 3.2) */
};

static void texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct header_text text;

        header_text_init(&text, &arena);
        header_text_add(&text, slice_str(TEXTS[i].text));
        assert_row(first_form(&text, TEXTS[i].addresses) == TEXTS[i].form, TEXTS[i].text, i);
    }
}

/* What may say anything, in front of an address: it stays a name. */
static const struct {
    const char *name;
    enum form form;
} NAMES[] = {
    {"Joe", FORM_PLAIN},          {"a@b.test", FORM_QUOTED}, {"a,b", FORM_QUOTED},
    {"a\"b", FORM_QUOTED},        {"(a", FORM_QUOTED},       {"J\xC3\xB6", FORM_ENCODED},
    {"=?utf-8?q?", FORM_ENCODED},
};

static void names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        struct header_text text;

        header_text_init(&text, &arena);
        header_text_add_name(&text, slice_str(NAMES[i].name));
        header_text_add(&text, SLICE(" <l@x.test>"));
        assert_row(first_form(&text, true) == NAMES[i].form, NAMES[i].name, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
