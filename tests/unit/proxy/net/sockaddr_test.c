/* sockaddr: there and back, and what has no way. */
#include "filters/base/address.h"
#include "filters/base/endpoint.h"
#include "proxy/net/sockaddr.h"
#include "tests/unit/support.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/un.h>

static void test_there_and_back(void **state)
{
    (void)state;
    static const struct {
        const char *text, *back; /* NULL: the same */
        sa_family_t family;
    } rows[] = {
        {"192.0.2.1:25", NULL, AF_INET},
        {"0.0.0.0:0", NULL, AF_INET},
        {"[2001:db8::1]:65535", NULL, AF_INET6},
        {"[::]:587", NULL, AF_INET6},
        {"[::ffff:192.0.2.7]:25", "192.0.2.7:25", AF_UNSPEC},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct endpoint endpoint = {.text = slice_str(rows[i].text)};
        struct sockaddr_storage storage;
        socklen_t size;
        char text[ADDRESS_TEXT_MAX];
        assert_int_equal(address_parse_port(endpoint.text, &endpoint.address), 0);
        assert_int_equal(sockaddr_from_endpoint(&endpoint, &storage, &size), 0);
        if (rows[i].family != AF_UNSPEC)
            assert_int_equal(storage.ss_family, rows[i].family);
        struct address back = sockaddr_to_address(&storage);
        assert_text(address_port_text(&back, text), rows[i].back ? rows[i].back : rows[i].text);
    }
}

/* A dual-stack listener sees IPv4 clients so. */
static void test_mapped_is_ipv4(void **state)
{
    (void)state;
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = 0x1900};
    struct sockaddr_storage storage = {.ss_family = AF_UNSPEC};
    const unsigned char mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 9};
    char text[ADDRESS_TEXT_MAX];
    memcpy(&in6.sin6_addr, mapped, sizeof(mapped));
    memcpy(&storage, &in6, sizeof(in6));
    struct address address = sockaddr_to_address(&storage);
    assert_int_equal(address.family, ADDRESS_V4);
    assert_text(address_text(&address, text), "192.0.2.9");
}

static void test_unix_paths(void **state)
{
    (void)state;
    static char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
    memset(path, 'p', sizeof(path));
    struct endpoint endpoint = {.address = {.family = ADDRESS_UNIX}};
    struct sockaddr_storage storage;
    socklen_t size;

    endpoint.path = slice_make(path, sizeof(path) - 2); /* one byte for the NUL */
    assert_int_equal(sockaddr_from_endpoint(&endpoint, &storage, &size), 0);
    assert_int_equal(sockaddr_to_address(&storage).family, ADDRESS_UNIX);
    endpoint.path = slice_make(path, sizeof(path) - 1);
    assert_int_equal(sockaddr_from_endpoint(&endpoint, &storage, &size), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    endpoint.path = SLICE_NONE;
    assert_int_equal(sockaddr_from_endpoint(&endpoint, &storage, &size), -1);
}

static void test_no_address(void **state)
{
    (void)state;
    struct endpoint endpoint = {.address = {.family = ADDRESS_NONE}};
    struct sockaddr_storage storage = {.ss_family = AF_PACKET};
    socklen_t size;
    assert_int_equal(sockaddr_to_address(&storage).family, ADDRESS_NONE);
    assert_int_equal(sockaddr_from_endpoint(&endpoint, &storage, &size), -1);
    assert_int_equal(errno, EAFNOSUPPORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_mapped_is_ipv4),
        cmocka_unit_test(test_unix_paths),
        cmocka_unit_test(test_no_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
