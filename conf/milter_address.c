/* milter_address: see milter_address.h. */
#include "conf/milter_address.h"

#define PORT_MAX    65535U
#define PORT_DIGITS 5

static bool parse_port(struct slice text, uint16_t *port)
{
    unsigned value = 0;

    if (text.len == 0 || text.len > PORT_DIGITS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = 10 * value + (unsigned)(text.ptr[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= PORT_MAX;
}

/* "port@host", as milters write it, or "host:port", as Postfix does. */
static bool parse_inet(struct slice text, struct slice localhost, struct address *address)
{
    size_t at = slice_find(text, '@');
    size_t colon = slice_find_last(text, ':');
    struct slice host, port;
    uint16_t number;

    if (at == SLICE_NOT_FOUND && colon == SLICE_NOT_FOUND)
        return false;
    if (at != SLICE_NOT_FOUND) {
        port = slice_first(text, at);
        host = slice_from(text, at + 1);
    } else {
        host = slice_first(text, colon);
        port = slice_from(text, colon + 1);
    }
    if (slice_equal_case(host, SLICE("localhost")))
        host = localhost;
    if (!parse_port(port, &number) || address_parse(host, address) != 0)
        return false;
    address->port = number;
    return true;
}

bool milter_address_parse(struct slice text, struct endpoint *endpoint)
{
    *endpoint = (struct endpoint){.text = text};
    if (slice_starts(text, SLICE("unix:")) || slice_starts(text, SLICE("local:"))) {
        endpoint->address.family = ADDRESS_UNIX;
        endpoint->path = slice_from(text, slice_find(text, ':') + 1);
        return true;
    }
    if (slice_starts(text, SLICE("inet:")))
        return parse_inet(slice_from(text, 5), SLICE("127.0.0.1"), &endpoint->address);
    if (slice_starts(text, SLICE("inet6:")))
        return parse_inet(slice_from(text, 6), SLICE("::1"), &endpoint->address);
    return false;
}
