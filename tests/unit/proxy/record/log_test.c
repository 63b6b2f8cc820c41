/* log: one event is one line, whatever is in it (PROTOCOL E04). */
#include "tests/unit/proxy/record/caught_syslog.h"

#include "filters/base/diag.h"
#include "proxy/record/log.h"
#include "tests/unit/proxy/record/folder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>

struct scene {
    struct folder at;
    struct log *log;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    folder_make(&s->at);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    log_destroy(s->log);
    folder_remove(&s->at);
    free(s);
    return 0;
}

static struct log_conf to_path(const char *path, enum log_level level)
{
    return (struct log_conf){.to = slice_str(path), .level = level};
}

static void open_log(struct scene *s, enum log_level level)
{
    struct log_conf conf = to_path(s->at.file, level);
    s->log = log_create(&conf, s->at.error, sizeof(s->at.error));
    assert_non_null(s->log);
}

/* What stands in the file once all is written. */
static struct slice written(struct scene *s, const char *path)
{
    log_destroy(s->log);
    s->log = NULL;
    return folder_read(&s->at, path);
}

/* after_time(line): ${line} without the time, which is "2026-01-31T23:59:59.123Z ". */
static struct slice after_time(struct slice line)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ ";
    const size_t len = sizeof(shape) - 1;
    assert_true(line.len > len);
    for (size_t i = 0; i < len; i++) {
        bool digit = line.ptr[i] >= '0' && line.ptr[i] <= '9';
        assert_true(shape[i] == 'd' ? digit : line.ptr[i] == shape[i]);
    }
    return slice_from(line, len);
}

