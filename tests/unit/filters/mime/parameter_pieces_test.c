/* parameter_pieces: names with stars, and values in pieces. */
#include "filters/mime/parameter_pieces.h"

#include "tests/unit/arena_kit.h"

static struct charset_set charsets;

static void test_names(void **state)
{
    static const struct {
        const char *text, *base;
        uint32_t number;
        bool piece, extended;
    } rows[] = {
        {"name", "name", PARAMETER_PIECE_ALONE, false, false},
        {"name*", "name", PARAMETER_PIECE_ALONE, true, true},
        {"name*0", "name", 0, true, false},
        {"name*0*", "name", 0, true, true},
        {"name*12*", "name", 12, true, true},
        {"name*x", "name", PARAMETER_PIECE_ALONE, true, false},
        {"*", "", PARAMETER_PIECE_ALONE, true, true},
        {"", "", PARAMETER_PIECE_ALONE, false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct parameter_name name;

        parameter_name_read(slice_str(rows[i].text), &name);
        assert_row_slice(name.base, slice_str(rows[i].base), rows[i].text, 0);
        assert_row(name.number == rows[i].number, rows[i].text, 1);
        assert_row(name.piece == rows[i].piece, rows[i].text, 2);
        assert_row(name.extended == rows[i].extended, rows[i].text, 3);
    }
}

static void add(struct parameter_pieces *pieces, const char *name, const char *value)
{
    struct parameter_name read;

    parameter_name_read(slice_str(name), &read);
    assert_true(parameter_pieces_add(pieces, &read, slice_str(value)));
}

/* Pieces of two names among each other come name by name, in the order of their numbers. */
static void test_join(void **state)
{
    struct parameter_pieces pieces;
    struct parameter_joined joined;

    (void)state;
    parameter_pieces_init(&pieces, &charsets, &arena);
    add(&pieces, "a*0*", "utf-8'en'x%20");
    add(&pieces, "b*1", "q");
    add(&pieces, "a*1", "y%20");
    add(&pieces, "b*0", "p");
    assert_true(parameter_pieces_next(&pieces, &joined));
    assert_text(joined.base, "a");
    assert_int_equal(joined.count, 1);
    assert_text(joined.values[0], "x y%20");
    assert_false(joined.odd);
    assert_true(parameter_pieces_next(&pieces, &joined));
    assert_text(joined.values[0], "pq");
    assert_text(joined.values[2], "qp");
    assert_true(joined.odd);
    assert_false(parameter_pieces_next(&pieces, &joined));
    arena_reset(&arena);
}

/* What is missing ends the value for some; others take what follows. */
static void test_gap(void **state)
{
    struct parameter_pieces pieces;
    struct parameter_joined joined;

    (void)state;
    parameter_pieces_init(&pieces, &charsets, &arena);
    add(&pieces, "a*1", "x");
    add(&pieces, "a*3", "z");
    assert_true(parameter_pieces_next(&pieces, &joined));
    assert_true(joined.odd);
    assert_text(joined.values[0], "x");
    assert_text(joined.values[2], "xz");
    arena_reset(&arena);
}

static void test_memory(void **state)
{
    struct parameter_pieces pieces;
    struct parameter_name name = {.base = SLICE("a"), .piece = true};
    struct arena none;

    (void)state;
    arena_init(&none, 64, 0);
    parameter_pieces_init(&pieces, &charsets, &none);
    assert_false(parameter_pieces_add(&pieces, &name, SLICE("x")));
    arena_fini(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
