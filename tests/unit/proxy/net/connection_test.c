/* connection: its input, output and deadline. How it ends: connection_end_test.c. */
#include "proxy/net/connection_private.h"
#include "tests/unit/proxy/net/talk.h"

#include <netinet/tcp.h>
#include <sys/un.h>

#define MANY 1048576

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

/* -- input -- */

static void test_kept_input_grows_in_one_piece(void **state)
{
    struct talk *t = *state;
    talk_begin(t, stream_pair);
    talk_say(t, SLICE("EHLO "));
    assert_text(connection_input(t->c), "EHLO ");
    assert_true(connection_memory(t->c) > 0);
    talk_say(t, SLICE("x\r"));
    talk_say(t, SLICE("\nMAIL"));
    assert_text(connection_input(t->c), "EHLO x\r\nMAIL");
    assert_int_equal(t->wakes, 3);
    connection_consume(t->c, 8);
    assert_text(connection_input(t->c), "MAIL");
    talk_say(t, SLICE(" FROM"));
    assert_text(connection_input(t->c), "MAIL FROM");
    connection_consume(t->c, 9);
    assert_int_equal(connection_input(t->c).len, 0);
    assert_int_equal(connection_memory(t->c), 0);
}

static void test_consumed_input_leaves_no_memory(void **state)
{
    struct talk *t = *state;
    talk_begin(t, stream_pair);
    t->act = ACT_READ;
    talk_say(t, SLICE("NOOP\r\n"));
    assert_text(bytes_slice(&t->got), "NOOP\r\n");
    assert_int_equal(connection_memory(t->c), 0);
}

/* feed(t, size): the peer sends a stream while nobody reads it; returns how much went out. */
static size_t feed(struct talk *t, size_t size)
{
    char block[5000];
    size_t sent = 0;
    while (sent < size) {
        size_t want = size - sent < sizeof(block) ? size - sent : sizeof(block);
        talk_pattern(block, want, sent);
        ssize_t put = send(t->peer, block, want, MSG_DONTWAIT);
        if (put < 0) {
            assert_int_equal(errno, EAGAIN);
            break;
        }
        sent += (size_t)put;
        run_for(t->loop, 1);
    }
    return sent;
}

static void assert_stream(struct slice got, size_t start)
{
    char *want = malloc(got.len + 1);
    assert_non_null(want);
    talk_pattern(want, got.len, start);
    assert_true(slice_equal(got, slice_make(want, got.len)));
    free(want);
}

static void test_unread_input_is_bounded_and_in_order(void **state)
{
    struct talk *t = *state;
    talk_begin(t, stream_pair);
    size_t sent = feed(t, MANY);
    assert_true(sent > CONNECTION_INPUT_MAX);
    assert_int_equal(connection_input(t->c).len, CONNECTION_INPUT_MAX);
    assert_true(connection_memory(t->c) <= (size_t)2 * CONNECTION_INPUT_MAX);
    unsigned wakes = t->wakes;
    int64_t cpu = cpu_ms();
    run_for(t->loop, 200);
    assert_int_equal(t->wakes, wakes); /* full: it waits, and costs nothing */
    assert_true(cpu_ms() - cpu < 100);

    size_t taken = 0;
    for (size_t step = 1; taken < sent; step = step * 3 % 40009 + 1) {
        struct slice input = connection_input(t->c);
        size_t size = step < input.len ? step : input.len;
        assert_stream(input, taken);
        connection_consume(t->c, size);
        taken += size;
        run_for(t->loop, 0);
    }
    assert_int_equal(taken, sent);
    assert_int_equal(connection_memory(t->c), 0);
}

static void test_end_of_stream_leaves_input_and_output(void **state)
{
    struct talk *t = *state;
    char heard[16];
    talk_begin(t, stream_pair);
    write_all(t->peer, SLICE("QUIT"));
    assert_int_equal(shutdown(t->peer, SHUT_WR), 0);
    run_for(t->loop, 20);
    assert_int_equal(connection_state(t->c), CONNECTION_EOF);
    assert_text(connection_input(t->c), "QUIT");
    assert_int_equal(connection_write(t->c, SLICE("221 bye")), 0);
    connection_flush(t->c);
    assert_int_equal(talk_hear(t, heard, sizeof(heard)), 7);
    int64_t cpu = cpu_ms();
    run_for(t->loop, 200);
    assert_true(cpu_ms() - cpu < 100); /* an end of stream is told once */
    connection_consume(t->c, 4);
    assert_int_equal(connection_state(t->c), CONNECTION_EOF);
    assert_int_equal(connection_error(t->c), 0);
}

