/* connection_end: what the peer sees when a connection ends, and that nothing of it stays. */
#include "tests/unit/proxy/net/talk.h"

#include <poll.h>

static int setup(void **state)
{
    *state = talk_new();
    return 0;
}

static int teardown(void **state)
{
    talk_end(*state);
    return 0;
}

/* assert_heard(t, want, error): the peer reads ${want}, and then the end of the stream (0) or
 * ${error}. */
static void assert_heard(struct talk *t, const char *want, int error)
{
    char block[256];
    struct bytes heard;
    ssize_t got = 1;
    struct pollfd poller = {.fd = t->peer, .events = POLLIN};
    bytes_init(&heard, 1U << 20);
    while (poll(&poller, 1, GROUND_PATIENCE_MS) == 1 &&
           (got = talk_hear(t, block, sizeof(block))) > 0)
        bytes_append(&heard, slice_make(block, (size_t)got));
    assert_text(bytes_slice(&heard), want);
    assert_true(got <= 0);
    assert_int_equal(got < 0 ? errno : 0, error);
    bytes_fini(&heard);
}

static void assert_all_closed(const struct talk *t)
{
    int own = t->peer >= 0 ? 1 : 0;
    assert_int_equal(count_descriptors(), t->idle + own);
}

/* -- in the owner's wake -- */

static void test_destroyed_in_wake(void **state)
{
    struct talk *t = *state;
    t->act = ACT_DESTROY;
    talk_begin(t, stream_pair);
    talk_say(t, SLICE("input"));
    assert_null(t->c);
    talk_close_peer(t);

    talk_begin(t, stream_pair);
    talk_close_peer(t); /* end of stream */
    run_for(t->loop, 20);
    assert_null(t->c);

    talk_begin(t, stream_pair);
    connection_deadline(t->c, 5);
    run_for(t->loop, 50);
    assert_null(t->c);
    talk_close_peer(t);

    talk_begin(t, stream_pair);
    talk_close_peer(t);
    assert_int_equal(connection_write(t->c, SLICE("x")), 0);
    connection_flush(t->c); /* a failure */
    run_for(t->loop, 20);
    assert_null(t->c);
    assert_int_equal(t->wakes, 4);
    assert_all_closed(t);
}

static void test_destroyed_when_drained(void **state)
{
    struct talk *t = *state;
    static char text[1048576];
    static char heard[65536];
    t->act = ACT_DESTROY;
    talk_begin(t, stream_pair);
    assert_int_equal(connection_write(t->c, slice_make(text, sizeof(text))), 0);
    connection_flush(t->c);
    while (t->c != NULL) {
        (void)talk_hear(t, heard, sizeof(heard));
        run_for(t->loop, 0);
    }
    assert_int_equal(t->wakes, 1);
    assert_all_closed(t);
}

/* What was to be told of a connection is not told when it is gone. */
static void test_destroyed_before_it_is_told(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    close_with_reset(t->peer);
    t->peer = -1;
    assert_int_equal(connection_write(t->c, SLICE("x")), 0);
    connection_flush(t->c);
    assert_int_equal(connection_state(t->c), CONNECTION_FAILED);
    connection_destroy(t->c);
    t->c = NULL;
    run_for(t->loop, 10);
    assert_int_equal(t->wakes, 0);
}

static void test_finished_in_wake(void **state)
{
    struct talk *t = *state;
    t->act = ACT_FINISH;
    talk_begin(t, stream_pair);
    talk_say(t, SLICE("input nobody reads"));
    assert_null(t->c);
    assert_heard(t, "", 0);
    talk_close_peer(t);
    run_for(t->loop, 20);
    assert_all_closed(t);
}

/* -- finish: the last reply arrives -- */

/* Unread input makes a plain close a reset, which takes the reply with it; this is what finish is
 * for. */
static void test_destroy_with_unread_input_resets(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    connection_pause(t->c, true);
    talk_say(t, SLICE("more and more"));
    connection_destroy(t->c);
    t->c = NULL;
    assert_heard(t, "", ECONNRESET);
}

static void test_finish_with_unread_input(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    connection_pause(t->c, true);
    talk_say(t, SLICE("more and more"));
    assert_int_equal(connection_write(t->c, SLICE("421 enough\r\n")), 0);
    connection_finish(t->c);
    t->c = NULL;
    run_for(t->loop, 20);
    talk_say(t, SLICE("and still more"));
    assert_heard(t, "421 enough\r\n", 0);
    talk_close_peer(t);
    run_for(t->loop, 20);
    assert_all_closed(t);
}

