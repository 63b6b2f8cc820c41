#include "filters/message/header.h"

#include "tests/unit/arena_kit.h"

#include <stdlib.h>

/* --- where it ends, and what is in it: H02, H03, H04, H08 ---------------------------------------
 */

static const struct {
    const char *name;
    struct slice content;
    size_t fields_end;
    size_t body_start;
    const char *names; /* of the fields, parted by "|"; of a line that is none "", mostly */
    const char *prefix;
    const char *why; /* the first line that is no field is none; NULL: there is none */
} rows[] = {
    {"plain", SLICE_INIT("A: 1\r\nB: 2\r\n\r\nbody\r\n"), 12, 14, "A|B", "", NULL},
    {"no body", SLICE_INIT("A: 1\r\n\r\n"), 6, 8, "A", "", NULL},
    {"header only", SLICE_INIT("A: 1\r\nB: 2\r\n"), 12, 12, "A|B", "", NULL},
    {"no final line end", SLICE_INIT("A: 1\r\nB: 2"), 10, 10, "A|B", "", NULL},
    {"half a line end", SLICE_INIT("A: 1\r\nB: 2\r"), 11, 11, "A|B", "", NULL},
    {"half an empty line", SLICE_INIT("A: 1\r\n\r"), 7, 7, "A|", "",
     "a fold with no field above it"},
    {"empty", SLICE_INIT(""), 0, 0, "", "", NULL},
    {"empty line first", SLICE_INIT("\r\nbody"), 0, 2, "", "", NULL},
    {"a CR alone", SLICE_INIT("\r"), 1, 1, "", "", "a fold with no field above it"},
    {"body only", SLICE_INIT("just text\r\nmore\r\n"), 17, 17, "|", "", "no colon"},
    {"text line inside", SLICE_INIT("A: 1\r\nno field\r\nB: 2\r\n\r\n"), 22, 24, "A||B", "",
     "no colon"},
    {"two of them", SLICE_INIT("A: 1\r\n:\r\nB: 2\r\nhello\r\nC: 3\r\n\r\n"), 28, 30, "A||B||C", "",
     "no name before the colon"},
    {"text line inside, folded", SLICE_INIT("no\r\n B: 2\r\nC: 3\r\n\r\n"), 17, 19, "|C", "",
     "no colon"},
    {"a name before a fold", SLICE_INIT("A\r\n : 1\r\nB \r\n\t\r\n : 2\r\nC\r\n D: 3\r\n\r\n"), 32,
     34, "A|B|", "", "no colon"},
    {"control characters around a name",
     SLICE_INIT("A: 1\r\n\x1A"
                "B\x01: 2\r\nC\x01"
                "D: 3\r\n\r\n"),
     22, 24, "A|B|", "", "a control character in the name"},
    {"folded", SLICE_INIT("A: 1\r\n 2\r\n\t3\r\nB: 4\r\n\r\n"), 20, 22, "A|B", "", NULL},
    {"fold of blanks", SLICE_INIT("A: 1\r\n \r\nB: 4\r\n\r\n"), 15, 17, "A|B", "", NULL},
    {"blank line of blanks ends nothing", SLICE_INIT("A: 1\r\n  \t\r\n\r\nx"), 11, 13, "A", "",
     NULL},
    {"blank first", SLICE_INIT(" A: 1\r\nB: 2\r\n\r\n"), 13, 15, "A|B", "",
     "a fold with no field above it"},
    {"tab first, folded", SLICE_INIT("\tA: 1\r\n B: 2\r\n\r\n"), 14, 16, "A", "",
     "a fold with no field above it"},
    {"blanks before the colon", SLICE_INIT("A : 1\r\nB \t : 2\r\n\r\n"), 16, 18, "A|B", "", NULL},
    {"colon on the next line", SLICE_INIT("A: 1\r\nFrom\r\n : x\r\n\r\n"), 18, 20, "A|From", "",
     "no colon"},
    {"no name", SLICE_INIT("A: 1\r\n: x\r\nB: 2\r\n\r\n"), 17, 19, "A||B", "",
     "no name before the colon"},
    {"blank in the name", SLICE_INIT("A: 1\r\nB C: x\r\n\r\n"), 14, 16, "A|", "",
     "a blank in the name"},
    {"tab in the name", SLICE_INIT("B\tC: x\r\n\r\n"), 8, 10, "", "", "a blank in the name"},
    {"NUL in the name", SLICE_INIT("A: 1\r\nB\0: x\r\n\r\n"), 13, 15, "A|B", "",
     "a control character in the name"},
    {"control first", SLICE_INIT("\x01: x\r\n\r\n"), 6, 8, "", "",
     "a control character in the name"},
    {"8-bit name", SLICE_INIT("A: 1\r\nX-\xC3\x9C: x\r\n\r\n"), 15, 17, "A|", "",
     "a character beyond ASCII in the name"},
    {"DEL in the name", SLICE_INIT("A: 1\r\nB\x7F: x\r\n\r\n"), 13, 15, "A|", "",
     "a control character in the name"},
    {"odd but a name", SLICE_INIT("A!#$%.~(): 1\r\n\r\n"), 14, 16, "A!#$%.~()", "", NULL},
    {"no value", SLICE_INIT("A:\r\nB: \r\n\r\n"), 9, 11, "A|B", "", NULL},
    {"colons in the value", SLICE_INIT("A:b:c\r\n\r\n"), 7, 9, "A", "", NULL},
    {"bare LF and CR are no line ends", SLICE_INIT("A: 1\n\nB: \r2\r\r\n\r\n"), 14, 16, "A", "",
     NULL},
    {"bare LF first", SLICE_INIT("\nA: 1\r\n\r\n"), 7, 9, "A", "",
     "a control character in the name"},
    {"two empty lines", SLICE_INIT("A: 1\r\n\r\n\r\nB: 2\r\n"), 6, 8, "A", "", NULL},
    {"mbox line", SLICE_INIT("From x@y Mon Jan 1 00:00\r\nA: 1\r\n\r\n"), 32, 34, "A",
     "From x@y Mon Jan 1 00:00\r\n", NULL},
    {"mbox lines", SLICE_INIT("From x\r\n>From y\r\n>>>From z\r\nA: 1\r\n\r\n"), 34, 36, "A",
     "From x\r\n>From y\r\n>>>From z\r\n", NULL},
    {"mbox line and no more", SLICE_INIT("From x\r\n\r\n"), 8, 10, "", "From x\r\n", NULL},
    {"mbox line and text", SLICE_INIT("From x\r\ntext\r\n"), 14, 14, "", "From x\r\n", "no colon"},
    {"mbox line, folded", SLICE_INIT("From x\r\n y\r\nA: 1\r\n\r\n"), 18, 20, "|A", "From x\r\n",
     "a fold with no field above it"},
    {"mbox line cut short", SLICE_INIT("From x"), 6, 6, "", "From x", NULL},
    {"mbox line below a field", SLICE_INIT("A: 1\r\nFrom x\r\nB: 2\r\n\r\n"), 20, 22, "A||B", "",
     "no colon"},
    {"a field that looks like one", SLICE_INIT("From : x\r\nA: 1\r\n\r\n"), 16, 18, "From|A", "",
     NULL},
    {"and is folded", SLICE_INIT("From : x\r\n y\r\n\r\n"), 14, 16, "From", "", NULL},
    {"another", SLICE_INIT(">>From \t: x\r\n\r\n"), 13, 15, ">>From", "", NULL},
    {"from in small letters", SLICE_INIT("from x\r\nA: 1\r\n\r\n"), 14, 16, "|A", "", "no colon"},
};

