/* loop: timers, posts, watches and signals, each with the promise of its header. */
#include "proxy/net/loop_private.h"
#include "tests/unit/checked_mutex.h"
#include "tests/unit/proxy/net/ground.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define ORDER_MAX 32

struct scene {
    struct loop *loop;
    char order[ORDER_MAX]; /* who was called, in order */
    size_t called;
    struct loop_timer *timer;
    struct loop_watch *watch;
    uint64_t fired_ms;
    bool inside; /* a call to the loop is under way */
    int fd;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->loop = loop_create();
    assert_non_null(s->loop);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    loop_timer_destroy(s->timer);
    loop_watch_destroy(s->watch);
    loop_destroy(s->loop);
    free(s);
    return 0;
}

static void note(struct scene *s, char who)
{
    assert_false(s->inside);
    assert_true(s->called < ORDER_MAX - 1);
    s->order[s->called++] = who;
}

static void call_a(void *ctx)
{
    note(ctx, 'a');
}

static void call_b(void *ctx)
{
    note(ctx, 'b');
}

static void fire(void *ctx)
{
    struct scene *s = ctx;
    note(s, 't');
    s->fired_ms = clock_ms();
}

/* -- timers -- */

static void test_timer_fires_once_and_not_early(void **state)
{
    struct scene *s = *state;
    s->timer = loop_timer_create(s->loop, fire, s);
    uint64_t begin = clock_ms();
    loop_timer_set(s->timer, 30);
    run_for(s->loop, 120);
    assert_string_equal(s->order, "t");
    assert_in_range(s->fired_ms - begin, 30, 90);
}

static void test_timer_moves_later(void **state)
{
    struct scene *s = *state;
    s->timer = loop_timer_create(s->loop, fire, s);
    uint64_t begin = clock_ms();
    loop_timer_set(s->timer, 10);
    loop_timer_set(s->timer, 80);
    run_for(s->loop, 200);
    assert_string_equal(s->order, "t");
    assert_in_range(s->fired_ms - begin, 80, 150);
}

static void test_timer_moves_earlier(void **state)
{
    struct scene *s = *state;
    s->timer = loop_timer_create(s->loop, fire, s);
    loop_timer_set(s->timer, 5000);
    loop_timer_set(s->timer, 10);
    run_for(s->loop, 100);
    assert_string_equal(s->order, "t");
}

static void test_timer_cancel_and_again(void **state)
{
    struct scene *s = *state;
    s->timer = loop_timer_create(s->loop, fire, s);
    loop_timer_set(s->timer, 5);
    loop_timer_cancel(s->timer);
    run_for(s->loop, 50);
    assert_string_equal(s->order, "");
    loop_timer_set(s->timer, 0);
    run_for(s->loop, 50);
    assert_string_equal(s->order, "t");
}

static void fire_and_destroy(void *ctx)
{
    struct scene *s = ctx;
    note(s, 'd');
    loop_timer_destroy(s->timer);
    s->timer = NULL;
}

static void fire_thrice(void *ctx)
{
    struct scene *s = ctx;
    note(s, '3');
    if (s->called < 3)
        loop_timer_set(s->timer, 1);
}

static void test_timer_destroyed_or_set_in_fire(void **state)
{
    struct scene *s = *state;
    s->timer = loop_timer_create(s->loop, fire_and_destroy, s);
    loop_timer_set(s->timer, 1);
    run_for(s->loop, 30);
    assert_string_equal(s->order, "d");
    s->called = 0;
    s->timer = loop_timer_create(s->loop, fire_thrice, s);
    loop_timer_set(s->timer, 1);
    run_for(s->loop, 100);
    assert_string_equal(s->order, "333");
}

/* -- posts -- */

static void *post_many(void *arg)
{
    struct scene *s = arg;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(loop_post(s->loop, call_a, s), 0);
        assert_int_equal(loop_post(s->loop, call_b, s), 0);
    }
    assert_int_equal(loop_post(s->loop, stop_loop, s->loop), 0);
    return NULL;
}

