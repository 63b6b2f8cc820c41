#include "proxy/net/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "filters/base/address.h"
#include "filters/base/endpoint.h"
#include "filters/base/slice.h"

static int from_path(struct slice path, struct sockaddr_storage *out, socklen_t *size)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    if (path.len == 0 || path.len >= sizeof(local.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(local.sun_path, path.ptr, path.len);
    memcpy(out, &local, sizeof(local));
    *size = sizeof(local);
    return 0;
}

int sockaddr_from_endpoint(const struct endpoint *endpoint, struct sockaddr_storage *out,
                           socklen_t *size)
{
    const struct address *address = &endpoint->address;
    memset(out, 0, sizeof(*out));
    switch (address->family) {
    case ADDRESS_V4: {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(address->port)};
        memcpy(&in.sin_addr, address->bytes, sizeof(in.sin_addr));
        memcpy(out, &in, sizeof(in));
        *size = sizeof(in);
        return 0;
    }
    case ADDRESS_V6: {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
        memcpy(&in6.sin6_addr, address->bytes, sizeof(in6.sin6_addr));
        memcpy(out, &in6, sizeof(in6));
        *size = sizeof(in6);
        return 0;
    }
    case ADDRESS_UNIX: return from_path(endpoint->path, out, size);
    case ADDRESS_NONE: break;
    }
    errno = EAFNOSUPPORT;
    return -1;
}

static struct address from_in6(const struct sockaddr_in6 *in6)
{
    struct address address = {.family = ADDRESS_V6, .port = ntohs(in6->sin6_port)};
    const unsigned char *bytes = in6->sin6_addr.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        address.family = ADDRESS_V4;
        memcpy(address.bytes, bytes + 12, 4);
    } else {
        memcpy(address.bytes, bytes, 16);
    }
    return address;
}

struct address sockaddr_to_address(const struct sockaddr_storage *storage)
{
    struct address address = {.family = ADDRESS_NONE};
    if (storage->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, storage, sizeof(in));
        address.family = ADDRESS_V4;
        address.port = ntohs(in.sin_port);
        memcpy(address.bytes, &in.sin_addr, 4);
    } else if (storage->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, storage, sizeof(in6));
        address = from_in6(&in6);
    } else if (storage->ss_family == AF_UNIX) {
        address.family = ADDRESS_UNIX;
    }
    return address;
}
