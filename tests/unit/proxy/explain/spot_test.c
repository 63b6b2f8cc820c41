#include "proxy/explain/spot.h"

#include "tests/unit/proxy/explain/view_kit.h"

static struct eval_hit hit_of(const struct view *view, enum field_id field, enum content_fact fact,
                              size_t index)
{
    const struct content_value *item = &view->content->values[fact].items[index];

    return (struct eval_hit){.field = field, .value = item->text, .item = item};
}

/* What is decoded is told by its part, what stands there as it is by its line too. */
static void of_parts(void **state)
{
    struct lines lines;
    struct eval_hit hit;
    struct view view;
    struct spot spot;

    (void)state;
    view_begin(&view, SLICE(VIEW_MESSAGE));
    lines = lines_begin(view.message);
    hit = hit_of(&view, FIELD_BODY, CONTENT_BODY, 1);
    spot = spot_of(&hit, view.content, &lines);
    assert_int_equal(spot.line, 0);
    assert_int_equal(spot.part, 2);
    assert_int_equal(spot.first_line, 8);
    assert_int_equal(spot.last_line, 12);
    assert_string_equal(spot.reading, "visible text");
    hit = hit_of(&view, FIELD_HIDDEN_TEXT, CONTENT_HIDDEN_TEXT, 0);
    assert_string_equal(spot_of(&hit, view.content, &lines).reading, "hidden text");
    hit = hit_of(&view, FIELD_ATTACHMENT, CONTENT_ATTACHMENT, 1);
    spot = spot_of(&hit, view.content, &lines);
    assert_int_equal(spot.part, 3);
    assert_int_equal(spot.first_line, 14);
    assert_null(spot.reading);
    view_end(&view);
}

static void of_the_header(void **state)
{
    struct lines lines;
    struct view view;
    struct eval_hit hit = {.field = FIELD_HEADER, .value = SLICE("decoded")};
    struct spot spot;

    (void)state;
    view_begin(&view, SLICE(VIEW_MESSAGE));
    lines = lines_begin(view.message);
    assert_int_equal(spot_of(&hit, NULL, &lines).line, 0);
    hit.origin = &view.header.fields[3];
    spot = spot_of(&hit, NULL, &lines);
    assert_int_equal(spot.line, 5);
    assert_int_equal(spot.part, 0);
    hit.value = view.header.fields[2].value;
    hit.start = hit.value.len - 1; /* behind the fold */
    assert_int_equal(spot_of(&hit, NULL, &lines).line, 4);
    view_end(&view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_parts),
        cmocka_unit_test(of_the_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
