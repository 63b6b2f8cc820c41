/* listener: opening, accepting, and running out of descriptors (PROTOCOL Z05). */
#include "proxy/net/connection.h"
#include "proxy/net/listener.h"
#include "proxy/net/sockaddr.h"
#include "tests/unit/heap.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

#define CLIENTS_MAX 200

struct scene {
    struct loop *loop;
    struct listener *listener;
    struct endpoint endpoint;
    char folder[64], path[80];
    int fds[CLIENTS_MAX]; /* accepted */
    size_t accepted;
    struct address peer; /* of the last */
    bool destroy_in_accept;
    int descriptors;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->descriptors = count_descriptors();
    s->loop = loop_create();
    assert_non_null(s->loop);
    (void)snprintf(s->folder, sizeof(s->folder), "/tmp/postern-listen-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    (void)snprintf(s->path, sizeof(s->path), "%s/s", s->folder);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    listener_destroy(s->listener);
    loop_destroy(s->loop);
    for (size_t i = 0; i < s->accepted; i++)
        assert_int_equal(close(s->fds[i]), 0);
    (void)unlink(s->path);
    assert_int_equal(rmdir(s->folder), 0);
    assert_int_equal(count_descriptors(), s->descriptors);
    free(s);
    return 0;
}

static void accepted(void *ctx, int fd, const struct address *peer)
{
    struct scene *s = ctx;
    assert_true(s->accepted < CLIENTS_MAX);
    s->fds[s->accepted++] = fd;
    s->peer = *peer;
    if (s->destroy_in_accept) {
        listener_destroy(s->listener);
        s->listener = NULL;
    }
}

static int open_at(struct scene *s, const char *text)
{
    char error[256] = "";
    s->endpoint = (struct endpoint){.text = slice_str(text)};
    if (address_parse_port(s->endpoint.text, &s->endpoint.address) != 0) {
        s->endpoint.address.family = ADDRESS_UNIX;
        s->endpoint.path = s->endpoint.text;
    }
    int fd = listener_open(&s->endpoint, error, sizeof(error));
    assert_int_equal(fd < 0, error[0] != '\0');
    return fd;
}

/* serve(s, text): listens there; returns the port. */
static uint16_t serve(struct scene *s, const char *text)
{
    struct sockaddr_storage at;
    socklen_t size = sizeof(at);
    int fd = open_at(s, text);
    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    s->listener = listener_create(s->loop, fd, accepted, s);
    assert_non_null(s->listener);
    return sockaddr_to_address(&at).port;
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);
    assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

/* Nothing is set on an accepted socket: it is inherited. */
/* PROTOCOL Z04: a peer that is gone without a word is noticed. */
static void test_accepted_sockets_are_tuned(void **state)
{
    struct scene *s = *state;
    int client = tcp_connect(serve(s, "127.0.0.1:0"));
    run_for(s->loop, 20);
    assert_int_equal(s->accepted, 1);
    int fd = s->fds[0];
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), CONNECTION_KEEPALIVE_IDLE_S);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), CONNECTION_KEEPALIVE_INTERVAL_S);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), CONNECTION_USER_TIMEOUT_MS);
    assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(s->peer.family, ADDRESS_V4);
    assert_true(s->peer.port > 0);
    close(client);
}

static void test_many_in_one_turn(void **state)
{
    struct scene *s = *state;
    int clients[CLIENTS_MAX / 2];
    uint16_t port = serve(s, "127.0.0.1:0");
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        clients[i] = tcp_connect(port);
    run_for(s->loop, 30);
    assert_int_equal(s->accepted, COUNT_OF(clients));
    for (size_t i = 0; i < COUNT_OF(clients); i++)
        close(clients[i]);
}

static void test_both_families(void **state)
{
    struct scene *s = *state;
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    if (probe < 0)
        skip_because("this machine has no IPv6");
    close(probe);
    int client = tcp_connect(serve(s, "[::]:0"));
    run_for(s->loop, 20);
    assert_int_equal(s->accepted, 1);
    assert_int_equal(s->peer.family, ADDRESS_V4);
    close(client);
}

static void test_address_in_use(void **state)
{
    struct scene *s = *state;
    char text[32];
    (void)snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)serve(s, "127.0.0.1:0"));
    assert_int_equal(open_at(s, text), -1);
}

static void test_destroyed_in_accept(void **state)
{
    struct scene *s = *state;
    uint16_t port = serve(s, "127.0.0.1:0");
    s->destroy_in_accept = true;
    int one = tcp_connect(port), two = tcp_connect(port);
    run_for(s->loop, 20);
    assert_int_equal(s->accepted, 1);
    close(one);
    close(two);
}

/* ... and leaves nothing behind. */
static void destroyed_alone(void **state)
{
    (void)state;
    void *own;
    setup(&own);
    test_destroyed_in_accept(&own);
    teardown(&own);
}

static void test_destroyed_in_accept_is_gone(void **state)
{
    assert_true(leaves_nothing(destroyed_alone, state));
}

/* -- unix sockets -- */

static void test_unix_socket_and_stale_file(void **state)
{
    struct scene *s = *state;
    struct stat status;
    for (int i = 0; i < 2; i++) { /* the second time over the file of the first */
        int fd = open_at(s, s->path);
        assert_true(fd >= 0);
        assert_int_equal(stat(s->path, &status), 0);
        assert_true(S_ISSOCK(status.st_mode));
        assert_int_equal(status.st_mode & 0777, 0660);
        assert_int_equal(close(fd), 0);
    }
}

static void test_unix_socket_in_use(void **state)
{
    struct scene *s = *state;
    (void)serve(s, s->path);
    struct endpoint first = s->endpoint;
    assert_int_equal(open_at(s, s->path), -1);
    assert_int_equal(errno, EADDRINUSE);
    assert_int_equal(access(first.path.ptr, F_OK), 0);
    run_for(s->loop, 20); /* the probe that asked whether somebody is there */
    assert_int_equal(s->peer.family, ADDRESS_UNIX);
}

static void test_a_file_is_not_replaced(void **state)
{
    struct scene *s = *state;
    int fd = open(s->path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(open_at(s, s->path), -1);
    assert_int_equal(access(s->path, F_OK), 0);
}

/* -- out of descriptors -- */

static void test_pauses_without_descriptors(void **state)
{
    struct scene *s = *state;
    struct rlimit before, limit;
    uint16_t port = serve(s, "127.0.0.1:0");
    int client = tcp_connect(port);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)client + 1; /* the next would be one too many */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

    int64_t cpu = cpu_ms();
    run_for(s->loop, 3 * LISTENER_PAUSE_MS);
    int64_t used = cpu_ms() - cpu;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(s->accepted, 0);
    assert_true(used < LISTENER_PAUSE_MS); /* it does not spin */

    run_for(s->loop, 2 * LISTENER_PAUSE_MS);
    assert_int_equal(s->accepted, 1);
    close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_accepted_sockets_are_tuned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_in_one_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_both_families, setup, teardown),
        cmocka_unit_test_setup_teardown(test_address_in_use, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroyed_in_accept, setup, teardown),
        cmocka_unit_test(test_destroyed_in_accept_is_gone),
        cmocka_unit_test_setup_teardown(test_unix_socket_and_stale_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unix_socket_in_use, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_is_not_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pauses_without_descriptors, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
