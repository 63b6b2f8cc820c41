/* writer: lines arrive in order, nobody waits for a slow target, and what is lost is said (PROTOCOL
 * E03). */
#include "tests/unit/proxy/record/caught_syslog.h"

#include "proxy/record/writer.h"
#include "tests/unit/checked_mutex.h"
#include "tests/unit/proxy/record/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>

struct scene {
    struct writer *writer;
    struct folder at;
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
    (void)writer_destroy(s->writer);
    folder_remove(&s->at);
    free(s);
    return 0;
}

static size_t lost_line(uint64_t count, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "lost %" PRIu64, count);
}

static const struct writer_loss silent = {.line = lost_line};

static void open_writer(struct scene *s, const char *path)
{
    s->writer = writer_create(WRITER_FILE, path, &silent, s->at.error, sizeof(s->at.error));
    assert_non_null(s->writer);
}

static void close_writer(struct scene *s)
{
    (void)writer_destroy(s->writer);
    s->writer = NULL;
}

static void say(struct scene *s, const char *line)
{
    writer_line(s->writer, LOG_INFO, slice_str(line));
}

static void pause_ms(unsigned ms)
{
    const struct timespec delay = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    assert_int_equal(nanosleep(&delay, NULL), 0);
}

static void assert_file(const char *path, const char *want)
{
    char text[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t got = read(fd, text, sizeof(text));
    assert_int_equal(close(fd), 0);
    assert_true(got >= 0);
    assert_text(slice_make(text, (size_t)got), want);
}

/* -- syslog -- */

/* Line by line, each with its priority, as it is, and to the facility of mail; from a file to there
 * and back. */
static void test_syslog(void **state)
{
    struct scene *s = *state;
    s->writer = writer_create(WRITER_SYSLOG, NULL, &silent, s->at.error, sizeof(s->at.error));
    assert_non_null(s->writer);
    say(s, "one %s %n");
    writer_line(s->writer, LOG_ERR, SLICE("two"));
    writer_line(s->writer, LOG_DEBUG, SLICE("%"));
    close_writer(s);
    assert_string_equal(caught.name, "postern");
    assert_int_equal(caught.facility, LOG_MAIL);
    assert_string_equal(caught.lines, "6 one %s %n\n3 two\n7 %\n");
    caught.len = 0;
    open_writer(s, s->at.file);
    say(s, "a file");
    pause_ms(100);
    assert_int_equal(
        writer_switch(s->writer, WRITER_SYSLOG, NULL, s->at.error, sizeof(s->at.error)), 0);
    say(s, "three");
    pause_ms(100);
    assert_int_equal(
        writer_switch(s->writer, WRITER_FILE, s->at.file, s->at.error, sizeof(s->at.error)), 0);
    say(s, "a file again");
    close_writer(s);
    assert_string_equal(caught.lines, "6 three\n");
    assert_file(s->at.file, "a file\na file again\n");
}

/* -- a file -- */

static void test_lines_are_appended(void **state)
{
    struct scene *s = *state;
    struct stat status;
    open_writer(s, s->at.file);
    say(s, "one");
    say(s, "two");
    close_writer(s);
    open_writer(s, s->at.file);
    say(s, "three");
    close_writer(s);
    assert_file(s->at.file, "one\ntwo\nthree\n");
    assert_int_equal(stat(s->at.file, &status), 0);
    assert_int_equal(status.st_mode & 0137, 0);
}

/* What somebody left in the middle of a line who died, on opening and on a reload. */
static void test_torn_by_another(void **state)
{
    struct scene *s = *state;
    int fd = open(s->at.file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    write_all(fd, SLICE("whole\n{\"torn"));
    open_writer(s, s->at.file);
    say(s, "one");
    pause_ms(100);
    assert_file(s->at.file, "whole\n{\"torn\none\n");
    assert_true(lseek(fd, 0, SEEK_END) > 0);
    write_all(fd, SLICE("torn again"));
    assert_int_equal(close(fd), 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(
            writer_switch(s->writer, WRITER_FILE, s->at.file, s->at.error, sizeof(s->at.error)), 0);
        say(s, "two");
        pause_ms(100);
    }
    close_writer(s);
    assert_file(s->at.file, "whole\n{\"torn\none\ntorn again\ntwo\ntwo\n");
}

static void test_lines_come_by_themselves(void **state)
{
    struct scene *s = *state;
    open_writer(s, s->at.file);
    say(s, "now");
    pause_ms(200);
    assert_file(s->at.file, "now\n");
    say(s, "and again");
    pause_ms(200);
    assert_file(s->at.file, "now\nand again\n");
}

static void test_no_such_folder(void **state)
{
    struct scene *s = *state;
    assert_null(
        writer_create(WRITER_FILE, "/nonexistent/log", &silent, s->at.error, sizeof(s->at.error)));
    assert_string_equal(s->at.error, "cannot open /nonexistent/log: No such file or directory");
}

static void test_rotation(void **state)
{
    struct scene *s = *state;
    open_writer(s, s->at.file);
    say(s, "before");
    pause_ms(100);
    assert_int_equal(rename(s->at.file, s->at.other), 0);
    assert_int_equal(
        writer_switch(s->writer, WRITER_FILE, s->at.file, s->at.error, sizeof(s->at.error)), 0);
    assert_int_equal(access(s->at.file, F_OK), 0); /* opened before it returned */
    say(s, "after");
    close_writer(s);
    assert_file(s->at.other, "before\n");
    assert_file(s->at.file, "after\n");
}

static void test_failed_switch_changes_nothing(void **state)
{
    struct scene *s = *state;
    open_writer(s, s->at.file);
    assert_int_equal(
        writer_switch(s->writer, WRITER_FILE, "/nonexistent/log", s->at.error, sizeof(s->at.error)),
        -1);
    assert_true(s->at.error[0] != '\0');
    say(s, "still here");
    close_writer(s);
    assert_file(s->at.file, "still here\n");
}

static void test_switches_in_a_row_leak_nothing(void **state)
{
    struct scene *s = *state;
    open_writer(s, s->at.file);
    for (int i = 0; i < 50; i++)
        assert_int_equal(writer_switch(s->writer, WRITER_FILE, i % 2 ? s->at.file : s->at.other,
                                       s->at.error, sizeof(s->at.error)),
                         0);
    say(s, "last");
    close_writer(s);
    assert_file(s->at.file, "last\n");
}

/* -- many threads -- */

enum { THREADS = 4, LINES = 3000 };

static void *say_many(void *arg)
{
    struct writer *writer = arg;
    char line[64];
    for (int i = 0; i < LINES; i++) {
        int len = snprintf(line, sizeof(line), "%jx %d", (uintmax_t)pthread_self(), i);
        writer_line(writer, LOG_INFO, slice_make(line, (size_t)len));
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    struct scene *s = *state;
    pthread_t threads[THREADS];
    uintmax_t ids[THREADS] = {0};
    long next[THREADS] = {0};
    int lines = 0;
    char line[64], *end;
    open_writer(s, s->at.file);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, say_many, s->writer), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    close_writer(s);

    FILE *file = fopen(s->at.file, "re");
    assert_non_null(file);
    for (; fgets(line, sizeof(line), file) != NULL; lines++) {
        uintmax_t id = strtoumax(line, &end, 16);
        int i = 0;
        while (ids[i] != id && ids[i] != 0)
            i++;
        ids[i] = id;
        assert_int_equal(strtol(end, NULL, 10), next[i]++); /* each thread's own order */
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(lines, THREADS * LINES);
}

/* -- targets that do not keep up -- */

static void test_slow_pipe(void **state)
{
    struct scene *s = *state;
    enum { SENT = 12000, SIZE = 1000 };
    char line[SIZE];
    memset(line, 'x', sizeof(line));
    assert_int_equal(mkfifo(s->at.file, 0600), 0);
    int reader = open(s->at.file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    open_writer(s, s->at.file);

    uint64_t begin = clock_ms();
    for (int i = 0; i < SENT; i++)
        writer_line(s->writer, LOG_INFO, slice_make(line, sizeof(line)));
    assert_true(clock_ms() - begin < 1000); /* nobody waited for the reader */
    uint64_t lost = writer_lost(s->writer);
    assert_in_range(lost, SENT - WRITER_QUEUE_BYTES / SIZE - 200, SENT - 8000);

    static char text[1048576];
    uint64_t lines = 0, reported = 0;
    char tail[32] = "";
    for (uint64_t end = clock_ms() + GROUND_PATIENCE_MS;
         (reported == 0 || lines - 1 + lost < SENT) && clock_ms() < end;) {
        ssize_t got = read(reader, text, sizeof(text));
        for (ssize_t i = 0; i < got; i++) {
            if (text[i] == '\n') {
                lines++;
                if (strncmp(tail, "lost ", 5) == 0)
                    reported = strtoull(tail + 5, NULL, 10);
                tail[0] = '\0';
            } else if (strlen(tail) < sizeof(tail) - 1) {
                tail[strlen(tail) + 1] = '\0';
                tail[strlen(tail)] = text[i];
            }
        }
    }
    assert_int_equal(reported, lost);
    assert_int_equal(lines - 1 + lost, SENT);
    close_writer(s);
    assert_int_equal(close(reader), 0);
}

static void test_destroy_does_not_wait_for_a_pipe_forever(void **state)
{
    struct scene *s = *state;
    static char line[60000];
    memset(line, 'x', sizeof(line));
    assert_int_equal(mkfifo(s->at.file, 0600), 0);
    int reader = open(s->at.file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    open_writer(s, s->at.file);
    for (int i = 0; i < 5; i++)
        writer_line(s->writer, LOG_INFO, slice_make(line, sizeof(line)));
    uint64_t begin = clock_ms();
    close_writer(s);
    assert_in_range(clock_ms() - begin, WRITER_DRAIN_MS - 100, WRITER_DRAIN_MS + 900);
    assert_int_equal(close(reader), 0);
}

static void test_switch_away_from_a_stuck_pipe(void **state)
{
    struct scene *s = *state;
    static char line[70000]; /* more than a pipe holds */
    memset(line, 'x', sizeof(line));
    assert_int_equal(mkfifo(s->at.file, 0600), 0);
    int reader = open(s->at.file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    open_writer(s, s->at.file);
    writer_line(s->writer, LOG_INFO, slice_make(line, sizeof(line)));
    pause_ms(100);
    say(s, "one");
    assert_int_equal(
        writer_switch(s->writer, WRITER_FILE, s->at.other, s->at.error, sizeof(s->at.error)), 0);
    pause_ms(300);
    int fd = open(s->at.other, O_RDONLY | O_CLOEXEC);
    ssize_t got = read(fd, line, sizeof(line));
    assert_true(got > 4);
    assert_text(slice_make(line + got - 5, 5), "\none\n");
    assert_int_equal(close(fd), 0);
    assert_int_equal(close(reader), 0);
}

static void test_broken_pipe(void **state)
{
    struct scene *s = *state;
    assert_int_equal(mkfifo(s->at.file, 0600), 0);
    int reader = open(s->at.file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    open_writer(s, s->at.file);
    assert_int_equal(close(reader), 0);
    say(s, "one");
    say(s, "two");
    for (int i = 0; i < 500 && writer_lost(s->writer) < 2; i++)
        pause_ms(10);
    assert_int_equal(writer_lost(s->writer), 2); /* and SIGPIPE has not killed us */

    assert_int_equal(
        writer_switch(s->writer, WRITER_FILE, s->at.other, s->at.error, sizeof(s->at.error)), 0);
    for (int i = 0; i < 500 && folder_read(&s->at, s->at.other).len == 0; i++)
        pause_ms(10);
    say(s, "three"); /* a loss is told once, as soon as it can be */
    pause_ms(100);
    say(s, "four");
    close_writer(s);
    assert_file(s->at.other, "lost 2\nthree\nfour\n");
}

static void test_full_disk_is_waited_for(void **state)
{
    struct scene *s = *state;
    open_writer(s, "/dev/full");
    say(s, "one");
    pause_ms(100);
    assert_int_equal(writer_lost(s->writer), 0);
    assert_int_equal(
        writer_switch(s->writer, WRITER_FILE, s->at.file, s->at.error, sizeof(s->at.error)), 0);
    pause_ms(800);
    assert_file(s->at.file, "one\n"); /* the same line, where there is room */
}

static void test_full_disk_to_the_end(void **state)
{
    struct scene *s = *state;
    open_writer(s, "/dev/full");
    say(s, "one");
    uint64_t begin = clock_ms();
    close_writer(s);
    assert_true(clock_ms() - begin < WRITER_DRAIN_MS + 900);
}

/* A line that was cut by a failure does not swallow the beginning of the next. */
static void test_torn_line(void **state)
{
    struct scene *s = *state;
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 6;
    (void)signal(SIGXFSZ, SIG_IGN);
    open_writer(s, s->at.file);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    say(s, "one");
    say(s, "second");
    pause_ms(100);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(writer_lost(s->writer), 1);
    say(s, "third");
    close_writer(s);
    assert_file(s->at.file, "one\nse\nthird\nlost 1\n");
}

static void test_lines_lost_elsewhere_are_counted(void **state)
{
    struct scene *s = *state;
    open_writer(s, s->at.file);
    writer_count_lost(s->writer);
    say(s, "one");
    say(s, "");
    close_writer(s);
    assert_file(s->at.file, "one\nlost 1\n");
}

static void test_null_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(writer_destroy(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_syslog, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_are_appended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_by_another, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_come_by_themselves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_such_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rotation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_switch_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_switches_in_a_row_leak_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_threads, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_pipe, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroy_does_not_wait_for_a_pipe_forever, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_switch_away_from_a_stuck_pipe, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_pipe, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk_to_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_lost_elsewhere_are_counted, setup, teardown),
        cmocka_unit_test(test_null_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