static void scanning(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t cut = 0; cut < cut_count(rows[i].content.len); cut++) {
            struct header_scan scan = {0};
            struct header_end end = {99, 99};
            size_t at = 0, len = rows[i].content.len;
            int found = 0;

            while (at < len && found == 0) {
                at = cut_end(cut, at, len);
                found = header_scan(&scan, guard_copy(&guard, slice_first(rows[i].content, at)),
                                    false, &end);
            }
            if (found == 0)
                found = header_scan(&scan, guard_copy(&guard, rows[i].content), true, &end);
            assert_row(found == 1, rows[i].name, cut);
            assert_row(end.fields_end == rows[i].fields_end, rows[i].name, cut);
            assert_row(end.body_start == rows[i].body_start, rows[i].name, cut);
        }
    guard_fini(&guard);
}

static void parsing(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice block = guard_copy(&guard, slice_first(rows[i].content, rows[i].fields_end));
        bool separated = rows[i].body_start > rows[i].fields_end;
        struct header header;
        char names[256] = "";
        const char *why = NULL;
        size_t at;

        assert_int_equal(header_parse(&header, block, separated, &arena), 0);
        assert_row(header.separated == separated && !header.edited, rows[i].name, i);
        assert_row_slice(header.prefix, slice_str(rows[i].prefix), rows[i].name, i);
        at = header.prefix.len;
        for (size_t k = 0; k < header.count; k++) {
            struct field *field = &header.fields[k];
            size_t used = strlen(names);

            (void)snprintf(names + used, sizeof(names) - used, "%s%.*s", k > 0 ? "|" : "",
                           SLICE_ARG(field->name));
            if (k == header.above)
                why = header_stray_reason(field->raw);
            assert_row(field->raw.ptr == block.ptr + at, rows[i].name, k); /* no byte lost */
            assert_row(k >= header.above || field->name.len > 0, rows[i].name, k);
            at += field->raw.len;
        }
        assert_row(at == block.len, rows[i].name, i);
        assert_row_slice(slice_str(names), slice_str(rows[i].names), rows[i].name, i);
        assert_row(header_is_ambiguous(&header) == (why != NULL), rows[i].name, i);
        assert_row((why == NULL) == (rows[i].why == NULL), rows[i].name, i);
        if (why != NULL)
            assert_string_equal(why, rows[i].why);
    }
    guard_fini(&guard);
}

