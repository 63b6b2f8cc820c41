/* connection_patience: a peer that does not read, or reads in drips, is not waited for (PROTOCOL
 * Z03, U09). */
#include "tests/unit/proxy/net/talk.h"

#include <malloc.h>

#define PATIENCE_MS 500
#define MUCH        (CONNECTION_BLOCK_BYTES * 8)

static int setup(void **state)
{
    struct talk *t = talk_new();
    talk_begin(t, stream_pair);
    connection_patience(t->c, PATIENCE_MS);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    talk_end(*state);
    return 0;
}

/* Queues more than the socket takes. */
static void fill(struct talk *t, size_t size)
{
    char *text = calloc(1, size);
    assert_non_null(text);
    assert_int_equal(connection_write(t->c, slice_make(text, size)), 0);
    connection_flush(t->c);
    assert_true(connection_queued(t->c) > 0);
    free(text);
}

/* The peer reads so much at a time; returns when the connection failed, 0: it has sent all. */
static uint64_t read_in_drips(struct talk *t, size_t size, uint64_t every_ms)
{
    char *text = malloc(size);
    uint64_t start_ms = clock_ms();
    assert_non_null(text);
    while (connection_state(t->c) == CONNECTION_OPEN && connection_queued(t->c) > 0) {
        assert_true(clock_ms() - start_ms < 8 * GROUND_PATIENCE_MS);
        run_for(t->loop, every_ms);
        (void)talk_hear(t, text, size);
    }
    free(text);
    return connection_state(t->c) == CONNECTION_OPEN ? 0 : clock_ms() - start_ms;
}

static void assert_given_up(const struct talk *t)
{
    assert_int_equal(connection_state(t->c), CONNECTION_FAILED);
    assert_int_equal(connection_error(t->c), ETIMEDOUT);
    assert_int_equal(t->wakes, 1);
    assert_int_equal(connection_memory(t->c), 0);
}

static void test_deaf(void **state)
{
    struct talk *t = *state;
    fill(t, MUCH);
    run_for(t->loop, PATIENCE_MS / 2);
    assert_int_equal(connection_state(t->c), CONNECTION_OPEN);
    run_for(t->loop, PATIENCE_MS * 4);
    assert_given_up(t);
}

/* More that is queued meanwhile changes nothing. */
static void test_deaf_while_more_comes(void **state)
{
    struct talk *t = *state;
    fill(t, MUCH);
    uint64_t start_ms = clock_ms();
    while (connection_state(t->c) == CONNECTION_OPEN) {
        assert_true(clock_ms() - start_ms < GROUND_PATIENCE_MS);
        assert_int_equal(connection_write(t->c, SLICE("x")), 0);
        connection_flush(t->c);
        run_for(t->loop, 10);
    }
    assert_given_up(t);
}

/* Some octets now and then do not count. */
static void test_drips(void **state)
{
    struct talk *t = *state;
    fill(t, MUCH);
    assert_true(read_in_drips(t, 100, 10) > 0);
    assert_int_equal(connection_error(t->c), ETIMEDOUT);
}

/* Slow, but a block each time: it takes several times the patience and is waited for. */
static void test_slow_but_steady(void **state)
{
    struct talk *t = *state;
    fill(t, MUCH);
    uint64_t start_ms = clock_ms();
    assert_int_equal(read_in_drips(t, CONNECTION_BLOCK_BYTES / 2, PATIENCE_MS / 6), 0);
    assert_true(clock_ms() - start_ms > PATIENCE_MS);
    run_for(t->loop, PATIENCE_MS * 2); /* nothing is queued: no hurry */
    assert_int_equal(connection_state(t->c), CONNECTION_OPEN);
}

static void test_as_long_as_it_likes(void **state)
{
    struct talk *t = *state;
    connection_patience(t->c, 0);
    fill(t, MUCH);
    run_for(t->loop, PATIENCE_MS * 3);
    assert_int_equal(connection_state(t->c), CONNECTION_OPEN);
}

/* Given away it has a time of its own. */
static void test_given_away(void **state)
{
    struct talk *t = *state;
    fill(t, MUCH);
    connection_finish(t->c);
    t->c = NULL;
    run_for(t->loop, PATIENCE_MS * 3);
    assert_int_equal(t->wakes, 0);
    assert_int_equal(count_descriptors(), t->idle + 2);
}

/* What watches a deaf peer ends with the connection, and takes no memory along. */
static void test_destroyed(void **state)
{
    struct talk *t = *state;
    size_t used = 0;
    for (int i = 0; i < 3; i++) {
        fill(t, MUCH);
        connection_destroy(t->c);
        assert_int_equal(count_descriptors(), t->idle + 1);
        assert_int_equal(close(t->peer), 0);
        if (i == 1) /* the loop has kept what it keeps */
            used = mallinfo2().uordblks;
        if (i > 1)
            assert_int_equal(mallinfo2().uordblks, used);
        talk_begin(t, stream_pair);
        connection_patience(t->c, PATIENCE_MS);
    }
    run_for(t->loop, PATIENCE_MS * 2);
    assert_int_equal(t->wakes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deaf, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deaf_while_more_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_drips, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_but_steady, setup, teardown),
        cmocka_unit_test_setup_teardown(test_as_long_as_it_likes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_given_away, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroyed, setup, teardown),
    };
    return cmocka_run_group_tests_name("connection_patience", tests, NULL, NULL);
}
