/* transparent: the sockets of connections that were meant for another host.
 *
 * The system's packet filter hands us what clients send to mail servers elsewhere: REDIRECT changes
 * the destination to us and remembers the original one; TPROXY leaves it as it is and needs a
 * listening socket that is marked for it (Linux: ip(7), IP_TRANSPARENT). With that mark a socket
 * may also speak from an address that is not ours.
 */
#ifndef PROXY_NET_TRANSPARENT_H
#define PROXY_NET_TRANSPARENT_H

#include "conf/listener_conf.h"
#include "filters/base/must_use.h"

#define TRANSPARENT_DESCRIPTORS 1 /* a look at the routes, or a socket to try */

/* transparent_mark(fd, family): makes ${fd} take and use foreign addresses; before it is bound. 0,
 * or -1 with errno (EPERM: neither CAP_NET_RAW nor CAP_NET_ADMIN). */
MUST_USE int transparent_mark(int fd, enum address_family family);

/* transparent_permitted(): whether transparent_mark is allowed to this process now; if not, errno
 * tells why. */
bool transparent_permitted(void);

/* transparent_destination(fd, how, out): where the accepted connection ${fd} was meant to go, with
 * port. 0, or -1 with errno when that is not known (ENOENT, ENOPROTOOPT: nothing has redirected
 * it). A connection that nobody intercepted may also yield the socket's own address. */
MUST_USE int transparent_destination(int fd, enum transparent how, struct address *out);

/* transparent_from(fd, source): marks ${fd} and has it connect from the address ${source}, with a
 * port of the system's choice. 0, or -1 with errno. */
MUST_USE int transparent_from(int fd, const struct address *source);

/* transparent_here(address): whether a connection to it would stay on this machine. An address of
 * an interface that has another one in the same network may be missed. */
bool transparent_here(const struct address *address);

#endif
