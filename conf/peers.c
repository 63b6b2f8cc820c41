/* peers: see peers.h. */
#include "conf/peers.h"

bool peers_have(const struct peers *peers, const struct address *address)
{
    for (size_t i = 0; i < peers->count; i++)
        if (address_in_range(address, &peers->ranges[i]))
            return true;
    return false;
}
