/* outbox: the bytes of a connection that wait to be sent. Private to proxy/net. */
#ifndef PROXY_NET_OUTBOX_H
#define PROXY_NET_OUTBOX_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

struct loop;

#define OUTBOX_MAX (256U << 20) /* an owner who heeds connection_congested never comes near */

struct outbox {  /* all zero: empty */
    char *block; /* NULL: none; held only while something waits */
    uint32_t start, len, cap;
    bool secret; /* overwrite what leaves */
};

/* outbox_append(outbox, loop, data): queues a copy. 0, or -1 when memory is out (and nothing is
 * queued). */
MUST_USE int outbox_append(struct outbox *outbox, struct loop *loop, struct slice data);

/* outbox_send(outbox, loop, fd, slices, count): sends what is queued and after it the slices, and
 * queues what the socket did not take of them. 0, or -1 with errno. Without slices it just sends.
 */
MUST_USE int outbox_send(struct outbox *outbox, struct loop *loop, int fd,
                         const struct slice *slices, size_t count);

/* outbox_sent(outbox, loop, size): drops the first ${size} bytes, which somebody else has sent. */
void outbox_sent(struct outbox *outbox, struct loop *loop, size_t size);

/* outbox_clear(outbox, loop): drops what is queued and gives the block back. */
void outbox_clear(struct outbox *outbox, struct loop *loop);

#endif
