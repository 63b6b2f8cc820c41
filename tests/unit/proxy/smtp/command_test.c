/* PROTOCOL C01, C02, C05, R2, R13, R41: command lines and verbs. */
#include "proxy/smtp/command.h"

#include "tests/unit/support.h"

#define LIMIT 16 /* of the lines in the table, their CRLF included */

/* What comes of a stream of bytes: lines in "[]", "long" for an overlong one, "bare" at which
 * reading ends, and "more" or "swallowing" for what is left at the end. */
static const struct {
    struct slice input;
    const char *strict;  /* lines end in CRLF only */
    const char *lenient; /* or in LF; NULL: the same */
} streams[] = {
    {SLICE_INIT(""), "", NULL},
    {SLICE_INIT("NOOP\r\n"), "[NOOP]", NULL},
    {SLICE_INIT("\r\n"), "[]", NULL},
    {SLICE_INIT("NOOP\r\nQUIT\r\n"), "[NOOP][QUIT]", NULL},
    {SLICE_INIT("NOOP\r\nQU"), "[NOOP]more", NULL},
    {SLICE_INIT("NOOP\r"), "more", NULL},
    {SLICE_INIT("\xff\xfe\t \r\n"), "[\xff\xfe\t ]", NULL},
    {SLICE_INIT("NOOP\nQUIT\r\n"), "bare", "[NOOP][QUIT]"},
    {SLICE_INIT("\nQUIT\r\n"), "bare", "[][QUIT]"},
    {SLICE_INIT("NOOP\rQUIT\r\n"), "bare", NULL},
    {SLICE_INIT("NOOP\r\r\n"), "bare", NULL},
    {SLICE_INIT("\r\rNOOP\r\n"), "bare", NULL},
    {SLICE_INIT("HELO a\0b\r\n"), "bare", NULL},
    {SLICE_INIT("NOOP\r\n\0"), "[NOOP]bare", NULL},
    {SLICE_INIT("NOOP\r\0\n"), "bare", NULL},
    {SLICE_INIT("\x16\x03\x01\0\xa5"), "bare", NULL},
    /* fourteen bytes and CRLF are sixteen; with LF there is room for one more */
    {SLICE_INIT("12345678901234\r\nQUIT\r\n"), "[12345678901234][QUIT]", NULL},
    {SLICE_INIT("123456789012345\r\nQUIT\r\n"), "long[QUIT]", NULL},
    {SLICE_INIT("123456789012345\nQUIT\r\n"), "bare", "[123456789012345][QUIT]"},
    {SLICE_INIT("1234567890123456\nQUIT\r\n"), "bare", "long[QUIT]"},
    {SLICE_INIT("123456789012345678901234567890123456789\r\nQUIT\r\n"), "long[QUIT]", NULL},
    {SLICE_INIT("123456789012345678901234567890"), "swallowing", NULL},
    {SLICE_INIT("123456789012345678901234567890\r"), "swallowing", NULL},
    {SLICE_INIT("12345678901234MAIL FROM:<a@b>\r\n\r\nQUIT\r\n"), "long[][QUIT]", NULL},
    {SLICE_INIT("12345678901234567\nQUIT\r\n"), "bare", "long[QUIT]"},
    {SLICE_INIT("12345678901234567\rQUIT\r\n"), "bare", NULL},
    {SLICE_INIT("12345678901234567\0\r\n"), "bare", NULL},
    {SLICE_INIT("12345678901234567\r\n12345678901234567\r\n"), "longlong", NULL},
};

/* Reads what is there of a stream. Returns whether more may be read. */
static bool read_lines(struct line_scan *scan, struct guard *guard, struct slice *input,
                       bool lf_ends, struct bytes *got)
{
    struct slice line, seen;
    size_t consumed;
    enum line_result result;

    do {
        seen = guard_copy(guard, *input);
        line = slice_str("no line");
        result = command_line(scan, seen, LIMIT, lf_ends, &line, &consumed);
        assert_true(consumed <= seen.len && (result == LINE_READY || line.len == 0));
        *input = slice_make(input->ptr + consumed, input->len - consumed);
        switch (result) {
        case LINE_MORE:
            assert_int_equal(consumed, 0);
            assert_true(scan->scanned + 1 >= seen.len); /* all but a CR at the end */
            assert_true(scan->overlong || scan->scanned + (lf_ends ? 1 : 2) <= LIMIT);
            break;
        case LINE_READY: bytes_format(got, "[%.*s]", SLICE_ARG(line)); break;
        case LINE_TOO_LONG: assert_true(consumed > 0 && scan->overlong_bytes >= consumed); break;
        case LINE_TOO_LONG_END: bytes_append(got, SLICE("long")); break;
        case LINE_BARE: bytes_append(got, SLICE("bare")); return false;
        }
    } while (result != LINE_MORE);
    return true;
}

