/* milter_address: where a milter listens, in the notation of milters ("inet:8891@127.0.0.1") or of
 * Postfix ("inet:127.0.0.1:8891").
 */
#ifndef CONF_MILTER_ADDRESS_H
#define CONF_MILTER_ADDRESS_H

#include "conf/config.h"

/* What an address must be, for messages. */
#define MILTER_ADDRESS_WANTED                                                                      \
    "where the milter listens: \"inet:8891@127.0.0.1\", \"inet:127.0.0.1:8891\", "                 \
    "\"inet6:8891@::1\" or \"unix:/path\""

/* milter_address_parse(text, endpoint): reads it; hosts are numeric, or "localhost". A path is as
 * written, and may be empty or too long; ${endpoint} points into ${text}. false: it is none. */
bool milter_address_parse(struct slice text, struct endpoint *endpoint);

#endif