static void values(void **state)
{
    struct header header;

    (void)state;
    assert_int_equal(
        header_parse(&header, SLICE("A: 1\r\nB:\r\nC \t:\t x\r\n y \r\nD: last"), true, &arena), 0);
    assert_int_equal(header.count, 4);
    assert_text(header.fields[0].value, " 1");
    assert_text(header.fields[1].value, "");
    assert_text(header.fields[2].name, "C");
    assert_text(header.fields[2].value, "\t x\r\n y ");
    assert_text(header.fields[2].raw, "C \t:\t x\r\n y \r\n");
    assert_text(header.fields[3].value, " last");
    assert_non_null(header.fields[1].value.ptr);
}

/* A block that header_scan did not make may hold empty lines; they must not get lost. */
static void foreign_block(void **state)
{
    struct header header;

    (void)state;
    assert_int_equal(
        header_parse(&header, SLICE("A: 1\r\nwhat is this\r\n\r\nB: 2\r\n"), true, &arena), 0);
    assert_int_equal(header.count, 4);
    assert_int_equal(header.above, 1);
    assert_text(header.fields[2].raw, "\r\n");
    assert_int_equal(header_parse(&header, SLICE("\r\n x\r\nB: 2\r\n"), true, &arena), 0);
    assert_text(header.fields[0].raw, "\r\n x\r\n");
    assert_int_equal(header.count, 2);
    assert_int_equal(header_parse(&header, SLICE_NONE, false, &arena), 0);
    assert_int_equal(header.count, 0);
}

static void finding_and_cloning(void **state)
{
    struct header header, copy;

    (void)state;
    assert_int_equal(
        header_parse(&header, SLICE("From: a\r\nTo: b\r\nFROM: c\r\nfrom : d\r\n"), true, &arena),
        0);
    assert_int_equal(header_find(&header, SLICE("from"), 0), 0);
    assert_int_equal(header_find(&header, SLICE("From"), 1), 2);
    assert_int_equal(header_find(&header, SLICE("From"), 3), 3);
    assert_int_equal(header_find(&header, SLICE("From"), 4), SLICE_NOT_FOUND);
    assert_int_equal(header_find(&header, SLICE("Fro"), 0), SLICE_NOT_FOUND);
    assert_int_equal(header_clone(&copy, &header, &arena), 0);
    assert_ptr_not_equal(copy.fields, header.fields);
    copy.fields[0] = copy.fields[1];
    assert_text(header.fields[0].name, "From");
    assert_ptr_equal(copy.fields[3].raw.ptr, header.fields[3].raw.ptr);
    assert_int_equal(copy.capacity, 4);
    header = (struct header){0};
    assert_int_equal(header_clone(&copy, &header, &arena), 0);
    assert_int_equal(copy.count, 0);
}

static void full_arena(void **state)
{
    struct arena small;
    struct header header, copy;

    (void)state;
    arena_init(&small, 64, 64);
    assert_int_equal(header_parse(&header, SLICE("A: 1\r\n"), true, &small), -1);
    assert_int_equal(header_parse(&header, SLICE("A: 1\r\nB: 2\r\n"), true, &arena), 0);
    assert_int_equal(header_clone(&copy, &header, &small), -1);
    assert_null(header_unfold(SLICE("0123456789012345678901234567890123456789\r\n x"), &small).ptr);
    arena_fini(&small);
}

