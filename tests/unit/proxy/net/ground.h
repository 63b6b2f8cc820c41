/* ground: what the tests of proxy/net and proxy/record share: descriptors, time, and a loop that
 * ends by itself. */
#ifndef TESTS_UNIT_PROXY_NET_GROUND_H
#define TESTS_UNIT_PROXY_NET_GROUND_H

#include "proxy/net/loop.h"
#include "tests/unit/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define GROUND_PATIENCE_MS 5000 /* what has not happened by then fails the test */

/* count_descriptors(): how many this process has open. */
static inline int count_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    assert_int_equal(closedir(dir), 0);
    return count - 3; /* ".", ".." and its own */
}

/* cpu_ms(): what this process has used so far. */
static inline int64_t cpu_ms(void)
{
    struct timespec used;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static inline uint64_t clock_ms(void)
{
    return loop_clock_ns(NULL) / 1000000;
}

static inline void stop_loop(void *loop)
{
    loop_stop(loop);
}

/* run_for(loop, ms): lets the loop run so long. */
static inline void run_for(struct loop *loop, uint64_t ms)
{
    struct loop_timer *timer = loop_timer_create(loop, stop_loop, loop);
    assert_non_null(timer);
    loop_timer_set(timer, ms);
    assert_int_equal(loop_run(loop), 0);
    loop_timer_destroy(timer);
}

/* run_until(loop, done, ctx): lets it run until ${done}, and fails when that takes too long. */
static inline void run_until(struct loop *loop, bool (*done)(const void *ctx), const void *ctx)
{
    uint64_t end = clock_ms() + GROUND_PATIENCE_MS;
    while (!done(ctx)) {
        assert_true(clock_ms() < end);
        run_for(loop, 1);
    }
}

/* stream_pair(fds): two ends of a unix stream. */
static inline void stream_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

/* tcp_listen(port): a listening socket on loopback, and its port. */
static inline int tcp_listen(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static inline int tcp_connect(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

/* tcp_pair(fds): two ends of a TCP connection; the first does not block. */
static inline void tcp_pair(int fds[2])
{
    uint16_t port;
    int listening = tcp_listen(&port);
    fds[1] = tcp_connect(port);
    fds[0] = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(fds[0] >= 0);
    assert_int_equal(close(listening), 0);
}

/* close_with_reset(fd): so that the peer sees a reset. */
static inline void close_with_reset(int fd)
{
    const struct linger abort = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort)), 0);
    assert_int_equal(close(fd), 0);
}

/* write_all(fd, text), for a descriptor that takes all at once. */
static inline void write_all(int fd, struct slice text)
{
    assert_int_equal(write(fd, text.ptr, text.len), (ssize_t)text.len);
}

#endif
