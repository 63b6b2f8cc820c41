/* watch_list: who is watched for what hears just that, and nobody else does. */
#include "proxy/net/watch_list.h"
#include "tests/unit/proxy/net/ground.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAIRS = 3 };

struct scene {
    struct loop *loop;
    struct watch_list list;
    int ends[PAIRS][2]; /* the first of each is watched */
    bool forgets;       /* whoever is called is watched no more */
    char heard[64];     /* "0r1w" */
};

static void ready(void *ctx, int fd, bool read, bool write)
{
    struct scene *s = ctx;
    size_t len = strlen(s->heard);
    for (int i = 0; i < PAIRS; i++)
        if (fd == s->ends[i][0])
            (void)snprintf(s->heard + len, sizeof(s->heard) - len, "%d%s%s", i, read ? "r" : "",
                           write ? "w" : "");
    if (s->forgets)
        watch_list_set(&s->list, fd, false, false);
    loop_stop(s->loop);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->loop = loop_create();
    assert_non_null(s->loop);
    s->list = (struct watch_list){.loop = s->loop, .ready = ready, .ctx = s};
    for (int i = 0; i < PAIRS; i++)
        stream_pair(s->ends[i]);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    watch_list_clear(&s->list);
    for (int i = 0; i < PAIRS; i++)
        for (int k = 0; k < 2; k++)
            assert_int_equal(close(s->ends[i][k]), 0);
    loop_destroy(s->loop);
    free(s);
    return 0;
}

/* What is heard in a moment, of one turn when there is anything. */
static const char *hear(struct scene *s)
{
    s->heard[0] = '\0';
    run_for(s->loop, 10);
    return s->heard;
}

static void set(struct scene *s, int i, bool read, bool write)
{
    watch_list_set(&s->list, s->ends[i][0], read, write);
}

static void test_what_is_asked_for(void **state)
{
    struct scene *s = *state;
    set(s, 0, true, false);
    assert_string_equal(hear(s), "");
    write_all(s->ends[0][1], SLICE("x"));
    assert_string_equal(hear(s), "0r");
    assert_string_equal(hear(s), "0r"); /* it is still there */
    set(s, 0, false, true);
    assert_string_equal(hear(s), "0w");
    set(s, 0, true, true);
    assert_string_equal(hear(s), "0rw");
    set(s, 0, false, false);
    assert_string_equal(hear(s), "");
}

/* One that is taken out, wherever it stands, takes no other along. */
static void test_each_by_itself(void **state)
{
    struct scene *s = *state;
    for (int out = 0; out < PAIRS; out++) {
        for (int i = 0; i < PAIRS; i++)
            set(s, i, true, false);
        set(s, out, false, false);
        for (int i = 0; i < PAIRS; i++) {
            char byte, want[] = {(char)('0' + i), 'r', '\0'};
            write_all(s->ends[i][1], SLICE("x"));
            assert_string_equal(hear(s), i == out ? "" : want);
            assert_int_equal(read(s->ends[i][0], &byte, 1), 1);
        }
    }
}

static void test_cleared(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < PAIRS; i++)
        set(s, i, false, true);
    watch_list_clear(&s->list);
    assert_string_equal(hear(s), "");
    set(s, 1, false, true);
    assert_string_equal(hear(s), "1w");
}

static void test_forgotten_when_called(void **state)
{
    struct scene *s = *state;
    s->forgets = true;
    set(s, 0, false, true);
    assert_string_equal(hear(s), "0w");
    assert_string_equal(hear(s), "");
}

/* The library asks anew with each turn. */
static void test_takes_no_more_and_more(void **state)
{
    struct scene *s = *state;
    size_t before = 0;
    for (int i = 0; i < 100; i++) {
        set(s, 0, i % 2 == 0, i % 2 == 1);
        if (i == 10)
            before = mallinfo2().uordblks;
    }
    assert_int_equal(mallinfo2().uordblks, before);
}

/* What cannot be watched is not: a file is always ready, says epoll. */
static void test_no_watch(void **state)
{
    struct scene *s = *state;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    size_t before = mallinfo2().uordblks;
    assert_true(fd >= 0);
    watch_list_set(&s->list, fd, true, false);
    assert_null(s->list.first);
    assert_true(mallinfo2().uordblks <= before + 4096); /* the loop's own table of descriptors */
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cleared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forgotten_when_called, setup, teardown),
        cmocka_unit_test_setup_teardown(test_takes_no_more_and_more, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_watch, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
