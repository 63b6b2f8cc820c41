/* audit: from a record to a line in the file, and through a reload. The line itself:
 * audit_format_test.c. */
#include "conf/audit_conf.h"
#include "proxy/record/audit.h"
#include "tests/unit/checked_mutex.h"
#include "tests/unit/proxy/record/folder.h"
#include "tests/unit/proxy/record/json_check.h"

#include <stdlib.h>
#include <sys/stat.h>

struct scene {
    struct folder at;
    struct audit *audit;
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
    audit_destroy(s->audit);
    folder_remove(&s->at);
    free(s);
    return 0;
}

static void open_audit(struct scene *s, const char *path)
{
    struct audit_conf conf = {.file = slice_str(path)};
    s->audit = audit_create(&conf, NULL, s->at.error, sizeof(s->at.error));
    assert_non_null(s->audit);
}

static void write_record(struct scene *s, const char *sender)
{
    struct audit_record record = {.session = SLICE_INIT("s"), .has_sender = true};
    record.sender = slice_str(sender);
    audit_write(s->audit, &record);
}

static struct slice written(struct scene *s, const char *path)
{
    audit_destroy(s->audit);
    s->audit = NULL;
    return folder_read(&s->at, path);
}

static bool holds(struct slice text, const char *what)
{
    return memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

static void test_one_record_one_line(void **state)
{
    struct scene *s = *state;
    open_audit(s, s->at.file);
    write_record(s, "one@b.test");
    write_record(s, "two\n@b.test");
    struct slice text = written(s, s->at.file);
    size_t lines = 0;
    while (text.len > 0) {
        size_t end = slice_find(text, '\n');
        assert_true(end != SLICE_NOT_FOUND);
        assert_true(json_check(slice_first(text, end)));
        text = slice_from(text, end + 1);
        lines++;
    }
    assert_int_equal(lines, 2);
}

static void test_cannot_open(void **state)
{
    struct scene *s = *state;
    struct audit_conf conf = {.file = SLICE_INIT("/nonexistent/audit")};
    assert_null(audit_create(&conf, NULL, s->at.error, sizeof(s->at.error)));
    assert_string_equal(s->at.error, "cannot open /nonexistent/audit: No such file or directory");
}

static void test_reload_changes_privacy_and_file(void **state)
{
    struct scene *s = *state;
    struct audit_conf next = {.file = slice_str(s->at.other), .sender = PRIVACY_OMIT};
    struct audit_conf wrong = {.file = SLICE_INIT("/nonexistent/audit")};
    open_audit(s, s->at.file);
    write_record(s, "one@b.test");
    assert_int_equal(audit_configure(s->audit, &next, s->at.error, sizeof(s->at.error)), 0);
    assert_int_equal(audit_configure(s->audit, &wrong, s->at.error, sizeof(s->at.error)), -1);
    write_record(s, "two@b.test"); /* the failed one has not made it plain again */
    struct slice text = written(s, s->at.other);
    assert_true(holds(text, "\"session\":\"s\""));
    assert_false(holds(text, "two@b.test"));
}

/* A disk that is full for good: the loss is counted, and told where there is room again. */
static void test_loss_is_a_line_of_json(void **state)
{
    struct scene *s = *state;
    assert_int_equal(mkfifo(s->at.file, 0600), 0);
    int reader = open(s->at.file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct audit_conf next = {.file = slice_str(s->at.other)};
    open_audit(s, s->at.file);
    assert_int_equal(close(reader), 0);
    write_record(s, "lost@b.test");
    const struct timespec delay = {
        .tv_sec = 1}; /* for the thread to find the pipe broken, even on a busy machine */
    assert_int_equal(nanosleep(&delay, NULL), 0);
    assert_int_equal(audit_configure(s->audit, &next, s->at.error, sizeof(s->at.error)), 0);
    write_record(s, "kept@b.test");
    struct slice text = written(s, s->at.other);
    assert_true(holds(text, "kept@b.test"));
    assert_false(holds(text, "lost@b.test"));
    assert_true(holds(text, ",\"lost_records\":1}")); /* before the other or after it */
    for (; text.len > 0; text = slice_from(text, slice_find(text, '\n') + 1))
        assert_true(json_check(slice_first(text, slice_find(text, '\n'))));
}

/* The log hears of it while the audit goes on, and not of each record. */
static void test_loss_is_logged_at_once(void **state)
{
    struct scene *s = *state;
    struct log_conf log_conf = {.to = slice_str(s->at.other), .level = LOG_LEVEL_INFO};
    struct audit_conf conf = {.file = SLICE_INIT("/dev/full")};
    struct log *log = log_create(&log_conf, s->at.error, sizeof(s->at.error));
    s->audit = audit_create(&conf, log, s->at.error, sizeof(s->at.error));
    assert_non_null(s->audit);
    const struct timespec delay = {.tv_sec = 1};
    write_record(s, "waits@b.test");
    assert_int_equal(nanosleep(&delay, NULL), 0);
    struct slice text = folder_read(&s->at, s->at.other);
    assert_true(holds(text, " error: audit: records wait: No space left on device\n"));
    size_t first = slice_find(text, '\n') + 1;
    assert_int_equal(text.len, first);
    for (unsigned i = 0; i < 200000; i++) /* far more than the queue takes */
        write_record(s, "lost@b.test");
    assert_int_equal(nanosleep(&delay, NULL), 0);
    text = slice_from(folder_read(&s->at, s->at.other), first);
    assert_true(holds(text, " lost: No space left on device\n"));
    assert_int_equal(slice_find(text, '\n') + 1, text.len);
    audit_destroy(s->audit);
    s->audit = NULL;
    log_destroy(log);
    text = folder_read(&s->at, s->at.other);
    assert_true(holds(text, " error: audit: at least "));
}

static void test_null_is_nothing(void **state)
{
    (void)state;
    audit_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_record_one_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cannot_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reload_changes_privacy_and_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loss_is_a_line_of_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loss_is_logged_at_once, setup, teardown),
        cmocka_unit_test(test_null_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
