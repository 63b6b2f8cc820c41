/* endpoint: see endpoint.h. */
#include "filters/base/endpoint.h"

#include <string.h>

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
    if (a->address.family != b->address.family)
        return false;
    if (a->address.family == ADDRESS_UNIX)
        return slice_equal(a->path, b->path);
    if (a->address.family == ADDRESS_NONE && !slice_equal_case(a->host, b->host))
        return false;
    return a->address.port == b->address.port && address_equal(&a->address, &b->address);
}

/* 0.0.0.0 or [::]: every address of this machine. */
static bool is_wildcard(const struct address *a)
{
    static const uint8_t ZERO[sizeof(a->bytes)];

    return memcmp(a->bytes, ZERO, a->family == ADDRESS_V4 ? 4 : sizeof(ZERO)) == 0;
}

bool endpoint_reaches(const struct endpoint *to, const struct endpoint *listener)
{
    bool inet = to->address.family == ADDRESS_V4 || to->address.family == ADDRESS_V6;

    if (endpoint_equal(to, listener))
        return true;
    if (!inet || to->address.port != listener->address.port || !is_wildcard(&listener->address))
        return false;
    if (listener->address.family == ADDRESS_V4 && to->address.family != ADDRESS_V4)
        return false;
    return address_is_loopback(&to->address) || is_wildcard(&to->address);
}

bool endpoint_covers(const struct endpoint *wide, const struct endpoint *other)
{
    const struct address *a = &wide->address, *b = &other->address;

    if (a->port == 0 || a->port != b->port || !is_wildcard(a)) /* a path has no port */
        return false;
    return a->family == ADDRESS_V6 || (a->family == ADDRESS_V4 && b->family == ADDRESS_V4);
}
