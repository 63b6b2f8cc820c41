/* The bytes of a field that a stretch of its text stands for. */
#include "filters/message/header_wire.h"

#include "tests/unit/arena_kit.h"

static struct header_text decoded(const char *value)
{
    struct field field = {.name = SLICE("Subject"), .value = slice_str(value)};
    struct header_text text;

    assert_int_equal(header_text_decode(&text, &field, true, &arena), 0);
    return text;
}

/* A value, a stretch of its text, and the bytes of it; NULL: none of its own. */
static const struct {
    const char *value;
    size_t start, end;
    const char *wire;
} ROWS[] = {
    {" hi there", 0, 8, "hi there"},
    {" hi there", 3, 6, "the"},
    {" hi\r\n there", 0, 8, "hi\r\n there"},
    {" hi\r\n there", 3, 8, "there"},
    {" a =?utf-8?q?b_c?= d", 0, 7, "a =?utf-8?q?b_c?= d"},
    {" a =?utf-8?q?b_c?= d", 2, 5, "=?utf-8?q?b_c?="},
    {" a =?utf-8?q?b_c?= d", 2, 4, NULL},
    {" a =?utf-8?q?b_c?= d", 3, 7, NULL},
};

static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct header_text text = decoded(ROWS[i].value);
        struct slice wire = header_wire(&text, ROWS[i].start, ROWS[i].end);

        if (ROWS[i].wire == NULL)
            assert_null(wire.ptr);
        else
            assert_text(wire, ROWS[i].wire);
    }
}

/* What was added has no bytes of its own. */
static void added(void **state)
{
    struct header_text text;

    (void)state;
    header_text_init(&text, &arena);
    header_text_add(&text, SLICE("new"));
    assert_null(header_wire(&text, 0, 3).ptr);
    assert_null(header_wire_piece(&text.pieces[0], 0, 3).ptr);
}

/* "=?utf-8?q?x" with something new behind it that has "?=" would be a word that never was. */
static void halves(void **state)
{
    struct header_text from = decoded(" =?utf-8?q?x y"), text;
    struct slice first = slice_first(header_text_slice(&from), 11);

    (void)state;
    header_text_init(&text, &arena);
    header_text_add_part(&text, &from, first, true);
    header_text_add(&text, SLICE("z?= end"));
    assert_true(header_wire_makes_word(&text, 0, 11));
    assert_false(header_wire_makes_word(&text, 1, 11));
    header_text_init(&text, &arena);
    header_text_add_part(&text, &from, first, true);
    header_text_add(&text, SLICE("z end"));
    assert_false(header_wire_makes_word(&text, 0, 11));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(added),
        cmocka_unit_test(halves),
    };

    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
