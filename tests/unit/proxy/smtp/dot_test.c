/* PROTOCOL S01 to S11: whatever a client sends, what leaves for the upstream has one end.
 *
 * Most tests compare with a reference that looks at the whole message at once and knows no state:
 * the data end at the first match of a pattern, line ends are replaced, then lines lose their dots.
 */
#include "proxy/smtp/dot.h"

#include <stdlib.h>

#include "filters/base/bytes.h"
#include "tests/unit/dot_reference.h"
#include "tests/unit/support.h"

#define LIMIT (256 * 1024)

static const enum newline_mode modes[] = {NEWLINE_NORMALIZE, NEWLINE_REJECT, NEWLINE_ALLOW};

/* --- what is tested, fed in pieces --- */

static void append_slices(struct bytes *out, const struct dot_slices *slices)
{
    assert_true(slices->count <= DOT_SLICES);
    for (size_t i = 0; i < slices->count; i++) {
        assert_true(slices->items[i].len > 0);
        bytes_append(out, slices->items[i]);
    }
}

/* Returns how much of ${input} was consumed. */
static size_t read_all(struct dot_reader *reader, struct guard *guard, struct slice input,
                       size_t cut, struct bytes *out)
{
    struct dot_slices slices;
    size_t at = 0;

    while (at < input.len && !reader->ended) {
        struct slice piece = guard_copy(guard, slice_part(input, at, cut_end(cut, at, input.len)));

        while (piece.len > 0 && !reader->ended) {
            size_t consumed = dot_read(reader, piece, &slices);

            assert_true(consumed > 0 && consumed <= piece.len);
            append_slices(out, &slices);
            piece = slice_from(piece, consumed);
            at += consumed;
        }
    }
    return at;
}

static void write_all(struct guard *guard, struct slice content, size_t cut, struct bytes *out)
{
    struct dot_writer writer;
    struct dot_slices slices;
    size_t at = 0;

    dot_writer_init(&writer);
    while (at < content.len) {
        struct slice piece =
            guard_copy(guard, slice_part(content, at, cut_end(cut, at, content.len)));

        while (piece.len > 0) {
            size_t consumed = dot_write(&writer, piece, &slices);

            assert_true(consumed > 0 && consumed <= piece.len);
            append_slices(out, &slices);
            piece = slice_from(piece, consumed);
            at += consumed;
        }
    }
    bytes_append(out, dot_write_end(&writer));
}

/* --- one input, tried in every way --- */

struct fixture {
    struct guard guard;
    struct bytes got, wire, want, scratch;
};

static int setup(void **state)
{
    struct fixture *f = malloc(sizeof(*f));

    if (f == NULL)
        return -1;
    guard_init(&f->guard, LIMIT);
    bytes_init(&f->got, LIMIT);
    bytes_init(&f->wire, LIMIT);
    bytes_init(&f->want, LIMIT);
    bytes_init(&f->scratch, LIMIT);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    guard_fini(&f->guard);
    bytes_fini(&f->got);
    bytes_fini(&f->wire);
    bytes_fini(&f->want);
    bytes_fini(&f->scratch);
    free(f);
    return 0;
}

/* What dot_read must make of ${input}, in f->want. When the data do not end, a held CR or dot may
 * be missing at the end of what it made; *${ended} tells. */
static size_t expect_content(struct fixture *f, struct slice input, enum newline_mode mode,
                             bool *ended)
{
    size_t content;
    size_t end = reference_end(input, mode, &content);

    bytes_clear(&f->want);
    bytes_clear(&f->scratch);
    reference_normalize(slice_first(input, content), &f->scratch);
    reference_unstuff(bytes_slice(&f->scratch), &f->want);
    *ended = end != SLICE_NOT_FOUND;
    return *ended ? end : input.len;
}

static void check_read(struct fixture *f, struct slice input, enum newline_mode mode, size_t cut)
{
    struct dot_reader reader;
    bool ended;
    size_t end = expect_content(f, input, mode, &ended);
    size_t consumed;

    bytes_clear(&f->got);
    dot_reader_init(&reader, mode);
    consumed = read_all(&reader, &f->guard, input, cut, &f->got);
    assert_input(consumed == end && reader.ended == ended, input, cut);
    if (ended)
        assert_row_slice(bytes_slice(&f->got), bytes_slice(&f->want), "content", cut);
    else /* what is held may become one thing or another: 2 bytes at most */
        assert_input(
            slice_starts(bytes_slice(&f->want), slice_first(bytes_slice(&f->got), f->want.len)) &&
                f->got.len + 2 >= f->want.len && f->got.len <= f->want.len,
            input, cut);
}

