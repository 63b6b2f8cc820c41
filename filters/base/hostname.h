/* hostname: what may stand for a host where only a host can be meant. */
#ifndef FILTERS_BASE_HOSTNAME_H
#define FILTERS_BASE_HOSTNAME_H

#include "filters/base/address.h"

#define HOSTNAME_MAX_BYTES 255 /* RFC 1035, 2.3.4 */
#define HOSTNAME_LABEL_MAX 63

/* hostname_valid(name): whether ${name} is labels of letters, digits, "-" and "_", joined by dots,
 * each at most HOSTNAME_LABEL_MAX long and the whole at most HOSTNAME_MAX_BYTES; no dot at the end.
 * The last label has a letter: what looks like an address is none (RFC 1123, 2.1). */
bool hostname_valid(struct slice name);

#define HOSTNAME_REVERSE_MAX 73 /* octets, NUL included */

/* hostname_reverse(address, out): where the DNS keeps the names of an IPv4 or IPv6 address (RFC
 * 1035, 3.5; RFC 3596, 2.5); NUL-terminated. */
void hostname_reverse(const struct address *address, char out[HOSTNAME_REVERSE_MAX]);

#endif