static void test_posts_from_a_thread_in_order(void **state)
{
    struct scene *s = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, post_many, s), 0);
    assert_int_equal(loop_run(s->loop), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(s->order, "ababababab");
}

static void post_again(void *ctx)
{
    struct scene *s = ctx;
    note(s, 'p');
    s->inside = true;
    assert_int_equal(loop_post(s->loop, call_b, s), 0);
    s->inside = false;
    note(s, 'q');
}

static void test_post_is_never_run_inside(void **state)
{
    struct scene *s = *state;
    s->inside = true;
    assert_int_equal(loop_post(s->loop, post_again, s), 0);
    assert_int_equal(loop_post(s->loop, call_a, s), 0);
    s->inside = false;
    run_for(s->loop, 20);
    assert_string_equal(s->order, "pqab");
}

/* Of a loop that broke: what was posted is still run, once, and nothing is taken any more. */
static void test_post_after_the_end(void **state)
{
    struct scene *s = *state;
    assert_int_equal(loop_post(s->loop, call_a, s), 0);
    assert_false(loop_ended(s->loop));
    loop_end(s->loop);
    assert_true(loop_ended(s->loop));
    assert_string_equal(s->order, "a");
    assert_int_equal(loop_post(s->loop, call_a, s), -1);
    loop_end(s->loop);
    assert_string_equal(s->order, "a");
}

static void test_post_dropped_at_destroy(void **state)
{
    struct scene *s = *state;
    assert_int_equal(loop_post(s->loop, call_a, s), 0);
    loop_destroy(s->loop);
    s->loop = NULL;
    assert_string_equal(s->order, "");
}

static void test_task_of_the_callers(void **state)
{
    struct scene *s = *state;
    struct loop_task tasks[] = {{.run = call_a, .ctx = s}, {.run = call_b, .ctx = s}};
    loop_post_task(s->loop, &tasks[0]);
    assert_int_equal(loop_post(s->loop, call_a, s), 0);
    loop_post_task(s->loop, &tasks[1]);
    run_for(s->loop, 20);
    assert_string_equal(s->order, "aab");
    loop_post_task(s->loop, &tasks[1]); /* free to be used again */
    run_for(s->loop, 20);
    assert_string_equal(s->order, "aabb");
    loop_post_task(s->loop, &tasks[0]);
    loop_destroy(s->loop); /* frees none of ours */
    s->loop = NULL;
    assert_string_equal(s->order, "aabb");
}

/* -- watches and signals -- */

static void readable(void *ctx)
{
    struct scene *s = ctx;
    char byte;
    note(s, 'r');
    assert_int_equal(read(s->fd, &byte, 1), 1);
}

static void test_watch_and_pause(void **state)
{
    struct scene *s = *state;
    int fds[2];
    stream_pair(fds);
    s->fd = fds[0];
    s->watch = loop_watch_create(s->loop, fds[0], readable, s);
    write_all(fds[1], SLICE("xy"));
    run_for(s->loop, 20);
    assert_string_equal(s->order, "rr"); /* still readable: called again */
    loop_watch_pause(s->watch);
    write_all(fds[1], SLICE("z"));
    run_for(s->loop, 20);
    assert_string_equal(s->order, "rr");
    assert_int_equal(loop_watch_resume(s->watch), 0);
    run_for(s->loop, 20);
    assert_string_equal(s->order, "rrr");
    loop_watch_destroy(s->watch);
    s->watch = NULL;
    close(fds[0]);
    close(fds[1]);
}

static void test_signal(void **state)
{
    struct scene *s = *state;
    s->watch = loop_signal_create(s->loop, SIGUSR1, call_a, s);
    assert_non_null(s->watch);
    assert_int_equal(raise(SIGUSR1), 0);
    run_for(s->loop, 30);
    assert_string_equal(s->order, "a");
}

/* -- time, and the end -- */

struct clock_scene {
    struct scene *scene;
    uint64_t first, second;
};

