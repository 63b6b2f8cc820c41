/* host: the host of a URL as a browser goes to it ("4.5 Host parsing" of the WHATWG's URL
 * standard).
 *
 * One host has many spellings: "EXAMPLE.org.", "ex%61mple.org", full-width letters and dots, soft
 * hyphens in between, 2130706433, 0x7f.1 and 0177.0.0.1. All of them are written here as one.
 */
#ifndef FILTERS_LINK_HOST_H
#define FILTERS_LINK_HOST_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"

#define HOST_WRITTEN_MAX 1024 /* octets, as written; a longer one is none: no name has so many */

/* host_append(written, out): appends the host that ${written} is, without user and port: a domain
 * in small letters, its international labels as A-labels, without a dot at the end; an IPv4 address
 * in four decimals, also where it is mapped into IPv6; else an IPv6 address in brackets (RFC 5952).
 * A label that has no A-label stays as it is. Nothing is appended where there is none: what is
 * empty, what holds a character that no host may, what ends in a number and is no address. Returns
 * 0, or -1 when memory is out or ${out} is full. */
MUST_USE int host_append(struct slice written, struct bytes *out);

/* host_is_address(host): whether ${host}, as host_append has made it, is an address and no name. */
bool host_is_address(struct slice host);

#endif
