/* milter_address: see milter_address.h. */
#include "conf/milter_address.h"

#include <stddef.h>
#include <stdint.h>

#include "filters/base/address.h"
#include "filters/base/endpoint.h"
#include "filters/base/slice.h"

#define PORT_MAX    65535U
#define PORT_DIGITS 5

/* How it is written, and for what. */
struct notation {
    bool six, listener;
};

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

static struct slice without_brackets(struct slice host)
{
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        return slice_make(host.ptr + 1, host.len - 2);
    return host;
}

/* ${text} is "port@host", "host:port" or "port". false when a host is announced and missing. */
static bool split(struct slice text, struct slice *host, struct slice *port)
{
    size_t at = slice_find(text, '@');
    size_t colon = slice_find_last(text, ':');

    *host = SLICE_NONE;
    *port = text;
    if (at != SLICE_NOT_FOUND) {
        *port = slice_first(text, at);
        *host = slice_from(text, at + 1);
    } else if (colon != SLICE_NOT_FOUND) {
        *host = slice_first(text, colon);
        *port = slice_from(text, colon + 1);
    }
    *host = without_brackets(*host);
    return host->len > 0 || text.len == port->len;
}

/* The numeric address meant by ${host}: without one every address of the family to listen on, or
 * this machine to connect to. */
static struct slice numeric(struct slice host, struct notation notation)
{
    if (host.len == 0 && notation.listener)
        return notation.six ? SLICE("::") : SLICE("0.0.0.0");
    if (host.len == 0 || slice_equal_case(host, SLICE("localhost")))
        return notation.six ? SLICE("::1") : SLICE("127.0.0.1");
    return host;
}

static bool parse_inet(struct slice text, struct notation notation, struct address *address)
{
    struct slice host, port;
    uint16_t number;

    if (!split(text, &host, &port) || !parse_port(port, &number) ||
        address_parse(numeric(host, notation), address) != 0)
        return false;
    address->port = number;
    return true;
}

bool milter_address_parse(struct slice text, bool listener, struct endpoint *endpoint)
{
    size_t colon = slice_find(text, ':');
    struct slice kind = colon != SLICE_NOT_FOUND ? slice_first(text, colon) : SLICE_NONE;
    struct slice rest = colon != SLICE_NOT_FOUND ? slice_from(text, colon + 1) : text;

    *endpoint = (struct endpoint){.text = text};
    if (slice_equal_case(kind, SLICE("unix")) || slice_equal_case(kind, SLICE("local"))) {
        endpoint->address.family = ADDRESS_UNIX;
        endpoint->path = rest;
        return true;
    }
    if (slice_equal_case(kind, SLICE("inet")))
        return parse_inet(rest, (struct notation){false, listener}, &endpoint->address);
    if (slice_equal_case(kind, SLICE("inet6")))
        return parse_inet(rest, (struct notation){true, listener}, &endpoint->address);
    return parse_inet(text, (struct notation){false, listener}, &endpoint->address);
}
