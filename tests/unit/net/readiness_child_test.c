/* readiness_child: what the child finds is heard here as it was said, and a child that dies is no
 * child that found nothing. */
#include "proxy/net/readiness_child.h"
#include "tests/unit/net/ground.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void find_two(const void *ctx, struct diag *diag)
{
    const char *file = ctx;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    diag_add(diag, DIAG_WARNING, (struct place){file, 7}, "of %d", (int)getppid());
    diag_add(diag, DIAG_ERROR, (struct place){NULL, 0}, "%s", text);
}

static void test_what_it_finds_is_heard(void **state)
{
    int descriptors = count_descriptors();
    struct diag diag;
    char own[32];
    (void)state;
    diag_init(&diag);
    (void)snprintf(own, sizeof(own), "of %d", (int)getpid());
    assert_int_equal(readiness_in_child(find_two, "a.conf", &diag), 0);
    const struct problem *first = diag.first, *second = first->next;
    assert_int_equal(first->level, DIAG_WARNING);
    assert_string_equal(first->place.file, "a.conf");
    assert_int_equal(first->place.line, 7);
    assert_text(first->text, own); /* it was another process */
    assert_int_equal(second->level, DIAG_ERROR);
    assert_null(second->place.file);
    assert_int_equal(second->text.len, 1999);
    assert_null(second->next);
    diag_fini(&diag);
    assert_int_equal(count_descriptors(), descriptors);
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
        cmocka_unit_test(test_how_it_ended),
        cmocka_unit_test(test_nothing_is_written_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