static void test_finish_after_the_peer_closed(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    t->act = ACT_READ;
    assert_int_equal(shutdown(t->peer, SHUT_WR), 0);
    run_for(t->loop, 20);
    assert_int_equal(connection_state(t->c), CONNECTION_EOF);
    assert_int_equal(connection_write(t->c, SLICE("bye")), 0);
    connection_finish(t->c);
    t->c = NULL;
    assert_all_closed(t); /* at once */
    assert_heard(t, "bye", 0);
}

static void test_finish_ends_by_itself(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    connection_finish(t->c);
    t->c = NULL;
    uint64_t begin = clock_ms();
    while (count_descriptors() > t->idle + 1) {
        (void)send(t->peer, "x", 1, MSG_NOSIGNAL); /* a peer that never ends does not prolong it */
        run_for(t->loop, 10);
        assert_true(clock_ms() - begin < CONNECTION_LINGER_MS + 1000);
    }
    assert_true(clock_ms() - begin >= CONNECTION_LINGER_MS - 100);
}

static void test_finish_sends_all_first(void **state)
{
    struct talk *t = *state;
    enum { SIZE = 700000 };
    static char text[SIZE];
    size_t heard = 0;
    talk_begin(t, stream_pair);
    talk_pattern(text, SIZE, 0);
    assert_int_equal(connection_write(t->c, slice_make(text, SIZE)), 0);
    connection_finish(t->c);
    t->c = NULL;
    for (uint64_t begin = clock_ms(); clock_ms() - begin < GROUND_PATIENCE_MS;) {
        static char block[SIZE];
        ssize_t got = talk_hear(t, block, SIZE);
        if (got == 0)
            break;
        if (got > 0) {
            assert_memory_equal(block, text + heard, (size_t)got);
            heard += (size_t)got;
        }
        run_for(t->loop, 0);
    }
    assert_int_equal(heard, SIZE);
    talk_close_peer(t);
    run_for(t->loop, 20);
    assert_all_closed(t);
}

/* A peer that talks while we still send must not take the rest for a reset, even after its QUIT. */
static void test_close_while_the_peer_talks(void **state)
{
    struct talk *t = *state;
    enum { SIZE = 8000000 }; /* more than both ends of a TCP connection hold */
    static char text[SIZE], block[65536];
    size_t heard = 0;
    ssize_t got = 1;
    talk_begin(t, tcp_pair);
    assert_int_equal(connection_write(t->c, slice_make(text, SIZE)), 0);
    connection_close(t->c);
    t->c = NULL;
    for (uint64_t begin = clock_ms(); got != 0 && clock_ms() - begin < GROUND_PATIENCE_MS;) {
        (void)send(t->peer, "NOOP\r\n", 6, MSG_NOSIGNAL | MSG_DONTWAIT);
        run_for(t->loop, 0);
        got = talk_hear(t, block, sizeof(block));
        assert_true(got >= 0 || errno == EAGAIN);
        heard += got > 0 ? (size_t)got : 0;
    }
    assert_int_equal(heard, SIZE);
    assert_int_equal(got, 0);
}

static void test_finish_while_connecting_or_failed(void **state)
{
    struct talk *t = *state;
    uint16_t port;
    int listening = tcp_listen(&port);
    struct endpoint to = {
        .address = {.family = ADDRESS_V4, .bytes = {127, 0, 0, 1}, .port = port},
    };
    t->c = connection_open(t->loop, &to, talk_wake, t);
    connection_finish(t->c);
    assert_int_equal(close(listening), 0);
    t->c = connection_open(t->loop, &to, talk_wake, t);
    run_for(t->loop, 20);
    assert_int_equal(connection_state(t->c), CONNECTION_FAILED);
    connection_finish(t->c);
    t->c = NULL;
    assert_all_closed(t);
}

/* -- close: after QUIT -- */

static void test_close_does_not_linger(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    t->act = ACT_READ;
    talk_say(t, SLICE("QUIT\r\n"));
    assert_int_equal(connection_write(t->c, SLICE("221 bye\r\n")), 0);
    connection_close(t->c);
    t->c = NULL;
    assert_all_closed(t);
    assert_heard(t, "221 bye\r\n", 0);
}

