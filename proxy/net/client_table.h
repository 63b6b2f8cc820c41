/* client_table: who is connected: exact counts of connections in all and per client network
 * (address_network).
 *
 * One thread counts, so there is nothing to lock. Clients on a unix socket have no address to tell
 * them apart: they count in all, but not as one client.
 */
#ifndef PROXY_NET_CLIENT_TABLE_H
#define PROXY_NET_CLIENT_TABLE_H

#include "filters/base/address.h"

struct client_table;

/* client_table_create(): empty; NULL when memory is out. client_table_destroy(NULL) does nothing.
 */
struct client_table *client_table_create(void);
void client_table_destroy(struct client_table *table);

enum client_answer { CLIENT_ADMITTED, CLIENT_TOO_MANY, CLIENT_TOO_MANY_OF_ONE };

/* client_table_add(table, client, all_max, one_max): counts one in, unless that would exceed a
 * limit. Memory out counts as too many. */
enum client_answer client_table_add(struct client_table *table, const struct address *client,
                                    unsigned all_max, unsigned one_max);

/* client_table_remove(table, client): counts one out that was admitted. */
void client_table_remove(struct client_table *table, const struct address *client);

/* client_table_move(table, from, to, one_max): counts one that was admitted as ${from} as ${to}
 * from now on, unless that would exceed the limit of one client; then nothing changes. */
enum client_answer client_table_move(struct client_table *table, const struct address *from,
                                     const struct address *to, unsigned one_max);

/* client_table_count(table): all that are in, for tests. */
unsigned client_table_count(const struct client_table *table);

#endif