static void test_reset_is_a_failure(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    talk_say(t, SLICE("half a li"));
    close_with_reset(t->peer);
    t->peer = -1;
    run_for(t->loop, 20);
    assert_int_equal(connection_state(t->c), CONNECTION_FAILED);
    assert_int_equal(connection_error(t->c), ECONNRESET);
    assert_text(connection_input(t->c), "half a li");
    assert_int_equal(connection_write(t->c, SLICE("x")), -1);
    assert_int_equal(t->wakes, 2);
}

static void test_pause(void **state)
{
    struct talk *t = *state;
    talk_begin(t, stream_pair);
    connection_pause(t->c, true);
    talk_say(t, SLICE("later"));
    int64_t cpu = cpu_ms();
    run_for(t->loop, 200);
    assert_true(cpu_ms() - cpu < 100);
    assert_int_equal(t->wakes, 0);
    assert_int_equal(connection_input(t->c).len, 0);
    connection_pause(t->c, false);
    assert_int_equal(t->wakes, 0);
    run_for(t->loop, 20);
    assert_int_equal(t->wakes, 1);
    assert_text(connection_input(t->c), "later");
}

static void test_end_and_failure_are_told_while_paused(void **state)
{
    struct talk *t = *state;
    talk_begin(t, tcp_pair);
    connection_pause(t->c, true);
    assert_int_equal(shutdown(t->peer, SHUT_WR), 0);
    run_for(t->loop, 20);
    assert_int_equal(connection_state(t->c), CONNECTION_EOF);
    assert_int_equal(t->wakes, 1);
    connection_destroy(t->c);
    talk_close_peer(t);

    talk_begin(t, tcp_pair);
    connection_pause(t->c, true);
    close_with_reset(t->peer);
    t->peer = -1;
    run_for(t->loop, 20);
    assert_int_equal(connection_state(t->c), CONNECTION_FAILED);
    assert_int_equal(t->wakes, 2);
}

/* -- output -- */

/* hear_all(t, out): reads at the peer until nothing more comes. */
static void hear_all(struct talk *t, struct bytes *out)
{
    static const uint64_t quiet_ms = 30;
    char block[30000];
    for (uint64_t last = clock_ms(); clock_ms() - last < quiet_ms;) {
        ssize_t got = talk_hear(t, block, sizeof(block));
        if (got > 0) {
            bytes_append(out, slice_make(block, (size_t)got));
            last = clock_ms();
        }
        run_for(t->loop, 0);
    }
}

static void test_congested_until_drained(void **state)
{
    struct talk *t = *state;
    char *text = malloc(MANY);
    assert_non_null(text);
    talk_pattern(text, MANY, 0);
    talk_begin(t, stream_pair);
    for (size_t at = 0; at < MANY; at += MANY / 64) {
        assert_int_equal(connection_write(t->c, slice_make(text + at, MANY / 64)), 0);
        t->inside = true;
        connection_flush(t->c);
        t->inside = false;
    }
    assert_true(connection_congested(t->c));
    run_for(t->loop, 20);
    assert_int_equal(t->wakes, 0);

    while (connection_queued(t->c) > CONNECTION_OUTPUT_HIGH / 4) {
        assert_int_equal(t->wakes, 0);
        char block[4096];
        ssize_t got = talk_hear(t, block, sizeof(block));
        if (got > 0)
            bytes_append(&t->got, slice_make(block, (size_t)got));
        run_for(t->loop, 0);
    }
    assert_int_equal(t->wakes, 1);
    assert_false(connection_congested(t->c));
    hear_all(t, &t->got);
    assert_int_equal(t->wakes, 1);
    assert_true(slice_equal(bytes_slice(&t->got), slice_make(text, MANY)));
    assert_int_equal(connection_memory(t->c), 0);
    free(text);
}

