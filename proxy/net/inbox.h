/* inbox: the unread bytes of a connection. Private to proxy/net.
 *
 * Reads go into the loop's shared buffer; most of the time the owner consumes all of it in the same
 * turn and the connection has no memory of its own. What stays is copied into a block by
 * inbox_settle.
 */
#ifndef PROXY_NET_INBOX_H
#define PROXY_NET_INBOX_H

#include "filters/base/must_use.h"
#include "filters/base/slice.h"

struct loop;

struct inbox {   /* all zero: empty */
    char *bytes; /* the first unread byte, in ${block} or in the loop's read buffer */
    char *block; /* NULL: none */
    uint32_t len, cap;
    bool secret; /* overwrite what leaves */
};

enum inbox_result { INBOX_GOT, INBOX_NOTHING, INBOX_EOF, INBOX_FAILED /* errno tells */ };

/* inbox_read(inbox, loop, fd, max): reads once from ${fd} and appends, to hold ${max} bytes at
 * most, which must be more than it holds. Nothing may be in the read buffer: settle first. */
enum inbox_result inbox_read(struct inbox *inbox, struct loop *loop, int fd, size_t max);

/* inbox_take(inbox, loop, size): appends ${size} bytes (0 and more) that somebody else has put at
 * the beginning of the read buffer, under the same terms. 0 or -1: memory is out. */
MUST_USE int inbox_take(struct inbox *inbox, struct loop *loop, size_t size);

/* inbox_consume(inbox, loop, size): drops the first ${size} bytes (at most all); gives the block
 * back when empty. */
void inbox_consume(struct inbox *inbox, struct loop *loop, size_t size);

/* inbox_settle(inbox, loop): moves what is unread out of the loop's read buffer. 0, or -1 when
 * memory is out (and the bytes are lost). */
MUST_USE int inbox_settle(struct inbox *inbox, struct loop *loop);

/* inbox_secret(inbox, secret): from now on what leaves it is overwritten, or no longer. */
void inbox_secret(struct inbox *inbox, bool secret);

/* inbox_clear(inbox, loop): empty, no block. */
void inbox_clear(struct inbox *inbox, struct loop *loop);

#endif
