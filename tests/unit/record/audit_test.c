/* audit: from a record to a line in the file, and through a reload. The line itself:
 * audit_format_test.c. */
#include "proxy/record/audit.h"
#include "tests/unit/net/ground.h"
#include "tests/unit/record/json_check.h"

#include <stdlib.h>
#include <sys/stat.h>

struct scene {
    char folder[64], path[96], other[96];
    char error[256];
    char text[65536];
    struct audit *audit;
    int descriptors;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->descriptors = count_descriptors();
    (void)snprintf(s->folder, sizeof(s->folder), "/tmp/postern-audit-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    (void)snprintf(s->path, sizeof(s->path), "%s/audit", s->folder);
    (void)snprintf(s->other, sizeof(s->other), "%s/other", s->folder);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    audit_destroy(s->audit);
    (void)unlink(s->path);
    (void)unlink(s->other);
    assert_int_equal(rmdir(s->folder), 0);
    assert_int_equal(count_descriptors(), s->descriptors);
    free(s);
    return 0;
}

static void open_audit(struct scene *s, const char *path)
{
    struct audit_conf conf = {.file = slice_str(path)};
    s->audit = audit_create(&conf, s->error, sizeof(s->error));
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
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t got = read(fd, s->text, sizeof(s->text));
    assert_true(got >= 0);
    assert_int_equal(close(fd), 0);
    return slice_make(s->text, (size_t)got);
}

static bool holds(struct slice text, const char *what)
{
    return memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

static void test_one_record_one_line(void **state)
{
    struct scene *s = *state;
    open_audit(s, s->path);
    write_record(s, "one@b.test");
    write_record(s, "two\n@b.test");
    struct slice text = written(s, s->path);
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
    assert_null(audit_create(&conf, s->error, sizeof(s->error)));
    assert_string_equal(s->error, "cannot open /nonexistent/audit: No such file or directory");
}

static void test_reload_changes_privacy_and_file(void **state)
{
    struct scene *s = *state;
    struct audit_conf next = {.file = slice_str(s->other), .sender = PRIVACY_OMIT};
    struct audit_conf wrong = {.file = SLICE_INIT("/nonexistent/audit")};
    open_audit(s, s->path);
    write_record(s, "one@b.test");
    assert_int_equal(audit_configure(s->audit, &next, s->error, sizeof(s->error)), 0);
    assert_int_equal(audit_configure(s->audit, &wrong, s->error, sizeof(s->error)), -1);
    write_record(s, "two@b.test"); /* the failed one has not made it plain again */
    struct slice text = written(s, s->other);
    assert_true(holds(text, "\"session\":\"s\""));
    assert_false(holds(text, "two@b.test"));
}

/* A disk that is full for good: the loss is counted, and told where there is room again. */
static void test_loss_is_a_line_of_json(void **state)
{
    struct scene *s = *state;
    assert_int_equal(mkfifo(s->path, 0600), 0);
    int reader = open(s->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct audit_conf next = {.file = slice_str(s->other)};
    open_audit(s, s->path);
    assert_int_equal(close(reader), 0);
    write_record(s, "lost@b.test");
    const struct timespec delay = {
        .tv_sec = 1}; /* for the thread to find the pipe broken, even on a busy machine */
    assert_int_equal(nanosleep(&delay, NULL), 0);
    assert_int_equal(audit_configure(s->audit, &next, s->error, sizeof(s->error)), 0);
    write_record(s, "kept@b.test");
    struct slice text = written(s, s->other);
    assert_true(holds(text, "kept@b.test"));
    assert_false(holds(text, "lost@b.test"));
    struct slice last = slice_from(text, slice_find(text, '\n') + 1);
    assert_true(json_check(slice_first(last, last.len - 1)));
    assert_true(holds(last, ",\"lost_records\":1}"));
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
        cmocka_unit_test(test_null_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