static void check_write(struct fixture *f, struct slice content, size_t cut)
{
    struct slice want;

    bytes_clear(&f->wire);
    write_all(&f->guard, content, cut, &f->wire);
    assert_input(reference_clean_wire(bytes_slice(&f->wire)), content, cut);
    bytes_clear(&f->scratch);
    bytes_clear(&f->want);
    reference_normalize(content, &f->scratch);
    reference_stuff(bytes_slice(&f->scratch), &f->want);
    want = bytes_slice(&f->want);
    if (want.len > 0 && want.ptr[want.len - 1] != '\n')
        bytes_append(&f->want, SLICE("\r\n"));
    bytes_append(&f->want, SLICE(".\r\n"));
    assert_row_slice(bytes_slice(&f->wire), bytes_slice(&f->want), "wire", cut);
}

/* Through the reader, and what comes out of it through the writer. */
static void check(struct fixture *f, struct slice input, size_t cut)
{
    for (size_t m = 0; m < COUNT_OF(modes); m++) {
        check_read(f, input, modes[m], cut);
        bytes_clear(&f->wire);
        write_all(&f->guard, bytes_slice(&f->got), cut, &f->wire);
        assert_input(reference_clean_wire(bytes_slice(&f->wire)), input, cut);
    }
    check_write(f, input, cut);
}

/* --- the tests --- */

static const struct slice left[] = {
    SLICE_INIT("\n"),     SLICE_INIT("\r"),     SLICE_INIT("\r\n"),   SLICE_INIT("\n\r"),
    SLICE_INIT("\r\r\n"), SLICE_INIT("\r\n\n"), SLICE_INIT("\0\r\n"), SLICE_INIT("\r\0\n"),
    SLICE_INIT("\r\n\0"), SLICE_INIT(""),
};

static const struct slice right[] = {
    SLICE_INIT("\n"),     SLICE_INIT("\r"),     SLICE_INIT("\r\n"),
    SLICE_INIT("\n\r"),   SLICE_INIT("\r\r\n"), SLICE_INIT("\0\r\n"),
    SLICE_INIT("\r\0\n"), SLICE_INIT(" \r\n"),  SLICE_INIT("\t\r\n"),
};

static const struct slice tail =
    SLICE_INIT("MAIL FROM:<smuggled@a>\r\nRCPT TO:<v@b>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n");

/* The grid of PROTOCOL 1.1. The last L is the start of the data: nothing stands before. */
static void smuggling_grid(void **state)
{
    struct fixture *f = *state;
    struct bytes input;

    bytes_init(&input, 1000);
    for (size_t l = 0; l < COUNT_OF(left); l++)
        for (size_t r = 0; r < COUNT_OF(right); r++) {
            bytes_clear(&input);
            if (l + 1 < COUNT_OF(left))
                bytes_append(&input, SLICE("Subject: test\r\n\r\ntext"));
            bytes_append(&input, left[l]);
            bytes_append_char(&input, '.');
            bytes_append(&input, right[r]);
            bytes_append(&input, tail);
            for (size_t cut = 0; cut < cut_count(input.len); cut++)
                check(f, bytes_slice(&input), cut);
        }
    bytes_fini(&input);
}

/* Where the grid's sequences end the data, spelled out: nowhere but at the true end. */
static void only_crlf_dot_crlf_ends(void **state)
{
    struct fixture *f = *state;

    for (size_t l = 0; l < COUNT_OF(left); l++)
        for (size_t r = 0; r < COUNT_OF(right); r++) {
            bool end_left = left[l].len == 0 || slice_equal(left[l], SLICE("\r\n")) ||
                            slice_equal(left[l], SLICE("\r\r\n")) ||
                            slice_equal(left[l], SLICE("\0\r\n"));
            bool ends = end_left && slice_equal(right[r], SLICE("\r\n"));
            struct dot_reader reader;
            char text[32] = "x";
            size_t len = left[l].len > 0 ? 1 : 0;

            memcpy(text + len, left[l].ptr, left[l].len);
            len += left[l].len;
            text[len++] = '.';
            memcpy(text + len, right[r].ptr, right[r].len);
            len += right[r].len;
            bytes_clear(&f->got);
            dot_reader_init(&reader, NEWLINE_NORMALIZE);
            read_all(&reader, &f->guard, slice_make(text, len), 0, &f->got);
            assert_row(reader.ended == ends, "grid", l * 100 + r);
        }
}

