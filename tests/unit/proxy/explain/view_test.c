#include "proxy/explain/view.h"

#include "tests/unit/heap.h"
#include "tests/unit/proxy/explain/view_kit.h"

#define assert_slice(slice, text) assert_true(slice_equal(slice, SLICE(text)))

static void fields(void **state)
{
    struct lines lines = lines_begin(SLICE(VIEW_MESSAGE));
    struct view_field field;
    struct view view;

    (void)state;
    view_begin(&view, lines.message);
    lines = lines_begin(view.message);
    assert_int_equal(view.header.count, 4);
    assert_int_equal(view_field(&view, &lines, 0, &field), 0);
    assert_int_equal(field.line, 1);
    assert_slice(field.name, "From");
    assert_slice(field.value, "J\xC3\xBCrg <j@a.test>");
    assert_int_equal(field.other.len, 0);
    assert_int_equal(view_field(&view, &lines, 2, &field), 0);
    assert_int_equal(field.line, 3);
    assert_slice(field.value, "a b");
    assert_int_equal(view_field(&view, &lines, 3, &field), 0);
    assert_int_equal(field.line, 5);
    view_end(&view);
}

static void from(void **state)
{
    struct view view;

    (void)state;
    view_begin(&view, SLICE(VIEW_MESSAGE));
    assert_int_equal(view.from_address.count, 1);
    assert_slice(view.from_address.items[0], "j@a.test");
    assert_int_equal(view.from_name.count, 1);
    assert_slice(view.from_name.items[0], "J\xC3\xBCrg");
    assert_int_equal(view.reply_to_address.count, 1);
    assert_slice(view.reply_to_address.items[0], "k@b.test");
    assert_false(view.from_address.more || view.from_address.unread);
    view_end(&view);
}

/* One address is shown once, in however many fields it stands; of many the first. */
static void from_many(void **state)
{
    struct bytes text;
    struct view view;

    (void)state;
    bytes_init(&text, 65536);
    bytes_append(&text, SLICE("From: a@b.test\r\nFrom: A@b.test, a@b.test"));
    for (int i = 0; i < VIEW_VALUES_MAX; i++)
        bytes_format(&text, ",\r\n a%d@b.test", i);
    bytes_append(&text, SLICE("\r\n\r\n"));
    view_begin(&view, bytes_slice(&text));
    assert_int_equal(view.from_address.count, VIEW_VALUES_MAX);
    assert_true(view.from_address.more);
    assert_slice(view.from_address.items[0], "a@b.test");
    assert_slice(view.from_address.items[1], "A@b.test");
    assert_slice(view.from_address.items[2], "a0@b.test");
    view_end(&view);
    bytes_fini(&text);
}

static void values(void **state)
{
    struct view_values found;
    struct view view;

    (void)state;
    view_begin(&view, SLICE(VIEW_MESSAGE));
    assert_non_null(view.content);
    assert_int_equal(view.content->part_count, 3);
    assert_int_equal(view_values(&view, CONTENT_BODY, 0).count, 0);
    found = view_values(&view, CONTENT_BODY, 1);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0]->view, CONTENT_SOURCE);
    assert_slice(found.items[1]->text, "http://d.test");
    assert_int_equal(view_values(&view, CONTENT_BODY, 2).count, 0);
    found = view_values(&view, CONTENT_HIDDEN_TEXT, 1);
    assert_int_equal(found.count, 1);
    assert_slice(found.items[0]->text, "secret");
    found = view_values(&view, CONTENT_LINK, 1);
    assert_true(found.count >= 1);
    assert_slice(found.items[0]->text, "http://c.test/x");
    assert_true(found.items[0]->mismatch);
    found = view_values(&view, CONTENT_ATTACHMENT, 2);
    assert_int_equal(found.count, 2);
    view_end(&view);
}

/* A link that is there twice misleads if it does so once. */
static void misleads_once(void **state)
{
    struct view_values links;
    struct view view;

    (void)state;
    view_begin(&view, SLICE("Content-Type: text/html\r\n\r\n<a href=http://c.test>x</a>\r\n"
                            "<a href=http://c.test>http://d.test</a>\r\n"
                            "<a href=http://c.test>x</a>\r\n"));
    links = view_values(&view, CONTENT_LINK, 0);
    assert_int_equal(links.count, 1);
    assert_true(links.items[0]->mismatch);
    view_end(&view);
}

/* A word of a charset that only some readers know how to read. */
static void other_reading(void **state)
{
    struct lines lines = lines_begin(SLICE(""));
    struct view_field field;
    struct view view;

    (void)state;
    view_begin(&view, SLICE("Subject: =?x-nobody?q?abc?=\r\n\r\n"));
    assert_int_equal(view_field(&view, &lines, 0, &field), 0);
    assert_slice(field.value, "=?x-nobody?q?abc?=");
    assert_slice(field.other, "abc");
    view_end(&view);
}

static void over_limits(void **state)
{
    struct limits limits = limits_default();
    struct view view;

    (void)state;
    limits.mime_parts = 2;
    assert_int_equal(view_make(&view, SLICE(VIEW_MESSAGE), &limits), 0);
    assert_null(view.content);
    assert_int_equal(view.result, CONTENT_LIMIT);
    assert_int_equal(view.header.count, 4);
    view_end(&view);
}

static void cut(void **state)
{
    static char text[2 * VIEW_TEXT_BYTES];
    struct content_value value = {.text = slice_make(text, sizeof(text))};

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(view_text_cut(&value).len, VIEW_TEXT_BYTES);
    value.view = CONTENT_SOURCE;
    assert_int_equal(view_text_cut(&value).len, VIEW_SOURCE_BYTES);
    value.text.len = 3;
    assert_int_equal(view_text_cut(&value).len, 3);
    text[VIEW_SOURCE_BYTES - 1] = '\xC3';
    text[VIEW_SOURCE_BYTES] = '\xBC';
    value.text.len = sizeof(text);
    assert_int_equal(view_text_cut(&value).len, VIEW_SOURCE_BYTES - 1);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(view_encoding(CONTENT_7BIT), "none");
    assert_string_equal(view_encoding(CONTENT_QUOTED), "quoted-printable");
    assert_string_equal(view_encoding(CONTENT_UNKNOWN), "unknown");
    assert_string_equal(view_text_name(CONTENT_BODY, CONTENT_PLAIN), "text");
    assert_string_equal(view_text_name(CONTENT_HIDDEN_TEXT, CONTENT_PLAIN), "hidden text");
    assert_string_equal(view_text_name(CONTENT_BODY, CONTENT_SOURCE), "as written");
    assert_string_equal(view_text_name(CONTENT_BODY, CONTENT_OTHER), "another reading");
    assert_string_equal(view_text_name(CONTENT_HIDDEN_TEXT, CONTENT_OTHER),
                        "hidden text in another reading");
}

static void gives_back(void **state)
{
    assert_true(leaves_nothing(values, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),        cmocka_unit_test(from),
        cmocka_unit_test(from_many),     cmocka_unit_test(values),
        cmocka_unit_test(misleads_once), cmocka_unit_test(other_reading),
        cmocka_unit_test(over_limits),   cmocka_unit_test(cut),
        cmocka_unit_test(names),         cmocka_unit_test(gives_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
