/* milter_address: where a milter is, in the two notations that mail administrators know:
 * libmilter's, with the port first ("inet:8891@127.0.0.1"), and Postfix's, with the host first
 * ("inet:127.0.0.1:8891").
 */
#ifndef CONF_MILTER_ADDRESS_H
#define CONF_MILTER_ADDRESS_H

#include <stdbool.h>

struct endpoint;
struct slice;

/* What an address must be, for messages. */
#define MILTER_ADDRESS_WANTED                                                                      \
    "a milter's address such as \"inet:8891@127.0.0.1\", \"inet:127.0.0.1:8891\", "                \
    "\"inet6:8891@::1\" or \"unix:/path\""

/* milter_address_parse(text, listener, endpoint): reads it; hosts are numeric, or "localhost";
 * without a host it is every address to listen on (${listener}), or this machine to connect to. A
 * path is as written, and may be empty or too long; ${endpoint} points into ${text}. false: it is
 * none. */
bool milter_address_parse(struct slice text, bool listener, struct endpoint *endpoint);

#endif
