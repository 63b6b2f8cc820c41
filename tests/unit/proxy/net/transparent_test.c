/* transparent: what can be seen without a packet filter. Interception itself is tested
 * between network namespaces: tests/system/test_transparent.py. */
#include "proxy/net/listener.h"
#include "proxy/net/sockaddr.h"
#include "proxy/net/transparent.h"
#include "tests/unit/proxy/net/ground.h"

#include <errno.h>

static struct endpoint endpoint_of(const char *text)
{
    struct endpoint endpoint = {.text = slice_str(text)};
    assert_int_equal(address_parse_port(endpoint.text, &endpoint.address), 0);
    return endpoint;
}

static struct address name_of(int fd)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof(name);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &size), 0);
    return sockaddr_to_address(&name);
}

struct pair {
    int listening, client, accepted;
    struct address local; /* of the listening socket, as the client calls it */
};

/* A connection to ${host} at a socket that listens on ${listen}. */
static struct pair join(const char *listen, const char *host)
{
    char error[256] = "";
    struct endpoint at = endpoint_of(listen), to = endpoint_of(host);
    struct pair pair = {.listening = listener_open(&at, error, sizeof(error))};
    assert_true(pair.listening >= 0);
    to.address.port = name_of(pair.listening).port;
    struct sockaddr_storage storage;
    socklen_t size;
    assert_int_equal(sockaddr_from_endpoint(&to, &storage, &size), 0);
    pair.client = socket(storage.ss_family, SOCK_STREAM, 0);
    assert_int_equal(connect(pair.client, (struct sockaddr *)&storage, size), 0);
    pair.accepted = accept(pair.listening, NULL, NULL);
    assert_true(pair.accepted >= 0);
    pair.local = to.address;
    return pair;
}

static void part(const struct pair *pair)
{
    assert_int_equal(close(pair->client), 0);
    assert_int_equal(close(pair->accepted), 0);
    assert_int_equal(close(pair->listening), 0);
}

static const char *const ENDS[][2] = {
    {"127.0.0.1:0", "127.0.0.1:0"},
    {"[::1]:0", "[::1]:0"},
    {"[::]:0", "127.0.0.1:0"},
};

/* With TPROXY the socket's own address is where the client wanted to go. */
static void test_tproxy(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(*ENDS); i++) {
        struct pair pair = join(ENDS[i][0], ENDS[i][1]);
        struct address found;
        assert_int_equal(transparent_destination(pair.accepted, TRANSPARENT_TPROXY, &found), 0);
        assert_true(address_equal(&found, &pair.local));
        assert_int_equal(found.port, pair.local.port);
        part(&pair);
    }
}

/* Where nothing was redirected, the system knows nothing, or this very socket. */
static void test_redirect(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(*ENDS); i++) {
        struct pair pair = join(ENDS[i][0], ENDS[i][1]);
        struct address found;
        errno = 0;
        if (transparent_destination(pair.accepted, TRANSPARENT_REDIRECT, &found) != 0) {
            assert_true(errno == ENOENT || errno == ENOPROTOOPT);
        } else {
            assert_true(address_equal(&found, &pair.local));
            assert_int_equal(found.port, pair.local.port);
        }
        part(&pair);
    }
    struct address found;
    assert_int_equal(transparent_destination(-1, TRANSPARENT_REDIRECT, &found), -1);
}

static void test_here(void **state)
{
    (void)state;
    struct endpoint here[] = {endpoint_of("127.0.0.1:25"), endpoint_of("[::1]:25")};
    struct endpoint there[] = {endpoint_of("192.0.2.1:25"), endpoint_of("[2001:db8::1]:25")};
    struct address none = {.family = ADDRESS_NONE};
    int before = count_descriptors();
    for (size_t i = 0; i < 2; i++) {
        assert_true(transparent_here(&here[i].address));
        assert_false(transparent_here(&there[i].address));
    }
    assert_false(transparent_here(&none));
    assert_int_equal(count_descriptors(), before);
}

/* The first free descriptor may be that of standard input, or there may be none. */
static void test_any_descriptor(void **state)
{
    struct endpoint here = endpoint_of("127.0.0.1:25");
    struct rlimit limit, none = {0, 0};
    bool permitted = transparent_permitted();
    int input = dup(STDIN_FILENO);
    (void)state;
    assert_int_equal(close(STDIN_FILENO), 0);
    assert_true(transparent_here(&here.address));
    assert_int_equal(transparent_permitted(), permitted);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(input), 0);

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none.rlim_max = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool found = transparent_here(&here.address) || transparent_permitted();
    int error = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_false(found);
    assert_int_equal(error, EMFILE);
}

/* A socket that may, from an address that is not ours; or a clear word that it may not. */
static void test_from(void **state)
{
    (void)state;
    const char *sources[] = {"192.0.2.1:4711", "[2001:db8::1]:4711"};
    for (size_t i = 0; i < 2; i++) {
        struct endpoint source = endpoint_of(sources[i]);
        int fd = socket(i == 0 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
        int result = transparent_from(fd, &source.address);
        int error = errno;
        assert_int_equal(result == 0, transparent_permitted());
        if (result == 0) {
            struct address name = name_of(fd);
            assert_true(address_equal(&name, &source.address));
            assert_int_equal(name.port, 0); /* chosen at connect */
        } else {
            assert_int_equal(error, EPERM);
        }
        struct address nowhere = {.family = ADDRESS_UNIX};
        assert_int_equal(transparent_from(fd, &nowhere), -1);
        assert_int_equal(close(fd), 0);
    }
}

/* What could be listened on is told without listening; a port that somebody has is one of ours. */
static void test_probe(void **state)
{
    const char *ends[] = {"127.0.0.1:0", "[::1]:0"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct endpoint here = endpoint_of(ends[i]);
        assert_int_equal(listener_probe(&here, false), 0);
        assert_int_equal(listener_probe(&here, true), transparent_permitted() ? 0 : EPERM);
        struct pair pair = join(ends[i], ends[i]);
        here.address.port = pair.local.port;
        assert_int_equal(listener_probe(&here, false), 0);
        part(&pair);
    }
    struct endpoint there = endpoint_of("192.0.2.1:25");
    assert_int_equal(listener_probe(&there, false), EADDRNOTAVAIL);
    assert_int_equal(listener_probe(&there, true), transparent_permitted() ? 0 : EPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tproxy), cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_here),   cmocka_unit_test(test_any_descriptor),
        cmocka_unit_test(test_from),   cmocka_unit_test(test_probe),
    };
    return cmocka_run_group_tests_name("transparent", tests, NULL, NULL);
}