/* Everything up to seven bytes long that is made of what matters. */
static void all_short_inputs(void **state)
{
    static const char alphabet[] = {'\r', '\n', '.', '\0', 'a'};
    struct fixture *f = *state;
    char text[7];

    for (size_t len = 1, count = 5; len <= sizeof(text); len++, count *= 5)
        for (size_t n = 0; n < count; n++) {
            for (size_t i = 0, rest = n; i < len; i++, rest /= 5)
                text[i] = alphabet[rest % 5];
            for (size_t cut = 0; cut < (len <= 5 ? cut_count(len) : 2); cut++)
                check(f, slice_make(text, len), cut);
        }
}

/* The same, shorter, in the middle of text long enough to be passed over in windows. */
static void short_inputs_in_long_text(void **state)
{
    static const char alphabet[] = {'\r', '\n', '.', '\0', 'a'};
    struct fixture *f = *state;
    char text[600];

    for (size_t n = 0; n < 625; n++)
        for (size_t place = 100; place < 300; place += 1 + n % 7) {
            for (size_t i = 0; i < sizeof(text); i++)
                text[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : 'x';
            for (size_t i = 0, rest = n; i < 4; i++, rest /= 5)
                text[place + i] = alphabet[rest % 5];
            check_read(f, slice_make(text, sizeof(text)), modes[n % 3], 0);
            check_write(f, slice_make(text, sizeof(text)), 0);
        }
}

static size_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(*seed >> 33);
}

/* R39: any text of CRLF lines arrives as it was sent. */
static void round_trip(void **state)
{
    static const struct slice words[] = {
        SLICE_INIT("\r\n"),
        SLICE_INIT("\r\n.\r\n"),
        SLICE_INIT("\r\n.."),
        SLICE_INIT("."),
        SLICE_INIT("..."),
        SLICE_INIT("\xff\xfe"),
        SLICE_INIT("\t"),
        SLICE_INIT("a"),
        SLICE_INIT("some words which make a line that is longer than a window, if not alone, so "
                   "that both speeds have their turn when lines of this kind follow each other"),
    };
    struct fixture *f = *state;
    struct dot_reader reader;
    struct bytes text;
    uint64_t seed = 1;

    bytes_init(&text, LIMIT);
    for (int round = 0; round < 3000; round++) {
        size_t cut = next_random(&seed) % 3;

        bytes_clear(&text);
        for (size_t count = next_random(&seed) % 40; count > 0; count--)
            bytes_append(&text, words[next_random(&seed) % COUNT_OF(words)]);
        bytes_append(&text, SLICE("\r\n"));
        bytes_clear(&f->wire);
        write_all(&f->guard, bytes_slice(&text), cut, &f->wire);
        assert_true(reference_clean_wire(bytes_slice(&f->wire)));
        bytes_clear(&f->got);
        dot_reader_init(&reader, NEWLINE_REJECT);
        read_all(&reader, &f->guard, bytes_slice(&f->wire), 2 - cut, &f->got);
        assert_true(reader.ended && !reader.bare && !reader.nul);
        assert_row_slice(bytes_slice(&f->got), bytes_slice(&text), "round trip", cut);
    }
    bytes_fini(&text);
}

static const struct {
    struct slice input;
    bool bare, nul;
} flags[] = {
    {SLICE_INIT("a\r\n.b\r\n.\r\n"), false, false}, {SLICE_INIT(".\r\n"), false, false},
    {SLICE_INIT("a\nb\r\n.\r\n"), true, false},     {SLICE_INIT("\n\r\n.\r\n"), true, false},
    {SLICE_INIT("a\rb\r\n.\r\n"), true, false},     {SLICE_INIT("a\r\r\n.\r\n"), true, false},
    {SLICE_INIT("\r\n.\n\r\n.\r\n"), true, false},  {SLICE_INIT("\r\n.\rx\r\n.\r\n"), true, false},
    {SLICE_INIT("\n.\r\n\r\n.\r\n"), true, false},  {SLICE_INIT("a\0b\r\n.\r\n"), false, true},
    {SLICE_INIT("\0\r\n.\r\n"), false, true},       {SLICE_INIT(".\0\r\n.\r\n"), false, true},
    {SLICE_INIT("\r\0\n\r\n.\r\n"), true, true},
};

