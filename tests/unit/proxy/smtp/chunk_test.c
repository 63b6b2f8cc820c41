/* PROTOCOL B01, B03, B05, B06, S11, R63, R65: sizes are strict, only they end the data, and chunk
 * edges do not matter. */
#include "proxy/smtp/chunk.h"

#include "tests/unit/dot_reference.h"
#include "tests/unit/support.h"

#define LIMIT 65536

static void parsing(void **state)
{
    static const struct {
        struct slice argument;
        int result;
        uint64_t size;
        bool last;
    } rows[] = {
        {SLICE_INIT("0"), 0, 0, false},
        {SLICE_INIT("5"), 0, 5, false},
        {SLICE_INIT("0 LAST"), 0, 0, true},
        {SLICE_INIT("86400 last"), 0, 86400, true},
        {SLICE_INIT("0005 LaSt"), 0, 5, true},
        {SLICE_INIT("9223372036854775807"), 0, INT64_MAX, false},
        {SLICE_INIT("9223372036854775808"), -1, 0, false},
        {SLICE_INIT("18446744073709551615"), -1, 0, false},
        {SLICE_INIT("18446744073709551621"), -1, 0, false},
        {SLICE_INIT("99999999999999999999999"), -1, 0, false},
        {SLICE_INIT(""), -1, 0, false},
        {SLICE_INIT("LAST"), -1, 0, false},
        {SLICE_INIT("-1"), -1, 0, false},
        {SLICE_INIT("+5"), -1, 0, false},
        {SLICE_INIT("0x10"), -1, 0, false},
        {SLICE_INIT("1e3"), -1, 0, false},
        {SLICE_INIT("5,0"), -1, 0, false},
        {SLICE_INIT("5 LASTX"), -1, 0, false},
        {SLICE_INIT("5 LAS"), -1, 0, false},
        {SLICE_INIT("5LAST"), -1, 0, false},
        {SLICE_INIT("5  LAST"), -1, 0, false},
        {SLICE_INIT("5\tLAST"), -1, 0, false},
        {SLICE_INIT("5 5 LAST"), -1, 0, false},
        {SLICE_INIT("5\0LAST"), -1, 0, false},
    };
    struct guard guard;

    (void)state;
    guard_init(&guard, 100);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t size;
        bool last;
        int result = chunk_parse(guard_copy(&guard, rows[i].argument), &size, &last);

        assert_input(result == rows[i].result, rows[i].argument, i);
        if (result == 0)
            assert_input(size == rows[i].size && last == rows[i].last, rows[i].argument, i);
    }
    guard_fini(&guard);
}

static void writing(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 64);
    assert_int_equal(chunk_write(&out, 0, true), 0);
    assert_int_equal(chunk_write(&out, UINT64_MAX, false), 0);
    assert_slice(bytes_slice(&out), SLICE("BDAT 0 LAST\r\nBDAT 18446744073709551615\r\n"));
    assert_int_equal(chunk_write(&out, UINT64_MAX, true), -1);
    bytes_fini(&out);
}

static void append(struct bytes *out, const struct dot_slices *slices)
{
    assert_true(slices->count <= DOT_SLICES);
    for (size_t i = 0; i < slices->count; i++)
        bytes_append(out, slices->items[i]);
}

/* Sends ${piece} as one chunk, with what comes behind it in the same input. */
static void feed(struct chunk_reader *reader, struct dot_reader *text, struct slice piece,
                 bool last, struct guard *guard, struct bytes *out)
{
    static const char behind[] = "\n.\r\nBDAT 3\r\n";
    struct dot_slices slices;
    struct bytes input;

    bytes_init(&input, SIZE_MAX);
    bytes_append(&input, piece);
    bytes_append(&input, slice_str(behind));
    assert_int_equal(chunk_begin(reader, piece.len, last), 0);
    struct slice rest = guard_copy(guard, bytes_slice(&input));
    while (reader->left > 0) {
        size_t used = chunk_read(reader, text, rest, &slices);

        assert_true(used > 0 && used <= rest.len);
        append(out, &slices);
        rest = slice_from(rest, used);
    }
    assert_slice(rest, slice_str(behind));
    assert_false(text->ended);
    assert_int_equal(chunk_read(reader, text, rest, &slices), 0);
    append(out, &slices);
    assert_int_equal(text->ended, last);
    bytes_fini(&input);
}