static void run_stream(struct guard *guard, size_t row, bool lf_ends, size_t cut)
{
    struct slice whole = streams[row].input;
    const char *want = lf_ends && streams[row].lenient ? streams[row].lenient : streams[row].strict;
    struct slice input = slice_make(whole.ptr, 0);
    struct line_scan scan = {.scanned = 0};
    struct bytes got;
    bool open = true;

    bytes_init(&got, 1000);
    for (size_t at = 0, end; at < whole.len && open; at = end) {
        end = cut_end(cut, at, whole.len);
        input.len += end - at;
        open = read_lines(&scan, guard, &input, lf_ends, &got);
    }
    if (open && scan.overlong)
        bytes_append(&got, SLICE("swallowing"));
    else if (open && input.len > 0)
        bytes_append(&got, SLICE("more"));
    assert_row_slice(bytes_slice(&got), slice_str(want), whole.ptr, cut);
    bytes_fini(&got);
}

static void lines_of_streams(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t row = 0; row < COUNT_OF(streams); row++)
        for (size_t cut = 0; cut < cut_count(streams[row].input.len); cut++) {
            run_stream(&guard, row, false, cut);
            run_stream(&guard, row, true, cut);
        }
    guard_fini(&guard);
}

/* C02: a line without end can be told by how much of it was eaten. */
static void overlong_bytes_are_counted(void **state)
{
    struct line_scan scan = {.scanned = 0};
    char junk[100];
    struct slice line;
    size_t consumed;

    (void)state;
    memset(junk, 'x', sizeof(junk));
    for (uint64_t i = 1; i <= 10; i++) {
        assert_int_equal(
            command_line(&scan, slice_make(junk, sizeof(junk)), LIMIT, true, &line, &consumed),
            LINE_TOO_LONG);
        assert_int_equal(consumed, sizeof(junk));
        assert_int_equal(scan.overlong_bytes, i * sizeof(junk));
    }
    assert_int_equal(command_line(&scan, SLICE("\r\n"), LIMIT, true, &line, &consumed),
                     LINE_TOO_LONG_END);
    assert_int_equal(scan.overlong_bytes, 0);
    assert_false(scan.overlong);
}

static const struct {
    const char *line;
    enum verb verb;
    const char *name, *argument;
} commands[] = {
    {"QUIT", VERB_QUIT, "QUIT", ""},
    {"quit", VERB_QUIT, "quit", ""},
    {"QuIt  ", VERB_QUIT, "QuIt", ""},
    {"QUIT x", VERB_QUIT, "QUIT", "x"},
    {"HELO", VERB_HELO, "HELO", ""},
    {"helo \t ", VERB_HELO, "helo", ""},
    {"EHLO  [192.0.2.1]  ", VERB_EHLO, "EHLO", "[192.0.2.1]"},
    {"lhlo x", VERB_LHLO, "lhlo", "x"},
    {"LHLOX", VERB_UNKNOWN, "LHLOX", ""},
    {"MAIL\tFROM:<a@b>", VERB_MAIL, "MAIL", "FROM:<a@b>"},
    {"MAIL FROM:<a@b> SIZE=1 ", VERB_MAIL, "MAIL", "FROM:<a@b> SIZE=1"},
    {"MAILFROM:<a@b>", VERB_UNKNOWN, "MAILFROM:<a@b>", ""},
    {"GET / HTTP/1.1", VERB_UNKNOWN, "GET", "/ HTTP/1.1"},
    {"QUI", VERB_UNKNOWN, "QUI", ""},
    {"QUITT", VERB_UNKNOWN, "QUITT", ""},
    {" QUIT", VERB_UNKNOWN, "", "QUIT"},
    {"", VERB_UNKNOWN, "", ""},
    {"   ", VERB_UNKNOWN, "", ""},
    {"\xff\xfe", VERB_UNKNOWN, "\xff\xfe", ""},
};

static void verbs_and_arguments(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 128);
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        const char *line = commands[i].line;
        struct command command;

        command_parse(guard_copy(&guard, slice_str(line)), &command);
        assert_row(command.verb == commands[i].verb, line, 0);
        assert_row_slice(command.name, slice_str(commands[i].name), line, 0);
        assert_row_slice(command.argument, slice_str(commands[i].argument), line, 0);
    }
    guard_fini(&guard);
}