static void test_send_keeps_the_order(void **state)
{
    struct talk *t = *state;
    enum { PIECES = 200, PIECE = 3000 };
    char *text = malloc(PIECES * PIECE);
    struct slice pieces[PIECES];
    assert_non_null(text);
    talk_pattern(text, PIECES * PIECE, 0);
    for (size_t i = 0; i < PIECES; i++)
        pieces[i] = slice_make(text + i * PIECE, PIECE);
    talk_begin(t, stream_pair);

    assert_int_equal(connection_write(t->c, pieces[0]), 0); /* queued before */
    assert_int_equal(connection_send(t->c, pieces + 1, PIECES - 2), 0);
    assert_true(connection_queued(t->c) > 0);
    assert_int_equal(connection_send(t->c, pieces + PIECES - 1, 1), 0); /* while blocked */
    hear_all(t, &t->got);
    assert_true(slice_equal(bytes_slice(&t->got), slice_make(text, PIECES * PIECE)));
    assert_int_equal(connection_memory(t->c), 0);
    free(text);
}

static void test_send_of_little_copies_nothing(void **state)
{
    struct talk *t = *state;
    const struct slice pieces[] = {SLICE_INIT("a"), SLICE_INIT(""), SLICE_INIT("b\r\n")};
    talk_begin(t, stream_pair);
    assert_int_equal(connection_send(t->c, pieces, 3), 0);
    assert_int_equal(connection_send(t->c, NULL, 0), 0);
    assert_int_equal(connection_memory(t->c), 0);
    hear_all(t, &t->got);
    assert_text(bytes_slice(&t->got), "ab\r\n");
}

static void test_failed_write_is_told_later_with_the_last_input(void **state)
{
    struct talk *t = *state;
    talk_begin(t, stream_pair);
    write_all(t->peer, SLICE("421 go away\r\n"));
    talk_close_peer(t);
    t->inside = true;
    assert_int_equal(connection_write(t->c, SLICE("MAIL")), 0);
    connection_flush(t->c);
    assert_int_equal(connection_state(t->c), CONNECTION_FAILED);
    assert_int_equal(connection_error(t->c), EPIPE);
    assert_int_equal(connection_write(t->c, SLICE("x")), -1);
    t->inside = false;
    run_for(t->loop, 20);
    assert_int_equal(t->wakes, 1);
    assert_text(connection_input(t->c), "421 go away\r\n");
}

/* -- deadline -- */

static void test_deadline(void **state)
{
    struct talk *t = *state;
    talk_begin(t, stream_pair);
    connection_deadline(t->c, 20);
    connection_deadline(t->c, 90);
    run_for(t->loop, 60);
    assert_int_equal(t->wakes, 0);
    run_for(t->loop, 80);
    assert_int_equal(t->wakes, 1);
    assert_true(connection_expired(t->c));
    connection_deadline(t->c, 10);
    assert_false(connection_expired(t->c));
    connection_deadline(t->c, 0);
    run_for(t->loop, 40);
    assert_int_equal(t->wakes, 1);
    assert_false(connection_expired(t->c));
}

/* -- connecting -- */

static struct endpoint loopback(uint16_t port)
{
    return (struct endpoint){
        .address = {.family = ADDRESS_V4, .bytes = {127, 0, 0, 1}, .port = port},
    };
}