static void names_of_addresses(void **state)
{
    (void)state;
    assert_true(header_holds_addresses(SLICE("From")));
    assert_true(header_holds_addresses(SLICE("reply-TO")));
    assert_true(header_holds_addresses(SLICE("Resent-Bcc")));
    assert_false(header_holds_addresses(SLICE("Subject")));
    assert_false(header_holds_addresses(SLICE("Fro")));
    assert_false(header_holds_addresses(SLICE("")));
}

/* --- unfolding: R110 ----------------------------------------------------------------------------
 */

static const struct {
    struct slice value;
    const char *want;
    bool copied;
} folds[] = {
    {SLICE_INIT(""), "", false},
    {SLICE_INIT(" "), "", false},
    {SLICE_INIT(" x"), "x", false},
    {SLICE_INIT("x \t"), "x", false},
    {SLICE_INIT(" a b "), "a b", false},
    {SLICE_INIT(" a\r\n b"), "a b", true},
    {SLICE_INIT(" a\r\n\tb\r\n  c"), "a\tb  c", true},
    {SLICE_INIT("\r\n x"), "x", false},
    {SLICE_INIT(" \r\n \r\n x\r\n "), "x", false},
    {SLICE_INIT(" \r\n "), "", false},
    {SLICE_INIT("x\r\n \r\n "), "x", false},
    {SLICE_INIT("x\r\n \r\n y"), "x  y", true},
    {SLICE_INIT("a\rb"), "a\rb", true}, /* what is no fold stays */
    {SLICE_INIT("a\nb"), "a\nb", false},
    {SLICE_INIT("a\r\nb"), "a\r\nb", true},
    {SLICE_INIT("a\r"), "a\r", true},
    {SLICE_INIT("a\r\n"), "a\r\n", true},
    {SLICE_INIT("\r\r\n x"), "\r x", true},
};

static void unfolding(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 64);
    for (size_t i = 0; i < COUNT_OF(folds); i++) {
        struct slice value = guard_copy(&guard, folds[i].value);
        struct slice out = header_unfold(value, &arena);

        assert_non_null(out.ptr);
        assert_row_slice(out, slice_str(folds[i].want), folds[i].value.ptr, i);
        if (!folds[i].copied)
            assert_row(out.ptr >= value.ptr && out.ptr <= value.ptr + value.len, folds[i].value.ptr,
                       i);
    }
    assert_non_null(header_unfold(SLICE_NONE, &arena).ptr);
    guard_fini(&guard);
}

/* --- hostile sizes: H05 -------------------------------------------------------------------------
 */

static struct slice repeated(const char *head, const char *block, size_t count, const char *tail)
{
    size_t head_len = strlen(head), block_len = strlen(block), tail_len = strlen(tail);
    size_t len = head_len + count * block_len + tail_len;
    char *text = arena_alloc(&arena, len);

    assert_non_null(text);
    memcpy(text, head, head_len);
    for (size_t i = 0; i < count; i++)
        memcpy(text + head_len + i * block_len, block, block_len);
    memcpy(text + len - tail_len, tail, tail_len);
    return slice_make(text, len);
}

static void large_headers(void **state)
{
    static const struct {
        const char *head, *block;
        size_t count, fields;
    } large[] = {
        {"A: 1", "\r\n ", 100000, 1},
        {"", "A: 1\r\n", 100000, 100000},
        {"A: ", "xxxxxxxxxxxxxxxx", 1 << 20, 1},
        {"", "From x\r\n", 100000, 0},
        {"A: ", "\r\r", 1 << 20, 1},
        {"A: ", "\n\n", 1 << 20, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(large); i++) {
        struct slice content =
            repeated(large[i].head, large[i].block, large[i].count, "\r\n\r\nbody");
        struct header_scan scan = {0};
        struct header_end end;
        struct header header;

        for (size_t at = 0; at < content.len; at += 1000)
            if (header_scan(&scan, slice_first(content, at), false, &end) == 1)
                break;
        assert_int_equal(header_scan(&scan, content, true, &end), 1);
        assert_int_equal(header_parse(&header, slice_first(content, end.fields_end), true, &arena),
                         0);
        assert_row(header.count == large[i].fields, large[i].block, header.count);
        if (header.count == 1)
            assert_non_null(header_unfold(header.fields[0].value, &arena).ptr);
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scanning),
        cmocka_unit_test(parsing),
        cmocka_unit_test(values),
        cmocka_unit_test(foreign_block),
        cmocka_unit_test(finding_and_cloning),
        cmocka_unit_test(full_arena),
        cmocka_unit_test(names_of_addresses),
        cmocka_unit_test(unfolding),
        cmocka_unit_test(large_headers),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
