/* PROTOCOL D1, ML04, ML07: header values on their way to a milter and back. */
#include "proxy/milter/wire/packet_header.h"

#include "tests/unit/support.h"

static void names(void **state)
{
    static const char *good[] = {"Subject", "X", "x-a_b!~", "\"q\""};
    static const struct slice bad[] = {
        SLICE_INIT(""),         SLICE_INIT("A B"),   SLICE_INIT("A:"),   SLICE_INIT(" A"),
        SLICE_INIT("A\t"),      SLICE_INIT("A\r\n"), SLICE_INIT("A\0B"), SLICE_INIT("A\x7f"),
        SLICE_INIT("\xc3\xbc"), SLICE_INIT("A\n"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_row(packet_header_name_valid(slice_str(good[i])), good[i], i);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_input(!packet_header_name_valid(bad[i]), bad[i], i);
}

/* ${value}: between colon and the end of the field; without and with the leading space. */
static const struct {
    struct slice value;
    const char *without, *with;
} outward[] = {
    {SLICE_INIT(" hello\r\n"), "hello", " hello"},
    {SLICE_INIT(" hello"), "hello", " hello"},
    {SLICE_INIT("hello"), "hello", "hello"},
    {SLICE_INIT("  hello "), " hello ", "  hello "},
    {SLICE_INIT("\thello"), "\thello", "\thello"},
    {SLICE_INIT(" \thello"), "\thello", " \thello"},
    {SLICE_INIT(""), "", ""},
    {SLICE_INIT(" "), "", " "},
    {SLICE_INIT("\r\n"), "", ""},
    {SLICE_INIT(" a\r\n b\r\n\tc\r\n"), "a\n b\n\tc", " a\n b\n\tc"},
    {SLICE_INIT("\r\n folded at once\r\n"), "\n folded at once", "\n folded at once"},
    {SLICE_INIT(" a\rb\0c\r\n"), "abc", " abc"},
    {SLICE_INIT(" a\r\n \r\n"), "a\n ", " a\n "},
};

static void to_a_milter(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 64);
    for (size_t i = 0; i < COUNT_OF(outward); i++)
        for (int with = 0; with < 2; with++) {
            const char *want = with ? outward[i].with : outward[i].without;

            bytes_clear(&out);
            assert_int_equal(packet_header_to_milter(&out, outward[i].value, with), 0);
            assert_row_slice(bytes_slice(&out), slice_str(want), want, i);
        }
    bytes_fini(&out);
    bytes_init(&out, 3);
    assert_int_equal(packet_header_to_milter(&out, SLICE("hello"), false), -1);
    bytes_fini(&out);
}

/* ${with}: what is left when leading spaces were negotiated; without, one is put first. */
static const struct {
    struct slice value;
    const char *with;
} inward[] = {
    {SLICE_INIT("hello"), "hello"},
    {SLICE_INIT(" hello "), " hello "},
    {SLICE_INIT(""), ""},
    {SLICE_INIT("a\n\tb"), "a\r\n\tb"},
    {SLICE_INIT("a\r\n b"), "a\r\n b"},
    {SLICE_INIT("a\nb"), "a\r\n b"},
    {SLICE_INIT("a\r\nBcc: x@y.test"), "a\r\n Bcc: x@y.test"},
    {SLICE_INIT("a\n\nbody"), "a\r\n body"},
    {SLICE_INIT("a\r\n\r\nbody"), "a\r\n body"},
    {SLICE_INIT("a\n \t\n b"), "a\r\n b"},
    {SLICE_INIT("a\n\r\tb"), "a\r\n\tb"}, /* the CR goes first, then the fold is one */
    {SLICE_INIT("a\n\0b"), "a\r\n b"},
    {SLICE_INIT("a\rb\0c"), "abc"},
    {SLICE_INIT("a\r"), "a"},
    {SLICE_INIT("a\n"), "a"},
    {SLICE_INIT("a\r\n"), "a"},
    {SLICE_INIT("a\n\n\n"), "a"},
    {SLICE_INIT("\na"), "\r\n a"},
    {SLICE_INIT("\n\n"), ""},
    {SLICE_INIT("gr\xc3\xbc\xc3\x9f\xff"), "gr\xc3\xbc\xc3\x9f\xff"},
};

static void from_a_milter(void **state)
{
    struct arena arena;
    struct guard guard;

    (void)state;
    arena_init(&arena, 1024, 65536);
    guard_init(&guard, 64);
    for (size_t i = 0; i < COUNT_OF(inward); i++) {
        struct slice value = guard_copy(&guard, inward[i].value);
        struct slice got = packet_header_from_milter(&arena, value, true);

        assert_non_null(got.ptr);
        assert_row_slice(got, slice_str(inward[i].with), inward[i].with, i);
        got = packet_header_from_milter(&arena, value, false);
        assert_row(got.len > 0 && got.ptr[0] == ' ', inward[i].with, i);
        assert_row_slice(slice_from(got, 1), slice_str(inward[i].with), inward[i].with, i);
    }
    guard_fini(&guard);
    arena_fini(&arena);
}

static void no_room(void **state)
{
    static const char lines[4000];
    struct arena arena;

    (void)state;
    arena_init(&arena, 64, 1024);
    assert_non_null(packet_header_from_milter(&arena, slice_make(lines, sizeof(lines)), true).ptr);
    arena_fini(&arena);
    arena_init(&arena, 64, 64);
    assert_null(packet_header_from_milter(&arena,
                                          SLICE("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn"
                                                "\no\np\nq\nr\ns\nt\nu\nv\nw\nx\ny\nz"),
                                          true)
                    .ptr);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(to_a_milter),
        cmocka_unit_test(from_a_milter),
        cmocka_unit_test(no_room),
    };

    return cmocka_run_group_tests_name("packet_header", tests, NULL, NULL);
}
