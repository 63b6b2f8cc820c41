/* outgoing: the gateway's own connections to original destinations, by their two ends.
 *
 * A rule of the packet filter that catches them hands them back to a listener of ours, as if they
 * were a client's. There they are found here, and refused, before they go round for ever. All
 * workers share one table; any thread.
 */
#ifndef PROXY_NET_OUTGOING_H
#define PROXY_NET_OUTGOING_H

#include "filters/base/address.h"

struct outgoing;

/* One connection; its owner's memory. All zero: not in a table. */
struct outgoing_mark {
    struct outgoing *table;
    struct outgoing_mark *next;
    struct address from, to;
};

/* outgoing_create(): an empty table, or NULL. outgoing_destroy(table): no mark may be in it. NULL:
 * nothing. */
struct outgoing *outgoing_create(void);
void outgoing_destroy(struct outgoing *table);

/* outgoing_add(table, mark, from, to): the connection from ${from} to ${to}, with ports, is ours;
 * ${mark} stays where it is until outgoing_remove(mark), which does nothing to one that is in no
 * table. */
void outgoing_add(struct outgoing *table, struct outgoing_mark *mark, struct address from,
                  struct address to);
void outgoing_remove(struct outgoing_mark *mark);

/* outgoing_has(table, from, to): whether the connection between these ends is ours. */
bool outgoing_has(struct outgoing *table, const struct address *from, const struct address *to);

#endif
