/* address: IP addresses and ranges, as facts, limits and XCLIENT attributes need them. */
#ifndef FILTERS_BASE_ADDRESS_H
#define FILTERS_BASE_ADDRESS_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

enum address_family { ADDRESS_NONE, ADDRESS_V4, ADDRESS_V6, ADDRESS_UNIX };

/* One end of a connection. An IPv4-mapped IPv6 address is always held as IPv4, so that a rule on
 * "10.0.0.0/8" holds on a dual-stack listener too. bytes is in network order; port in host order,
 * 0 if unknown. */
struct address {
    enum address_family family;
    uint8_t bytes[16];
    uint16_t port;
};

struct address_range {
    struct address base;  /* bits past prefix_bits are zero */
    unsigned prefix_bits; /* 0..32 or 0..128 */
};

#define ADDRESS_TEXT_MAX 64 /* room for any address_text or address_port_text, NUL included */

/* address_parse(text, out): reads "192.0.2.1", "2001:db8::1" or "[2001:db8::1]", nothing around it.
 * Returns 0, or -1 when it is none of these. The port is 0. */
MUST_USE int address_parse(struct slice text, struct address *out);

/* address_parse_port(text, out): reads "192.0.2.1:25" or "[2001:db8::1]:25" (port 0..65535,
 * decimal). Returns 0 or -1. */
MUST_USE int address_parse_port(struct slice text, struct address *out);

/* address_from_v6(bytes, port): the address of 16 bytes in network order; an IPv4-mapped one as
 * IPv4.
 */
struct address address_from_v6(const uint8_t bytes[16], uint16_t port);

/* address_to_v6(a, bytes): the reverse: an IPv4 address mapped, zeros for one that is neither. */
void address_to_v6(const struct address *a, uint8_t bytes[16]);

/* address_range_parse(text, out): reads "10.0.0.0/8", "2001:db8::/32" or a single address. Bits
 * past the prefix must be zero. Returns 0 or -1. */
MUST_USE int address_range_parse(struct slice text, struct address_range *out);

/* address_range_meant(text): whether ${text} was meant as a range: an address, a slash and
 * something, be it nonsense. For a better word about what is wrong. */
bool address_range_meant(struct slice text);

/* address_in_range(a, range): whether the range holds the address; never across families. */
bool address_in_range(const struct address *a, const struct address_range *range);

/* address_equal(a, b): the same address; ports are not compared. */
bool address_equal(const struct address *a, const struct address *b);

/* address_is_loopback(a): 127.0.0.0/8 or ::1. address_is_local(a): one of these, or a unix socket:
 * what is sent there does not leave this machine. */
bool address_is_loopback(const struct address *a);
bool address_is_local(const struct address *a);

/* address_text(a, out): writes the address without port or brackets ("unknown" for none, "local"
 * for a unix socket), NUL-terminated, and returns it as a slice of ${out}. RFC 5952 for IPv6. */
struct slice address_text(const struct address *a, char out[ADDRESS_TEXT_MAX]);

/* address_port_text(a, out): the same with the port: "192.0.2.1:25", "[2001:db8::1]:25". */
struct slice address_port_text(const struct address *a, char out[ADDRESS_TEXT_MAX]);

/* address_network(a): the key that limits count a client by: the address itself for IPv4, its /64
 * for IPv6 (one customer has at least that much). The port is 0. */
struct address address_network(const struct address *a);

#endif
