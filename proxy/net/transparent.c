#include "proxy/net/transparent.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "proxy/net/sockaddr.h"

/* Linux has one number for both families: SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST, in headers of
 * netfilter that do not go with those of the C library. */
#define ORIGINAL_DESTINATION 80

#define ANY_PORT 9 /* for a look at the routes; nothing is sent there */

int transparent_mark(int fd, enum address_family family)
{
    const int on = 1;
    if (family == ADDRESS_V6)
        return setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof(on));
    return setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof(on));
}

bool transparent_permitted(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool permitted = transparent_mark(fd, ADDRESS_V4) == 0;
    int error = errno;
    (void)close(fd);
    errno = error;
    return permitted;
}

static int local_name(int fd, struct sockaddr_storage *name)
{
    socklen_t size = sizeof(*name);
    *name = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    return getsockname(fd, (struct sockaddr *)name, &size);
}

int transparent_destination(int fd, enum transparent how, struct address *out)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof(name);
    if (local_name(fd, &name) != 0)
        return -1;
    *out = sockaddr_to_address(&name);
    if (how != TRANSPARENT_REDIRECT)
        return 0;
    /* A dual-stack socket's IPv4 connection is one of IPv4 to the packet filter. */
    int level = out->family == ADDRESS_V6 ? IPPROTO_IPV6 : IPPROTO_IP;
    if (getsockopt(fd, level, ORIGINAL_DESTINATION, &name, &size) != 0)
        return -1;
    *out = sockaddr_to_address(&name);
    return 0;
}

int transparent_from(int fd, const struct address *source)
{
    struct sockaddr_storage from;
    socklen_t size;
    struct endpoint endpoint = {.address = *source};
    const int on = 1;
    endpoint.address.port = 0;
    if (sockaddr_from_endpoint(&endpoint, &from, &size) != 0 ||
        transparent_mark(fd, source->family) != 0)
        return -1;
    /* The port is chosen at connect, when the whole pair of ends is known: one address has ports
     * for many connections then. Without it there are fewer, and all is well. */
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    return bind(fd, (const struct sockaddr *)&from, size);
}

/* For an address of its own the system takes that very address as source. */
bool transparent_here(const struct address *address)
{
    struct sockaddr_storage to, from;
    socklen_t size;
    struct endpoint endpoint = {.address = *address};
    endpoint.address.port = ANY_PORT;
    if (sockaddr_from_endpoint(&endpoint, &to, &size) != 0)
        return false;
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool here = false;
    if (connect(fd, (const struct sockaddr *)&to, size) == 0 && local_name(fd, &from) == 0) {
        struct address source = sockaddr_to_address(&from);
        here = address_equal(&source, address);
    }
    (void)close(fd);
    return here;
}