static void read_time_twice(void *ctx)
{
    struct clock_scene *c = ctx;
    const struct timespec pause = {.tv_nsec = 5000000};
    c->first = loop_now_ms(c->scene->loop);
    assert_int_equal(nanosleep(&pause, NULL), 0);
    c->second = loop_now_ms(c->scene->loop);
}

static void test_time_stands_within_a_turn(void **state)
{
    struct scene *s = *state;
    struct clock_scene one = {s, 0, 0}, two = {s, 0, 0};
    assert_int_equal(loop_post(s->loop, read_time_twice, &one), 0);
    run_for(s->loop, 20);
    assert_int_equal(loop_post(s->loop, read_time_twice, &two), 0);
    run_for(s->loop, 20);
    assert_int_equal(one.first, one.second);
    assert_true(two.first >= one.first + 5);
}

static void stop_then_note(void *ctx)
{
    struct scene *s = ctx;
    loop_stop(s->loop);
    note(s, 's');
}

static void test_stop_and_run_again(void **state)
{
    struct scene *s = *state;
    assert_int_equal(loop_post(s->loop, stop_then_note, s), 0);
    assert_int_equal(loop_run(s->loop), 0);
    assert_int_equal(loop_post(s->loop, stop_then_note, s), 0);
    assert_int_equal(loop_run(s->loop), 0);
    assert_string_equal(s->order, "ss");
}

static void test_no_descriptor_leaks(void **state)
{
    (void)state;
    int before = count_descriptors();
    for (int i = 0; i < 10; i++) {
        struct loop *loop = loop_create();
        assert_non_null(loop);
        assert_true(count_descriptors() > before);
        loop_destroy(loop);
    }
    loop_destroy(NULL);
    assert_int_equal(count_descriptors(), before);
}

/* One that has itself told again each time, as a connection does whose peer never lets it rest. */
struct restless {
    struct scene *scene;
    struct loop_io io;
    struct loop_told news;
    unsigned told, told_before_watch;
};

#define RESTLESS_MAX 100000

static void tell_again(int fd, short what, void *arg)
{
    struct restless *r = arg;
    (void)fd;
    assert_int_equal(what, LOOP_TOLD);
    if (++r->told < RESTLESS_MAX && r->scene->fired_ms == 0)
        loop_tell(r->scene->loop, &r->news, &r->io);
    else
        loop_stop(r->scene->loop);
}

static void watch_restless(void *arg)
{
    struct restless *r = arg;
    if (r->told_before_watch == 0)
        r->told_before_watch = r->told;
    loop_watch_pause(r->scene->watch);
}

static void test_the_restless_take_turns(void **state)
{
    struct scene *s = *state;
    struct restless r = {.scene = s};
    int fds[2];
    stream_pair(fds);
    assert_int_equal(loop_io_init(&r.io, s->loop, -1, 0, tell_again, &r), 0);
    s->watch = loop_watch_create(s->loop, fds[0], watch_restless, &r);
    s->timer = loop_timer_create(s->loop, fire, s);
    write_all(fds[1], SLICE("x"));
    loop_timer_set(s->timer, 5);
    loop_tell(s->loop, &r.news, &r.io);
    loop_tell(s->loop, &r.news, &r.io); /* once */
    assert_int_equal(loop_run(s->loop), 0);
    assert_true(r.told < RESTLESS_MAX); /* the timer came */
    assert_in_range(r.told_before_watch, 1, 2);

    r.told = 0;
    loop_tell(s->loop, &r.news, &r.io);
    loop_untell(&r.news);
    run_for(s->loop, 5);
    assert_int_equal(r.told, 0);
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_restless_take_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_fires_once_and_not_early, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_moves_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_moves_earlier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_cancel_and_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timer_destroyed_or_set_in_fire, setup, teardown),
        cmocka_unit_test_setup_teardown(test_posts_from_a_thread_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_post_is_never_run_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_post_after_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_post_dropped_at_destroy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_task_of_the_callers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watch_and_pause, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_time_stands_within_a_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_and_run_again, setup, teardown),
        cmocka_unit_test(test_no_descriptor_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
