/* connection_private: the body of a connection, for the files that make it up: connection.c has its
 * beginning and the owner's calls, connection_turn.c what the loop calls, connection_tls.c what TLS
 * makes different, connection_end.c its end.
 */
#ifndef PROXY_NET_CONNECTION_PRIVATE_H
#define PROXY_NET_CONNECTION_PRIVATE_H

#include "filters/base/must_use.h"
#include "proxy/net/connection.h"
#include "proxy/net/inbox.h"
#include "proxy/net/loop_private.h"
#include "proxy/net/outbox.h"
#include "proxy/net/tls_stream.h"

/* While the socket takes no more output. */
struct blocked {
    struct loop_io io;
    struct loop_timer timer; /* the time in which the peer has to read ${due} bytes */
    size_t due;
    size_t unread; /* what the system held for the peer when it began */
    size_t taken;  /* what the system took since then */
};

struct connection {
    struct loop *loop;
    union {
        struct {
            void (*wake)(void *ctx);
            void *ctx;
        } owner;
        struct loop_orphan orphan; /* given away */
    } u;
    struct loop_io
        io; /* connecting: writable; then: readable. Also what connection_turn_tell uses */
    struct loop_told told;
    struct blocked *blocked; /* NULL unless the socket takes no more output */
    struct loop_timer deadline;
    void (*closed)(void *ctx); /* NULL: nobody counts it */
    void *closed_ctx;
    struct inbox input;
    struct outbox output;
    struct tls_stream *tls; /* NULL: plain */
    int fd;
    int error;
    uint32_t patience_ms; /* 0: none */
    enum connection_state state;
    bool reading : 1; /* ${io} watches for input */
    bool paused : 1;
    bool congested : 1; /* until drained */
    bool expired : 1;
    bool late : 1; /* connection_turn_tell is under way */
    bool in_turn : 1;
    bool destroyed : 1; /* during a turn: freed at its end */
    bool securing : 1;  /* the handshake of ${tls} is under way */
    bool more : 1;      /* ${tls} holds input that the socket does not announce */
    bool cut : 1;       /* the peer has heard a text in part, or misses one that was queued */
    bool deaf : 1;      /* nothing more is read: a part is missing */
    bool ending : 1;    /* an end is to be said behind what is queued */
    bool given_away : 1;
    bool linger : 1;      /* when given away: wait for the peer's end */
    bool half_closed : 1; /* ... and that has begun */
};

/* connection_turn_connecting(c): watches for the end of connecting. 0 or -1. */
MUST_USE int connection_turn_connecting(struct connection *c);

/* connection_turn_open(c): begins to read. 0 or -1. */
MUST_USE int connection_turn_open(struct connection *c);

/* connection_turn_deadline(c): what the deadline calls. */
void connection_turn_deadline(void *c);

/* connection_turn_read(c): resumes reading, if it is stopped and makes sense.
 * connection_turn_stop(c): stops. */
void connection_turn_read(struct connection *c);
void connection_turn_stop(struct connection *c);

/* connection_turn_write(c): the socket is full: sends the rest as it takes it. */
void connection_turn_write(struct connection *c);

/* connection_turn_tell(c): has a turn come without any news from the socket.
 * connection_turn_unblock(c): the socket need not be watched for writing any more. */
void connection_turn_tell(struct connection *c);
void connection_turn_unblock(struct connection *c);

/* connection_turn_held(c): bytes that the system holds and the peer's has not acknowledged; of a
 * unix socket those that the peer has not read. */
size_t connection_turn_held(const struct connection *c);

/* connection_turn_fail(c, error): nothing can be read or sent any more; queued output is dropped.
 * Within a turn. connection_turn_fail_later(c, error): the same, found in a call of the owner, who
 * may not look: he is told in a turn of its own. */
void connection_turn_fail(struct connection *c, int error);
void connection_turn_fail_later(struct connection *c, int error);

/* connection_tls_handshake(c): goes on with it, within a turn. Returns whether it is over, well or
 * not. */
bool connection_tls_handshake(struct connection *c);

/* connection_tls_read(c): as inbox_read, from inside TLS. connection_tls_send(c, slices, count): as
 * outbox_send. */
enum inbox_result connection_tls_read(struct connection *c);
MUST_USE int connection_tls_send(struct connection *c, const struct slice *slices, size_t count);
/* connection_tls_say(c, data): sends without queueing; 0, or -1 when not all of it went. */
MUST_USE int connection_tls_say(struct connection *c, struct slice data);

/* connection_end_step(c): what is to be done next about a connection that was given away; may
 * destroy it. */
void connection_end_step(struct connection *c);

/* connection_end_say(c): says the end if it is due. */
void connection_end_say(struct connection *c);

/* connection_end_read(c): reads and forgets. */
void connection_end_read(struct connection *c);

#endif