static const struct slice contents[] = {
    SLICE_INIT(""),
    SLICE_INIT("Subject: x\r\n\r\nText.\r\n"),
    SLICE_INIT(".\r\n..\r\n\r\n.\r\nQUIT\r\n"),
    SLICE_INIT("a\n.\nb\r.\rc\r\n.\rd\0e\r\n.\0\r\n"),
    SLICE_INIT("\r\r\n.\r\r\n\n\n\r"),
    SLICE_INIT("\n\r.\n\r\0\n.\r\n\0"),
    SLICE_INIT("no end, \xc3\xbc\xff"),
};

/* Whatever the cuts: text is normalised as the reference says, binary content is left alone. */
static void reading(void **state)
{
    struct bytes got, want;
    struct guard guard;

    (void)state;
    guard_init(&guard, LIMIT);
    bytes_init(&got, LIMIT);
    bytes_init(&want, LIMIT);
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        struct slice input = contents[i];

        for (size_t cut = 0; cut < 2 * cut_count(input.len); cut++) {
            struct chunk_reader reader = {.binary = cut % 2 == 1};
            struct dot_reader text;

            bytes_clear(&got);
            bytes_clear(&want);
            dot_reader_init_plain(&text);
            for (size_t at = 0, end; at < input.len; at = end) {
                end = cut_end(cut / 2, at, input.len);
                feed(&reader, &text, slice_part(input, at, end), false, &guard, &got);
            }
            feed(&reader, &text, SLICE_NONE, true, &guard, &got);
            if (reader.binary)
                bytes_append(&want, input);
            else
                reference_normalize(input, &want);
            assert_row_slice(bytes_slice(&got), bytes_slice(&want), "content", i);
            assert_int_equal(reader.octets, input.len);
        }
    }
    guard_fini(&guard);
    bytes_fini(&got);
    bytes_fini(&want);
}

/* All that is bare is told, at the very end too; nothing of binary content is. */
static void telling(void **state)
{
    static const struct {
        struct slice content;
        bool bare, nul;
    } rows[] = {
        {SLICE_INIT(".\r\n.\r\n"), false, false}, {SLICE_INIT("a"), false, false},
        {SLICE_INIT("a\r"), true, false},         {SLICE_INIT("a\nb"), true, false},
        {SLICE_INIT("a\rb"), true, false},        {SLICE_INIT("a\0b"), false, true},
        {SLICE_INIT("a\r\0\n"), true, true},
    };
    struct guard guard;
    struct bytes got;

    (void)state;
    guard_init(&guard, LIMIT);
    bytes_init(&got, LIMIT);
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
        struct chunk_reader reader = {.binary = i % 2 == 1};
        struct dot_reader text;

        dot_reader_init_plain(&text);
        feed(&reader, &text, rows[i / 2].content, true, &guard, &got);
        assert_row(text.bare == (rows[i / 2].bare && !reader.binary), "bare", i);
        assert_row(text.nul == (rows[i / 2].nul && !reader.binary), "nul", i);
    }
    guard_fini(&guard);
    bytes_fini(&got);
}

/* Octets that have not come yet are no slices. */
static void waiting(void **state)
{
    struct chunk_reader binary = {.binary = true};
    struct dot_slices slices = {.count = 7};
    struct dot_reader text;

    (void)state;
    dot_reader_init_plain(&text);
    assert_int_equal(chunk_begin(&binary, 5, true), 0);
    assert_int_equal(chunk_read(&binary, &text, SLICE_NONE, &slices), 0);
    assert_int_equal(slices.count, 0);
    assert_false(text.ended);
}

/* B05: small chunks are counted against what they bring. */
static void counting(void **state)
{
    struct chunk_reader small = {.left = 0}, large = {.left = 0}, empty = {.left = 0};
    struct chunk_reader huge = {.left = 0};

    (void)state;
    for (int i = 0; i < CHUNK_COUNT_FREE; i++) {
        assert_int_equal(chunk_begin(&small, 1, false), 0);
        assert_int_equal(chunk_begin(&empty, 0, false), 0);
    }
    assert_int_equal(chunk_begin(&empty, 0, true), -1);
    for (int i = 0; i < CHUNK_COUNT_FREE / CHUNK_OCTETS_EACH; i++)
        assert_int_equal(chunk_begin(&small, 1, false), 0);
    assert_int_equal(chunk_begin(&small, 1, false), -1);
    for (int i = 0; i < 100 * CHUNK_COUNT_FREE; i++)
        assert_int_equal(chunk_begin(&large, CHUNK_OCTETS_EACH, false), 0);
    assert_int_equal(chunk_begin(&huge, INT64_MAX, false), 0);
    assert_int_equal(chunk_begin(&huge, 1, true), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing), cmocka_unit_test(writing), cmocka_unit_test(reading),
        cmocka_unit_test(telling), cmocka_unit_test(waiting), cmocka_unit_test(counting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