static void reader_tells_what_it_saw(void **state)
{
    struct fixture *f = *state;
    struct dot_reader reader;

    for (size_t i = 0; i < COUNT_OF(flags); i++)
        for (size_t cut = 0; cut < cut_count(flags[i].input.len); cut++) {
            bytes_clear(&f->got);
            dot_reader_init(&reader, NEWLINE_REJECT);
            read_all(&reader, &f->guard, flags[i].input, cut, &f->got);
            assert_row(reader.ended, "flags", i);
            assert_row(reader.bare == flags[i].bare, "flags", i);
            assert_row(reader.nul == flags[i].nul, "flags", i);
        }
}

/* Clean text is handed out in one piece, and dirty text in bounded ones. */
static void pieces_are_few(void **state)
{
    char text[65536];
    struct dot_reader reader;
    struct dot_writer writer;
    struct dot_slices slices;

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 78 == 76 ? '\r' : i % 78 == 77 ? '\n' : 'x';
    dot_reader_init(&reader, NEWLINE_NORMALIZE);
    assert_int_equal(dot_read(&reader, slice_make(text, sizeof(text)), &slices), sizeof(text));
    assert_int_equal(slices.count, 1);
    dot_writer_init(&writer);
    assert_int_equal(dot_write(&writer, slice_make(text, sizeof(text)), &slices), sizeof(text));
    assert_int_equal(slices.count, 1);
    memset(text, '\n', sizeof(text));
    dot_reader_init(&reader, NEWLINE_NORMALIZE);
    assert_true(dot_read(&reader, slice_make(text, sizeof(text)), &slices) >= DOT_SLICES - 2);
    assert_true(slices.count <= DOT_SLICES);
    memset(text, '\0', sizeof(text));
    assert_true(dot_read(&reader, slice_make(text, sizeof(text)), &slices) >= DOT_SLICES - 2);
    assert_true(slices.count <= DOT_SLICES);
}

/* Text of which nothing can stay, in every order that slices come in: none too many. */
static void pieces_never_overflow(void **state)
{
    static const struct slice words[] = {SLICE_INIT("\n"),   SLICE_INIT("x"), SLICE_INIT("\0"),
                                         SLICE_INIT("\r"),   SLICE_INIT("."), SLICE_INIT("\r\n.x"),
                                         SLICE_INIT("\n.\n")};
    struct fixture *f = *state;
    struct bytes text;
    uint64_t seed = 2;

    bytes_init(&text, LIMIT);
    for (int round = 0; round < 500; round++) {
        bytes_clear(&text);
        for (size_t count = 300; count > 0; count--)
            bytes_append(&text, words[next_random(&seed) % COUNT_OF(words)]);
        check(f, bytes_slice(&text), 0);
    }
    bytes_fini(&text);
}

static void nothing_is_read_past_the_end(void **state)
{
    struct slice input = SLICE("x\r\n.\r\nQUIT\r\n");
    struct dot_reader reader;
    struct dot_slices slices;

    (void)state;
    dot_reader_init(&reader, NEWLINE_NORMALIZE);
    assert_int_equal(dot_read(&reader, input, &slices), 6);
    assert_true(reader.ended);
    assert_int_equal(dot_read(&reader, slice_from(input, 6), &slices), 0);
    assert_int_equal(slices.count, 0);
}

static void ends(void **state)
{
    struct fixture *f = *state;

    check_write(f, SLICE_NONE, 0);
    assert_text(bytes_slice(&f->wire), ".\r\n");
    check_write(f, SLICE("x"), 0);
    assert_text(bytes_slice(&f->wire), "x\r\n.\r\n");
    check_write(f, SLICE("x\r\n"), 0);
    assert_text(bytes_slice(&f->wire), "x\r\n.\r\n");
    check_write(f, SLICE("x\r"), 0);
    assert_text(bytes_slice(&f->wire), "x \r\n.\r\n");
    check_write(f, SLICE("."), 0);
    assert_text(bytes_slice(&f->wire), "..\r\n.\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(smuggling_grid, setup, teardown),
        cmocka_unit_test_setup_teardown(only_crlf_dot_crlf_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(all_short_inputs, setup, teardown),
        cmocka_unit_test_setup_teardown(short_inputs_in_long_text, setup, teardown),
        cmocka_unit_test_setup_teardown(round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(reader_tells_what_it_saw, setup, teardown),
        cmocka_unit_test(pieces_are_few),
        cmocka_unit_test_setup_teardown(pieces_never_overflow, setup, teardown),
        cmocka_unit_test(nothing_is_read_past_the_end),
        cmocka_unit_test_setup_teardown(ends, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
