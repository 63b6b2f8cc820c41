/* sockaddr: the system's socket addresses and ours, one into the other. */
#ifndef PROXY_NET_SOCKADDR_H
#define PROXY_NET_SOCKADDR_H

#include "filters/base/must_use.h"

#include <sys/socket.h>

struct endpoint;

/* sockaddr_from_endpoint(endpoint, out, size): fills ${out} and its ${size} for bind and connect.
 * 0, or -1 with errno (ENAMETOOLONG for a path that does not fit, EAFNOSUPPORT for no address). */
MUST_USE int sockaddr_from_endpoint(const struct endpoint *endpoint, struct sockaddr_storage *out,
                                    socklen_t *size);

/* sockaddr_to_address(storage): IPv4-mapped IPv6 becomes IPv4; ADDRESS_NONE for other families. */
struct address sockaddr_to_address(const struct sockaddr_storage *storage);

#endif
