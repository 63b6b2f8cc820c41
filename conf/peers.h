/* peers: hosts that are believed. */
#ifndef CONF_PEERS_H
#define CONF_PEERS_H

#include "filters/base/address.h"

/* Hosts that may tell us who the client is. */
struct peers {
    const struct address_range *ranges;
    size_t count;
};

/* peers_have(peers, address): whether ${address} is one of them; a unix socket's never is. */
bool peers_have(const struct peers *peers, const struct address *address);

#endif
