/* gateway_accept: who is let in, and what the others are told. */
#include "proxy/gateway/gateway_accept.h"

#include <limits.h>

#include "tests/unit/proxy/gateway/gateway_scene.h"

#define FULL "421 4.7.0 Too many connections\r\n"

/* Comes from ${client}; the end that is the client's. */
static int arrive(struct scene *s, const char *client)
{
    struct address peer;
    int fds[2];

    assert_int_equal(address_parse(slice_str(client), &peer), 0);
    stream_pair(fds);
    gateway_accept_connection(&s->gateway->ports[0], fds[0], &peer);
    return fds[1];
}

/* Turned away, with these words. */
static void expect_refused(int fd, const char *words)
{
    char heard[256] = "";

    assert_int_equal(recv(fd, heard, sizeof(heard) - 1, MSG_WAITALL), (ssize_t)strlen(words));
    assert_string_equal(heard, words);
    assert_int_equal(close(fd), 0);
}

/* Nothing is said to it before an upstream has greeted. */
static void expect_let_in(struct scene *s, unsigned count)
{
    assert_int_equal(gateway_accept_sessions(s->gateway), count);
}

static void counts(void **state)
{
    struct address first, second;
    struct scene s;

    (void)state;
    scene_begin(&s, "", "limits = { connections = 3; connections_per_client = 2; };");
    assert_int_equal(address_parse(SLICE("192.0.2.1"), &first), 0);
    assert_int_equal(address_parse(SLICE("192.0.2.2"), &second), 0);
    int one = arrive(&s, "192.0.2.1"), two = arrive(&s, "192.0.2.1");
    expect_refused(arrive(&s, "192.0.2.1"), FULL);
    int three = arrive(&s, "192.0.2.2");
    expect_refused(arrive(&s, "192.0.2.3"), FULL);
    assert_int_equal(close(one), 0);
    assert_int_equal(close(two), 0);
    assert_int_equal(close(three), 0);
    scene_finish(&s, (const char *const[]){"192.0.2.1 turned away: too many connections from there",
                                           "192.0.2.3 turned away: too many connections\n", NULL});
}

/* One that tells who its client is brings many; each is counted when it has told. */
static void recounts(void **state)
{
    struct address proxy, client;
    struct scene s;

    (void)state;
    scene_begin(&s, "xclient = [ \"192.0.2.1\" ];",
                "limits = { connections = 9; connections_per_client = 1; };");
    assert_int_equal(address_parse(SLICE("192.0.2.1"), &proxy), 0);
    assert_int_equal(address_parse(SLICE("198.51.100.1"), &client), 0);
    int one = arrive(&s, "192.0.2.1"), two = arrive(&s, "192.0.2.1");
    assert_true(gateway_accept_recount(s.gateway, &proxy, &client, 1));
    assert_false(gateway_accept_recount(s.gateway, &proxy, &client, 1));
    assert_true(gateway_accept_recount(s.gateway, &client, &proxy, UINT_MAX));
    assert_true(gateway_accept_recount(s.gateway, &proxy, &client, 1));
    assert_true(gateway_accept_recount(s.gateway, &client, &proxy, UINT_MAX));
    assert_int_equal(close(one), 0);
    assert_int_equal(close(two), 0);
    scene_end(&s);
}

static void without_workers(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, "", "");
    unsigned workers = s.gateway->worker_count;
    s.gateway->worker_count = 0;
    expect_refused(arrive(&s, "192.0.2.1"),
                   "421 4.3.2 The service is going down, try again later\r\n");
    s.gateway->worker_count = workers;
    expect_let_in(&s, 0);
    scene_finish(&s, (const char *const[]){"192.0.2.1 turned away: no worker is left", NULL});
}

static void without_descriptors(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, "", "");
    s.gateway->descriptors.allowed = s.gateway->opened;
    expect_refused(arrive(&s, "192.0.2.1"), "421 4.3.2 Too busy, try again later\r\n");
    expect_let_in(&s, 0);
    scene_finish(&s, (const char *const[]){"192.0.2.1 turned away: no descriptors are left", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(recounts),
        cmocka_unit_test(without_workers),
        cmocka_unit_test(without_descriptors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