static void test_connect_sends_what_was_queued(void **state)
{
    struct talk *t = *state;
    uint16_t port;
    int listening = tcp_listen(&port);
    struct endpoint to = loopback(port);
    const int one = 1;
    int value = 0;
    socklen_t size = sizeof(value);
    t->inside = true;
    t->c = connection_open(t->loop, &to, talk_wake, t);
    assert_non_null(t->c);
    assert_int_equal(connection_state(t->c), CONNECTION_CONNECTING);
    assert_int_equal(connection_write(t->c, SLICE("EHLO x\r\n")), 0);
    connection_flush(t->c);
    t->inside = false;
    run_for(t->loop, 20);
    assert_int_equal(connection_state(t->c), CONNECTION_OPEN);
    assert_int_equal(t->wakes, 1);
    assert_int_equal(getsockopt(t->c->fd, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
    assert_int_equal(value, one);

    t->peer = accept(listening, NULL, NULL);
    hear_all(t, &t->got);
    assert_text(bytes_slice(&t->got), "EHLO x\r\n");
    assert_int_equal(connection_memory(t->c), 0);
    talk_say(t, SLICE("220 hi\r\n"));
    assert_text(connection_input(t->c), "220 hi\r\n");
    close(listening);
}

static void test_refused_connect_is_told_later(void **state)
{
    struct talk *t = *state;
    uint16_t port;
    assert_int_equal(close(tcp_listen(&port)), 0);
    struct endpoint to = loopback(port);
    struct endpoint local = {.address = {.family = ADDRESS_UNIX},
                             .path = SLICE_INIT("/nonexistent/postern.sock")};
    const struct {
        const struct endpoint *endpoint;
        int error;
    } rows[] = {{&to, ECONNREFUSED}, {&local, ENOENT}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        t->inside = true;
        t->wakes = 0;
        t->c = connection_open(t->loop, rows[i].endpoint, talk_wake, t);
        assert_non_null(t->c);
        t->inside = false;
        run_for(t->loop, 20);
        assert_int_equal(t->wakes, 1);
        assert_int_equal(connection_state(t->c), CONNECTION_FAILED);
        assert_int_equal(connection_error(t->c), rows[i].error);
        connection_destroy(t->c);
        t->c = NULL;
    }
}

static void test_connect_to_a_unix_socket(void **state)
{
    struct talk *t = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/postern-net-XXXXXX";
    assert_non_null(mkdtemp(folder));
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/s", folder);
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listening, 1), 0);
    struct endpoint to = {.address = {.family = ADDRESS_UNIX}, .path = slice_str(at.sun_path)};
    t->inside = true;
    t->c = connection_open(t->loop, &to, talk_wake, t);
    t->inside = false;
    run_for(t->loop, 20);
    assert_int_equal(connection_state(t->c), CONNECTION_OPEN);
    assert_int_equal(t->wakes, 1);
    close(listening);
    unlink(at.sun_path);
    rmdir(folder);
}

/* The cable is pulled, and nobody says so (PROTOCOL Z04; accepted sockets: listener_test.c). */
static void test_half_open_upstreams_are_noticed(void **state)
{
    struct talk *t = *state;
    uint16_t port;
    int listening = tcp_listen(&port);
    struct endpoint to = loopback(port);
    const struct {
        int level, name, value;
    } rows[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                {IPPROTO_TCP, TCP_KEEPIDLE, CONNECTION_KEEPALIVE_IDLE_S},
                {IPPROTO_TCP, TCP_KEEPINTVL, CONNECTION_KEEPALIVE_INTERVAL_S},
                {IPPROTO_TCP, TCP_USER_TIMEOUT, CONNECTION_USER_TIMEOUT_MS}};
    t->c = connection_open(t->loop, &to, talk_wake, t);
    assert_non_null(t->c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int value = 0;
        socklen_t size = sizeof(value);
        assert_int_equal(getsockopt(t->c->fd, rows[i].level, rows[i].name, &value, &size), 0);
        assert_int_equal(value, rows[i].value);
    }
    close(listening);
}

/* -- size -- */

static void nothing(void *ctx)
{
    (void)ctx;
}

/* As many idle connections as the system lets us have, 5000 at most. */
static void test_idle_costs_nothing(void **state)
{
    struct talk *t = *state;
    enum { IDLE = 5000 };
    static struct connection *idle[IDLE];
    static int peers[IDLE];
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    size_t count = limit.rlim_max > 2 * IDLE + 100 ? IDLE : (limit.rlim_max - 100) / 2;

    for (size_t i = 0; i < count; i++) {
        int fds[2];
        stream_pair(fds);
        idle[i] = connection_accept(t->loop, fds[0], nothing, NULL);
        assert_non_null(idle[i]);
        connection_deadline(idle[i], 300000);
        peers[i] = fds[1];
    }
    run_for(t->loop, 10);
    int64_t cpu = cpu_ms();
    run_for(t->loop, 500);
    assert_true(cpu_ms() - cpu < 50);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(connection_memory(idle[i]), 0);
        connection_destroy(idle[i]);
        close(peers[i]);
    }
    assert_true(sizeof(struct connection) <= 464);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept_input_grows_in_one_piece, setup, teardown),
        cmocka_unit_test_setup_teardown(test_consumed_input_leaves_no_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unread_input_is_bounded_and_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end_of_stream_leaves_input_and_output, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_reset_is_a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pause, setup, teardown),
        cmocka_unit_test_setup_teardown(test_end_and_failure_are_told_while_paused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_congested_until_drained, setup, teardown),
        cmocka_unit_test_setup_teardown(test_send_keeps_the_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_send_of_little_copies_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_write_is_told_later_with_the_last_input, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connect_sends_what_was_queued, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_connect_is_told_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connect_to_a_unix_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_open_upstreams_are_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idle_costs_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