/* The table of verbs: each has a name of its own that is read back as that verb. */
static void every_verb_has_a_name(void **state)
{
    struct command command;
    struct bytes out;

    (void)state;
    bytes_init(&out, 64);
    for (enum verb verb = VERB_UNKNOWN + 1; verb < VERB_COUNT; verb++) {
        bytes_clear(&out);
        assert_int_equal(command_write(&out, verb, SLICE_NONE), 0);
        assert_true(out.len > 2);
        command_parse(slice_first(bytes_slice(&out), out.len - 2), &command);
        assert_int_equal(command.verb, verb);
    }
    bytes_fini(&out);
}

static void writing(void **state)
{
    static const struct slice bad[] = {SLICE_INIT("a\rb"), SLICE_INIT("a\n"), SLICE_INIT("\0")};
    struct bytes out;

    (void)state;
    bytes_init(&out, 30);
    assert_int_equal(command_write(&out, VERB_EHLO, SLICE("host")), 0);
    assert_int_equal(command_write(&out, VERB_QUIT, SLICE_NONE), 0);
    assert_text(bytes_slice(&out), "EHLO host\r\nQUIT\r\n");
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(command_write(&out, VERB_EHLO, bad[i]), -1);
    assert_text(bytes_slice(&out), "EHLO host\r\nQUIT\r\n");
    assert_int_equal(command_write(&out, VERB_NOOP, SLICE("0123456789")), -1); /* no room */
    bytes_fini(&out);
}

static void helo_names(void **state)
{
    char text[256];

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_true(command_helo_valid(SLICE("mail.example.org")));
    assert_true(command_helo_valid(SLICE("[IPv6:2001:db8::1]")));
    assert_true(command_helo_valid(SLICE("odd_name!~")));
    assert_true(command_helo_valid(slice_make(text, 255)));
    assert_false(command_helo_valid(slice_make(text, 256)));
    assert_false(command_helo_valid(SLICE_NONE));
    assert_true(command_helo_valid(SLICE("My Scanner 3000")));
    assert_true(command_helo_valid(SLICE("a\tb")));
    assert_false(command_helo_valid(SLICE(" ")));
    assert_false(command_helo_valid(SLICE("a ")));
    assert_false(command_helo_valid(SLICE(" a")));
    assert_false(command_helo_valid(SLICE("a\rb")));
    assert_false(command_helo_valid(SLICE("a\0")));
    assert_false(command_helo_valid(SLICE("b\xc3\xbc"
                                          "cher"))); /* C10 */
    assert_false(command_helo_valid(SLICE("a\x7f")));
}

static void helo_words(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 20);
    command_helo_append(&out, SLICE("My \t Scanner\t3000"));
    assert_text(bytes_slice(&out), "My Scanner 3000");
    command_helo_append(&out, SLICE("alone"));
    assert_text(bytes_slice(&out), "My Scanner 3000alone");
    command_helo_append(&out, SLICE_NONE);
    assert_int_equal(bytes_end(&out), 0);
    command_helo_append(&out, SLICE("a"));
    assert_int_equal(bytes_end(&out), -1);
    bytes_fini(&out);
}

static void xtext(void **state)
{
    struct bytes out;

    (void)state;
    bytes_init(&out, 50);
    command_xtext(&out, SLICE("a!~+= \r\n\0\x7f\xfc"));
    assert_text(bytes_slice(&out), "a!~+2B+3D+20+0D+0A+00+7F+FC");
    command_xtext(&out, SLICE("                "));
    assert_int_equal(bytes_end(&out), -1);
    bytes_fini(&out);
}

static void xtext_that_fits(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        size_t room, fits;
    } rows[] = {
        {SLICE_INIT("abc"), 4, 3}, {SLICE_INIT("abc"), 3, 3}, {SLICE_INIT("abc"), 2, 2},
        {SLICE_INIT("a=b"), 5, 3}, {SLICE_INIT("a=b"), 4, 2}, {SLICE_INIT("a=b"), 3, 1},
        {SLICE_INIT("="), 2, 0},   {SLICE_INIT("a"), 0, 0},   {SLICE_INIT(""), 0, 0},
    };
    struct guard guard;
    guard_init(&guard, 16);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = guard_copy(&guard, rows[i].text);
        assert_int_equal(command_xtext_fitting(text, rows[i].room).len, rows[i].fits);
    }
    guard_fini(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_streams),
        cmocka_unit_test(overlong_bytes_are_counted),
        cmocka_unit_test(verbs_and_arguments),
        cmocka_unit_test(every_verb_has_a_name),
        cmocka_unit_test(writing),
        cmocka_unit_test(helo_names),
        cmocka_unit_test(helo_words),
        cmocka_unit_test(xtext),
        cmocka_unit_test(xtext_that_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