static void test_close_lingers_for_unread_input(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    talk_say(t, SLICE("QUIT\r\nNOOP\r\n"));
    connection_consume(t->c, 6);
    assert_int_equal(connection_write(t->c, SLICE("221 bye\r\n")), 0);
    connection_close(t->c);
    t->c = NULL;
    run_for(t->loop, 20);
    assert_heard(t, "221 bye\r\n", 0);
    assert_int_equal(count_descriptors(), t->idle + 2); /* still there */
    talk_close_peer(t);
    run_for(t->loop, 20);
    assert_all_closed(t);
}

/* -- half a close -- */

/* The end comes behind all that is queued, and the other direction goes on. */
static void test_half_close(void **state)
{
    struct talk *t = *state;
    enum { SIZE = 700000 };
    static char text[SIZE], block[SIZE];
    size_t heard = 0;
    ssize_t got = 1;
    talk_begin(t, stream_pair);
    t->act = ACT_READ;
    assert_int_equal(connection_write(t->c, slice_make(text, SIZE)), 0);
    connection_half_close(t->c);
    for (uint64_t begin = clock_ms(); got != 0 && clock_ms() - begin < GROUND_PATIENCE_MS;) {
        run_for(t->loop, 0);
        got = talk_hear(t, block, SIZE);
        heard += got > 0 ? (size_t)got : 0;
    }
    assert_int_equal(heard, SIZE);
    assert_int_equal(got, 0);
    talk_say(t, SLICE("still here"));
    assert_text(bytes_slice(&t->got), "still here");
    connection_finish(t->c);
    t->c = NULL;
    talk_close_peer(t);
    run_for(t->loop, 20);
    assert_all_closed(t);
}

static void test_half_close_with_nothing_queued(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    assert_int_equal(connection_write(t->c, SLICE("last words")), 0);
    connection_half_close(t->c);
    assert_heard(t, "last words", 0);
    assert_int_equal(connection_state(t->c), CONNECTION_OPEN);
}

static void count_wake(void *ctx)
{
    ++*(unsigned *)ctx;
}

/* From then on the former owner hears nothing. */
static void test_adopted(void **state)
{
    struct talk *t = *state;
    unsigned wakes = 0;
    talk_begin(t, stream_pair);
    talk_say(t, SLICE("one"));
    assert_int_equal(t->wakes, 1);
    connection_adopt(t->c, count_wake, &wakes);
    talk_say(t, SLICE("two"));
    assert_int_equal(t->wakes, 1);
    assert_int_equal(wakes, 1);
    assert_text(connection_input(t->c), "onetwo");
}

/* -- reset, and nobody at all -- */

static void test_reset_is_seen_as_one(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    assert_int_equal(connection_write(t->c, SLICE("half a message")), 0);
    connection_flush(t->c);
    connection_reset(t->c);
    t->c = NULL;
    char block[64];
    while (talk_hear(t, block, sizeof(block)) > 0)
        ;
    assert_int_equal(errno, ECONNRESET);
    assert_all_closed(t);
}

static void test_loop_destroy_closes_what_lingers(void **state)
{
    struct talk *t = *state;
    for (int i = 0; i < 3; i++) {
        talk_begin(t, stream_pair);
        connection_finish(t->c);
        t->c = NULL;
        if (i != 1) /* the middle one ends by itself */
            write_all(t->peer, SLICE("x"));
        talk_close_peer(t);
        if (i == 1)
            run_for(t->loop, 20);
    }
    talk_begin(t, stream_pair);
    connection_finish(t->c);
    t->c = NULL;
    loop_destroy(t->loop);
    t->loop = NULL;
    talk_close_peer(t);
    assert_int_equal(count_descriptors(), t->descriptors);
}

static void test_null_is_nothing(void **state)
{
    (void)state;
    connection_destroy(NULL);
    connection_reset(NULL);
    connection_finish(NULL);
    connection_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_destroyed_in_wake, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroyed_when_drained, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroyed_before_it_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finished_in_wake, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroy_with_unread_input_resets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish_with_unread_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish_after_the_peer_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish_ends_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish_sends_all_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_while_the_peer_talks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish_while_connecting_or_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_does_not_linger, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_lingers_for_unread_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_close, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_close_with_nothing_queued, setup, teardown),
        cmocka_unit_test_setup_teardown(test_adopted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset_is_seen_as_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_loop_destroy_closes_what_lingers, setup, teardown),
        cmocka_unit_test(test_null_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
