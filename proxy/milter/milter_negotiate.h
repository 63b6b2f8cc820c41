/* milter_negotiate: what gateway and milter agree on (MILTER 5). */
#ifndef PROXY_MILTER_MILTER_NEGOTIATE_H
#define PROXY_MILTER_MILTER_NEGOTIATE_H

#include "proxy/milter/wire/packet_options.h"

struct milter;

/* milter_negotiate_begin(m): makes the offer, on a connection that has just been made. */
void milter_negotiate_begin(struct milter *m);

/* milter_negotiate_end(m, answer): takes the answer. The connection is open then, for the job to go
 * on; or the milter has failed. */
void milter_negotiate_end(struct milter *m, const struct packet_options *answer);

#endif
