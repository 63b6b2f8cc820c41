/* readiness_child: what the child finds is heard here as it was said, and a child that dies is no
 * child that found nothing. */
#include "proxy/process/readiness_child.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- a child that dies while it tells, in the place of the C library's call -- */

enum { NEVER = -1 };
static int writes_left = NEVER;

size_t fwrite(const void *from, size_t size, size_t count, FILE *file)
{
    if (writes_left == 0) {
        (void)fflush(file);
        _exit(0);
    }
    if (writes_left > 0)
        writes_left--;
    return fwrite_unlocked(from, size, count, file);
}

/* -- what it finds -- */

/* Of each, the second is shorter than the first. In all eight writes. */
static void find_three(const void *ctx, struct diag *diag)
{
    const char *file = ctx;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    diag_add(diag, DIAG_WARNING, (struct place){file, 7}, "%s", text);
    diag_add(diag, DIAG_ERROR, (struct place){NULL, 0}, "of %d", (int)getppid());
    diag_add(diag, DIAG_NOTE, (struct place){"b", 1}, "c");
}

static void test_what_it_finds_is_heard(void **state)
{
    int descriptors = count_descriptors();
    struct diag diag;
    char own[32];
    (void)state;
    diag_init(&diag);
    (void)snprintf(own, sizeof(own), "of %d", (int)getpid());
    assert_int_equal(readiness_in_child(find_three, "a.conf", &diag), 0);
    const struct problem *first = diag.first, *second = first->next, *third = second->next;
    assert_int_equal(first->level, DIAG_WARNING);
    assert_string_equal(first->place.file, "a.conf");
    assert_int_equal(first->place.line, 7);
    assert_int_equal(first->text.len, 1999);
    assert_int_equal(second->level, DIAG_ERROR);
    assert_null(second->place.file);
    assert_text(second->text, own); /* it was another process */
    assert_int_equal(third->level, DIAG_NOTE);
    assert_string_equal(third->place.file, "b");
    assert_text(third->text, "c");
    assert_null(third->next);
    diag_fini(&diag);
    assert_int_equal(count_descriptors(), descriptors);
}

/* Half a problem is none. */
static void test_what_it_did_not_finish(void **state)
{
    static const size_t heard[] = {0, 0, 0, 1, 1, 2, 2, 2}; /* after so many writes */
    (void)state;
    for (size_t i = 0; i < COUNT_OF(heard); i++) {
        struct diag diag;
        size_t count = 0;
        diag_init(&diag);
        writes_left = (int)i;
        (void)!readiness_in_child(find_three, "a.conf", &diag);
        writes_left = NEVER;
        for (const struct problem *problem = diag.first; problem != NULL; problem = problem->next)
            count++;
        assert_int_equal(count, heard[i]);
        diag_fini(&diag);
    }
}

static void find_nothing(const void *ctx, struct diag *diag)
{
    (void)ctx;
    (void)diag;
}

static void exit_with_one(const void *ctx, struct diag *diag)
{
    (void)ctx;
    (void)diag;
    _exit(1);
}

static void be_killed(const void *ctx, struct diag *diag)
{
    (void)ctx;
    (void)diag;
    (void)kill(getpid(), SIGKILL);
}

static void test_how_it_ended(void **state)
{
    static const struct {
        void (*look)(const void *ctx, struct diag *diag);
        int result;
    } rows[] = {{find_nothing, 0}, {exit_with_one, -1}, {be_killed, -1}};
    int descriptors = count_descriptors();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct diag diag;
        diag_init(&diag);
        errno = 0;
        assert_int_equal(readiness_in_child(rows[i].look, NULL, &diag), rows[i].result);
        assert_int_equal(errno, rows[i].result == 0 ? 0 : ECHILD);
        assert_null(diag.first);
        diag_fini(&diag);
    }
    assert_int_equal(count_descriptors(), descriptors);
}

/* It is the child that ends, and not who asked for it. */
static void test_who_ends(void **state)
{
    int ends[2];
    char said = '?';
    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t asker = fork();
    assert_true(asker >= 0);
    if (asker == 0) {
        struct diag diag;
        diag_init(&diag);
        said = readiness_in_child(find_nothing, NULL, &diag) == 0 ? 'y' : 'n';
        _exit(write(ends[1], &said, 1) == 1 ? 0 : 1);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(read(ends[0], &said, 1), 1);
    assert_int_equal(said, 'y');
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(waitpid(asker, NULL, 0), asker);
}

static void test_no_child(void **state)
{
    struct rlimit limit, none = {0, 0};
    struct diag diag;
    (void)state;
    diag_init(&diag);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none.rlim_max = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int result = readiness_in_child(find_nothing, NULL, &diag), error = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(result, -1);
    assert_int_equal(error, EMFILE);
    diag_fini(&diag);
}

/* What was to be written before is written once. */
static void test_nothing_is_written_twice(void **state)
{
    char text[64] = "";
    struct diag diag;
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    diag_init(&diag);
    assert_true(fputs("once", file) >= 0);
    assert_int_equal(readiness_in_child(find_nothing, NULL, &diag), 0);
    rewind(file);
    assert_non_null(fgets(text, sizeof(text), file));
    assert_string_equal(text, "once");
    assert_int_equal(fclose(file), 0);
    diag_fini(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_finds_is_heard),
        cmocka_unit_test(test_what_it_did_not_finish),
        cmocka_unit_test(test_how_it_ended),
        cmocka_unit_test(test_who_ends),
        cmocka_unit_test(test_no_child),
        cmocka_unit_test(test_nothing_is_written_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
