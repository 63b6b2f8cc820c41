/* upstream_tls: what each policy makes of what a server offers and answers (PROTOCOL T03, T04). The
 * connection stays plain; handshakes are in tests/unit/proxy/net and the dialogues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "proxy/upstream/upstream_tls.h"

struct scene {
    struct loop *loop;
    struct connection *c;
    int peer;
};

static void stop(void *loop)
{
    loop_stop(loop);
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static int setup(void **state)
{
    static struct scene scene;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    scene.loop = loop_create();
    scene.c = connection_accept(scene.loop, fds[0], nothing, NULL);
    scene.peer = fds[1];
    assert_non_null(scene.c);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    connection_destroy(s->c);
    loop_destroy(s->loop);
    return close(s->peer);
}

static const enum upstream_tls_mode OFF = UPSTREAM_TLS_OFF, MAY = UPSTREAM_TLS_OPPORTUNISTIC,
                                    MUST = UPSTREAM_TLS_REQUIRED, SURE = UPSTREAM_TLS_VERIFIED;

static void test_after_the_greeting(void **state)
{
    const struct {
        enum upstream_tls_mode mode;
        bool plain, offered;
        enum upstream_tls_next next;
    } rows[] = {
        {OFF, false, true, UPSTREAM_TLS_NEXT_OPEN},   {MAY, false, true, UPSTREAM_TLS_NEXT_ASK},
        {MAY, false, false, UPSTREAM_TLS_NEXT_OPEN},  {MAY, true, true, UPSTREAM_TLS_NEXT_OPEN},
        {MUST, false, true, UPSTREAM_TLS_NEXT_ASK},   {MUST, false, false, UPSTREAM_TLS_NEXT_LOST},
        {SURE, false, false, UPSTREAM_TLS_NEXT_LOST},
    };
    const struct scene *s = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct upstream_leg leg = {.mode = rows[i].mode, .plain = rows[i].plain};
        assert_int_equal(upstream_tls_introduced(&leg, s->c, rows[i].offered), rows[i].next);
        assert_int_equal(leg.failure != NULL, rows[i].next == UPSTREAM_TLS_NEXT_LOST);
    }
}

static void test_after_the_reply(void **state)
{
    const struct {
        enum upstream_tls_mode mode;
        int code;
        enum upstream_tls_next next;
    } rows[] = {
        {MAY, 454, UPSTREAM_TLS_NEXT_OPEN},  {MAY, 502, UPSTREAM_TLS_NEXT_OPEN},
        {MAY, 421, UPSTREAM_TLS_NEXT_LOST},  {MAY, 250, UPSTREAM_TLS_NEXT_LOST},
        {MAY, 354, UPSTREAM_TLS_NEXT_LOST},  {MUST, 454, UPSTREAM_TLS_NEXT_LOST},
        {SURE, 502, UPSTREAM_TLS_NEXT_LOST}, {MUST, 220, UPSTREAM_TLS_NEXT_LOST}, /* no context */
    };
    const struct scene *s = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct upstream_leg leg = {.mode = rows[i].mode};
        assert_int_equal(upstream_tls_replied(&leg, s->c, rows[i].code), rows[i].next);
        assert_int_equal(leg.failure != NULL, rows[i].next == UPSTREAM_TLS_NEXT_LOST);
    }
}

static void test_when_connected(void **state)
{
    const struct scene *s = *state;
    struct upstream_leg leg = {.mode = SURE};
    assert_int_equal(upstream_tls_connected(&leg, s->c), UPSTREAM_TLS_NEXT_GREETING);
    leg.mode = UPSTREAM_TLS_IMPLICIT; /* without certificates there is no TLS, and so no session */
    assert_int_equal(upstream_tls_connected(&leg, s->c), UPSTREAM_TLS_NEXT_LOST);
}

static void test_while_waiting(void **state)
{
    const struct scene *s = *state;
    struct upstream_leg may = {.mode = MAY}, must = {.mode = MUST};
    assert_int_equal(upstream_tls_step(&must, s->c), UPSTREAM_TLS_NEXT_WAIT);
    connection_deadline(s->c, 1);
    while (!connection_expired(s->c)) {
        struct loop_timer *timer = loop_timer_create(s->loop, stop, s->loop);
        loop_timer_set(timer, 2);
        assert_int_equal(loop_run(s->loop), 0);
        loop_timer_destroy(timer);
    }
    assert_int_equal(upstream_tls_step(&must, s->c), UPSTREAM_TLS_NEXT_LOST);
    assert_false(must.plain);
    assert_int_equal(upstream_tls_step(&may, s->c), UPSTREAM_TLS_NEXT_AGAIN);
    assert_true(may.plain);
}

static void test_private(void **state)
{
    static const struct {
        const char *to; /* NULL: a unix socket */
        enum upstream_tls_mode mode;
        bool kept;
    } rows[] = {
        {"127.0.0.1", UPSTREAM_TLS_OFF, true},
        {"::1", UPSTREAM_TLS_OFF, true},
        {NULL, UPSTREAM_TLS_OFF, true},
        {"192.0.2.1", UPSTREAM_TLS_OFF, false},
        {"2001:db8::1", UPSTREAM_TLS_OFF, false},
        {"0.0.0.0", UPSTREAM_TLS_OFF, false},
        {"127.0.0.1", UPSTREAM_TLS_OPPORTUNISTIC, false},
        {NULL, UPSTREAM_TLS_OPPORTUNISTIC, false},
        {"192.0.2.1", UPSTREAM_TLS_OPPORTUNISTIC, false},
    };
    const struct scene *s = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address to = {.family = ADDRESS_UNIX};
        struct upstream_leg leg = {.mode = rows[i].mode};
        if (rows[i].to != NULL)
            assert_int_equal(address_parse(slice_str(rows[i].to), &to), 0);
        assert_int_equal(upstream_tls_private(&leg, s->c, &to), rows[i].kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_after_the_greeting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_after_the_reply, setup, teardown),
        cmocka_unit_test_setup_teardown(test_when_connected, setup, teardown),
        cmocka_unit_test_setup_teardown(test_while_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(test_private, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