static void test_levels(void **state)
{
    struct scene *s = *state;
    static const struct {
        enum log_level level;
        const char *want;
    } rows[] = {
        {LOG_LEVEL_ERROR, "error: e\n"},
        {LOG_LEVEL_WARNING, "error: e\nwarning: w\n"},
        {LOG_LEVEL_INFO, "error: e\nwarning: w\ninfo: i 7\n"},
        {LOG_LEVEL_DEBUG, "error: e\nwarning: w\ninfo: i 7\ndebug: d\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char lines[256] = "";
        open_log(s, rows[i].level);
        log_write(s->log, LOG_LEVEL_ERROR, "e");
        log_write(s->log, LOG_LEVEL_WARNING, "w");
        log_write(s->log, LOG_LEVEL_INFO, "i %d", 7);
        log_write(s->log, LOG_LEVEL_DEBUG, "d");
        struct slice text = written(s, s->at.file);
        while (text.len > 0) {
            size_t size = slice_find(text, '\n') + 1;
            struct slice line = after_time(slice_first(text, size));
            strncat(lines, line.ptr, line.len);
            text = slice_from(text, size);
        }
        assert_string_equal(lines, rows[i].want);
        assert_int_equal(unlink(s->at.file), 0);
    }
}

static void test_one_event_is_one_line(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"a\r\nb", "a\\x0d\\x0ab"},
        {"\x1b[31m", "\\x1b[31m"},
        {"tab\there\x7f", "tab\\x09here\\x7f"},
        {"%n%s", "%n%s"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"\xff\xfe", "\\xff\\xfe"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"},
        {"cut \xe2\x82", "cut \\xe2\\x82"},
        {"exe.\xe2\x80\xaegnp", "exe.\\xe2\\x80\\xaegnp"},
        {"\xe2\x81\xa6\xe2\x81\xb0", "\\xe2\\x81\\xa6\xe2\x81\xb0"},
        {"\\x0a", "\\x0a"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char want[64];
        (void)snprintf(want, sizeof(want), "info: %s\n", rows[i].want);
        open_log(s, LOG_LEVEL_INFO);
        log_write(s->log, LOG_LEVEL_INFO, "%s", rows[i].text);
        assert_text(after_time(written(s, s->at.file)), want);
        assert_int_equal(unlink(s->at.file), 0);
    }
}

static void test_long_line_is_cut(void **state)
{
    struct scene *s = *state;
    enum { LONG = 1048576 };
    char *text = malloc(LONG);
    assert_non_null(text);
    static const char fill[] = {'x', '\n', '\xff'};
    for (size_t i = 0; i < sizeof(fill); i++) {
        memset(text, fill[i], LONG - 1);
        text[LONG - 1] = '\0';
        open_log(s, LOG_LEVEL_INFO);
        log_write(s->log, LOG_LEVEL_INFO, "%s", text);
        log_write(s->log, LOG_LEVEL_INFO, "next");
        struct slice lines = written(s, s->at.file);
        size_t end = slice_find(lines, '\n');
        assert_in_range(end, 4000, 4200);
        assert_text(slice_make(lines.ptr + end - 3, 3), "...");
        assert_text(after_time(slice_from(lines, end + 1)), "info: next\n");
        assert_int_equal(unlink(s->at.file), 0);
    }
    free(text);
}

static void test_quote(void **state)
{
    (void)state;
    char out[LOG_QUOTE_MAX];
    char text[LOG_QUOTE_MAX + 10], want[LOG_QUOTE_MAX];
    assert_string_equal(log_quote(SLICE(""), out), "");
    assert_string_equal(log_quote(SLICE_NONE, out), "");
    assert_string_equal(log_quote(SLICE("plain ~ text"), out), "plain ~ text");
    assert_string_equal(log_quote(SLICE("\\xfc \\x5C\\xg0 DOM\\user"), out),
                        "\\x5cxfc \\x5cx5C\\xg0 DOM\\user");
    assert_string_equal(log_quote(SLICE("a\0b\r\n\xc3\xbc"), out), "a\\x00b\\x0d\\x0a\xc3\xbc");
    assert_string_equal(log_quote(SLICE("\xc3\xbc\xfc\xe2\x80\xae."), out),
                        "\xc3\xbc\\xfc\\xe2\\x80\\xae.");
    memset(text, 'x', sizeof(text));
    for (size_t len = LOG_QUOTE_MAX - 8; len < sizeof(text); len++) {
        log_quote(slice_make(text, len), out);
        bool whole = len <= LOG_QUOTE_MAX - 4;
        size_t shown = whole ? len : LOG_QUOTE_MAX - 4;
        memset(want, 'x', shown);
        (void)snprintf(want + shown, sizeof(want) - shown, "%s", whole ? "" : "...");
        assert_string_equal(out, want);
    }
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = "\xe2\x82\xac"[i % 3]; /* none of them is cut in two */
    log_quote(slice_make(text, sizeof(text)), out);
    assert_int_equal(strlen(out), LOG_QUOTE_MAX - 1);
    assert_string_equal(out + LOG_QUOTE_MAX - 7, "\xe2\x82\xac...");
    memset(text, '\n', sizeof(text));
    assert_true(strlen(log_quote(slice_make(text, sizeof(text)), out)) < LOG_QUOTE_MAX);
}

static void test_configure(void **state)
{
    struct scene *s = *state;
    struct log_conf conf = to_path(s->at.other, LOG_LEVEL_DEBUG);
    struct log_conf wrong = to_path("/nonexistent/log", LOG_LEVEL_ERROR);
    open_log(s, LOG_LEVEL_ERROR);
    log_write(s->log, LOG_LEVEL_INFO, "not this");
    assert_int_equal(log_configure(s->log, &conf, s->at.error, sizeof(s->at.error)), 0);
    log_write(s->log, LOG_LEVEL_DEBUG, "this");
    assert_int_equal(log_configure(s->log, &wrong, s->at.error, sizeof(s->at.error)), -1);
    assert_string_equal(s->at.error, "cannot open /nonexistent/log: No such file or directory");
    log_write(s->log, LOG_LEVEL_DEBUG, "and this");
    struct slice text = written(s, s->at.other);
    assert_text(after_time(slice_first(text, slice_find(text, '\n'))), "debug: this");
    text = slice_from(text, slice_find(text, '\n') + 1);
    assert_text(after_time(text), "debug: and this\n");
}

/* stderr_line(s, stream): what a line looks like on our stderr, with JOURNAL_STREAM set to
 * ${stream}, to nothing (""), or to what the journal would say (NULL). */
static struct slice stderr_line(struct scene *s, const char *stream)
{
    struct log_conf conf = {.to = SLICE_INIT("stderr"), .level = LOG_LEVEL_INFO};
    struct stat status;
    char own[64];
    int before = dup(STDERR_FILENO);
    int fd = open(s->at.file, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(before >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(fstat(fd, &status), 0);
    (void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    assert_int_equal(setenv("JOURNAL_STREAM", stream != NULL ? stream : own, 1), 0);
    if (stream != NULL && stream[0] == '\0')
        assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    s->log = log_create(&conf, s->at.error, sizeof(s->at.error));
    assert_non_null(s->log);
    log_write(s->log, LOG_LEVEL_WARNING, "hello");
    struct slice line = written(s, s->at.file);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(before), 0);
    assert_int_equal(close(fd), 0);
    return line;
}

static void test_journal_has_its_own_time(void **state)
{
    assert_text(stderr_line(*state, NULL), "<4>warning: hello\n");
    assert_text(after_time(stderr_line(*state, "8:1")), "warning: hello\n");
    assert_text(after_time(stderr_line(*state, "")), "warning: hello\n");
}

/* Each problem with its place, if it has one. */
static void test_report(void **state)
{
    struct scene *s = *state;
    struct diag diag;
    char want[256] = "";
    diag_init(&diag);
    diag_add(&diag, DIAG_ERROR, (struct place){"a.conf", 7}, "no %s", "sense");
    diag_add(&diag, DIAG_WARNING, (struct place){NULL, 0}, "odd");
    diag_add(&diag, DIAG_NOTE, (struct place){"b.conf", 1}, "well");
    open_log(s, LOG_LEVEL_INFO);
    log_report(s->log, &diag);
    diag_fini(&diag);
    for (struct slice text = written(s, s->at.file); text.len > 0;) {
        struct slice line = slice_first(text, slice_find(text, '\n') + 1);
        strncat(want, after_time(line).ptr, after_time(line).len);
        text = slice_from(text, line.len);
    }
    assert_string_equal(want, "error: a.conf:7: no sense\nwarning: odd\ninfo: b.conf:1: well\n");
}

/* -- syslog has time and priority of its own -- */

static void test_syslog(void **state)
{
    struct scene *s = *state;
    const struct log_conf conf = to_path("syslog", LOG_LEVEL_INFO);
    s->log = log_create(&conf, s->at.error, sizeof(s->at.error));
    assert_non_null(s->log);
    log_write(s->log, LOG_LEVEL_WARNING, "hello");
    log_destroy(s->log);
    s->log = NULL;
    assert_string_equal(caught.lines, "4 warning: hello\n");
}

static void test_null_is_nothing(void **state)
{
    (void)state;
    log_write(NULL, LOG_LEVEL_ERROR, "nobody hears it");
    log_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_event_is_one_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_line_is_cut, setup, teardown),
        cmocka_unit_test(test_quote),
        cmocka_unit_test_setup_teardown(test_configure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_journal_has_its_own_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_report, setup, teardown),
        cmocka_unit_test_setup_teardown(test_syslog, setup, teardown),
        cmocka_unit_test(test_null_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
