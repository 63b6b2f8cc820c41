/* connection: one stream socket: bytes in, bytes out, a deadline.
 *
 * Reads are peek and consume, in place. A turn is one read of up to 64 KiB into the loop's shared
 * buffer, one call of ${wake}, and one write of all that was queued; what the owner leaves
 * unconsumed is kept for the next turn in a buffer of the connection's own, which is given back as
 * soon as it is empty. ${wake} only tells that something happened; the owner asks what. It is never
 * called from inside a call made to the connection.
 */
#ifndef PROXY_NET_CONNECTION_H
#define PROXY_NET_CONNECTION_H

#include "conf/listener_conf.h"
#include "filters/base/must_use.h"
#include "filters/base/slice.h"
#include "proxy/net/loop.h"

struct connection;
struct endpoint;
struct tls_context;

enum connection_state {
    CONNECTION_CONNECTING,
    CONNECTION_OPEN,
    CONNECTION_EOF,    /* the peer will send no more; what came before can still be read, and output
                          still be sent */
    CONNECTION_FAILED, /* refused, reset, timed out on the wire: connection_error says what */
};

#define CONNECTION_DESCRIPTORS 1
#define CONNECTION_INPUT_MAX   131072 /* unread bytes; reading pauses there */
#define CONNECTION_OUTPUT_HIGH 262144 /* queued bytes at which connection_congested is true */

/* connection_tune(fd, family): TCP_NODELAY, keepalive and the time until unacknowledged data counts
 * as lost. An accepted socket inherits all of it from the listening one (Linux), so that it costs
 * nothing per connection. */
void connection_tune(int fd, enum address_family family);
#define CONNECTION_KEEPALIVE_IDLE_S     120
#define CONNECTION_KEEPALIVE_INTERVAL_S 30
#define CONNECTION_USER_TIMEOUT_MS      180000

/* connection_accept(loop, fd, wake, ctx): takes over a connected socket as a listener accepted it.
 * Reading starts at once. NULL when memory is out; ${fd} is the caller's still. */
struct connection *connection_accept(struct loop *loop, int fd, void (*wake)(void *ctx), void *ctx);

/* connection_open(loop, endpoint, wake, ctx): begins to connect. NULL when not even a socket was to
 * be had (errno tells); a refused connect shows later as CONNECTION_FAILED. */
struct connection *connection_open(struct loop *loop, const struct endpoint *endpoint,
                                   void (*wake)(void *ctx), void *ctx);

/* connection_open_from(loop, endpoint, source, wake, ctx): the same from the address ${source},
 * which need not be ours (transparent_from); NULL: from one of our own. */
struct connection *connection_open_from(struct loop *loop, const struct endpoint *endpoint,
                                        const struct address *source, void (*wake)(void *ctx),
                                        void *ctx);

/* connection_destroy(c): closes at once; queued output is lost. NULL: nothing. ${wake} is not
 * called again. */
void connection_destroy(struct connection *c);

/* connection_reset(c): destroys it so that the peer sees a reset (SO_LINGER 0), for a transfer that
 * must not look complete. NULL: nothing. */
void connection_reset(struct connection *c);

/* connection_finish(c): gives the connection away: sends what is queued, then half-closes, drains
 * what the peer still sends for at most CONNECTION_LINGER_MS, and destroys itself; at once if the
 * peer has closed. ${wake} is not called again. So a last reply is not lost to a reset when the
 * peer had more on the way. NULL: nothing. */
void connection_finish(struct connection *c);
#define CONNECTION_LINGER_MS      2000
#define CONNECTION_FINISH_SEND_MS 10000 /* for what is queued to be sent, before that */

/* connection_turn_away(fd, wire): says ${wire} to a client just accepted, if it can be said at
 * once, and closes ${fd}. No memory. */
void connection_turn_away(int fd, struct slice wire);

/* connection_close(c): the same for a peer that has said its last word, as after QUIT and our 221,
 * or our QUIT: closes as soon as all is sent, without the half-close and the wait, unless input is
 * unread. NULL: nothing. */
void connection_close(struct connection *c);

/* connection_on_closed(c, closed, ctx): has ${closed} called when the socket is closed, for whoever
 * counts them. It is the one callback that may come inside the call that closes it: it must touch
 * neither the connection nor its owner. ${ctx} must live until then. */
void connection_on_closed(struct connection *c, void (*closed)(void *ctx), void *ctx);

/* connection_half_close(c): says the end of what we send, as soon as all that is queued has left;
 * reading goes on. Nothing may be written after it. Plain connections only. */
void connection_half_close(struct connection *c);

/* connection_adopt(c, wake, ctx): from now on ${wake} is called, in place of what the former owner
 * gave. */
void connection_adopt(struct connection *c, void (*wake)(void *ctx), void *ctx);

enum connection_state connection_state(const struct connection *c);
/* connection_error(c): errno of the failure, 0 when there was none. */
MUST_USE int connection_error(const struct connection *c);

/* connection_input(c): the unread bytes, in place; valid until the owner returns to the loop or
 * consumes. */
struct slice connection_input(const struct connection *c);
void connection_consume(struct connection *c, size_t size);

/* connection_deafen(c): a connection that failed only because memory was out (connection_error is
 * ENOMEM) can still say something: it is open again, but what came is forgotten and nothing more is
 * read, for there is a gap. Returns whether that is so. connection_deaf(c): whether it was done. */
bool connection_deafen(struct connection *c);
bool connection_deaf(const struct connection *c);

/* connection_pause(c, paused): while paused nothing is read and input does not wake. End of stream
 * and failure still do, unless unread bytes stand before them. Costs nothing unless data comes
 * meanwhile. */
void connection_pause(struct connection *c, bool paused);

/* connection_write(c, data): queues a copy, to be sent by connection_flush. 0, or -1 when memory is
 * out or the connection failed. */
MUST_USE int connection_write(struct connection *c, struct slice data);

/* connection_say(c, data): the same for a reply, whose sender can do nothing about a failure: sends
 * it at once when it cannot be queued, and when that does not go either the connection fails
 * (ENOMEM), of which the owner is told in a turn of its own. */
void connection_say(struct connection *c, struct slice data);

/* connection_send(c, slices, count): for content: sends from where the bytes are, after what is
 * queued, and copies only what the socket does not take at once. 0 or -1 as connection_write. */
MUST_USE int connection_send(struct connection *c, const struct slice *slices, size_t count);

/* connection_flush(c): sends what is queued, as far as the socket takes it; the rest follows by
 * itself, as does all that is queued while connecting. The owner calls it once at the end of its
 * step. When sending fails, ${wake} is called, with the last that the peer said readable. */
void connection_flush(struct connection *c);

/* connection_queued(c): bytes not yet sent. connection_congested(c): at or over
 * CONNECTION_OUTPUT_HIGH. When a congested connection has drained to a quarter, ${wake} is called.
 */
size_t connection_queued(const struct connection *c);
bool connection_congested(const struct connection *c);

/* connection_unsent(c): whether some of what was written has not left: it is queued, inside TLS
 * too, or was dropped when the connection failed. The peer cannot have all of it then. */
bool connection_unsent(const struct connection *c);

/* connection_behind(c): the same, or the peer's system has not acknowledged all of it: what the
 * peer has said by then answers nothing that was written last, for a reply carries the
 * acknowledgement of what it replies to (RFC 9293, 3.10.7.4). What the peer's system has and the
 * peer has not read, nobody here can know. A system call when nothing is queued. */
bool connection_behind(const struct connection *c);

/* connection_secret(c, secret): while set, what was read or queued is overwritten in every buffer
 * it leaves, be it consumed, sent, or dropped with the connection: for passwords. */
void connection_secret(struct connection *c, bool secret);

/* connection_deadline(c, delay_ms): has connection_expired become true and ${wake} called
 * ${delay_ms} from now; 0 clears. Setting it anew clears the expired flag. */
void connection_deadline(struct connection *c, uint64_t delay_ms);
bool connection_expired(const struct connection *c);

/* connection_acknowledge(c): lets the peer know at once that what it has sent so far is here; for
 * one that writes in pieces and holds the next one back until it knows (RFC 896), which the kernel
 * would tell it after 40 ms. Not TCP: nothing. */
void connection_acknowledge(struct connection *c);

/* connection_patience(c, patience_ms): how long the peer may take to read what was sent, once the
 * socket takes no more: all of it or, when that is more, each CONNECTION_BLOCK_BYTES of it, however
 * little at a time (PROTOCOL Z03, U09). After that the connection fails with ETIMEDOUT. 0, as at
 * the beginning: as long as it likes. */
void connection_patience(struct connection *c, uint32_t patience_ms);
#define CONNECTION_BLOCK_BYTES 65536

/* What was agreed about TLS. Slices live as long as the connection. */
struct tls_info {
    struct slice version; /* "1.3" */
    struct slice cipher;
    int cipher_bits;                 /* of its key, as used */
    struct slice name;               /* that a client asked for (SNI); empty: none */
    struct slice client_certificate; /* subject of the peer's, when it was verified; else empty */
    struct slice client_issuer;      /* ... and its issuer */
};

/* connection_start_tls(c, context): begins a TLS handshake, as a server or client as ${context} is,
 * of which a reference is taken. From now on the socket carries TLS; what is written waits until
 * the handshake is over. Both directions must be empty (PROTOCOL D7): -1 when input is unread, when
 * what was said before does not leave, or when memory is out; the caller must close then. The
 * caller sets the deadline. ${wake} is called when it is over: connection_secure is true then, or
 * the state is CONNECTION_FAILED. */
MUST_USE int connection_start_tls(struct connection *c, struct tls_context *context);

/* connection_start_tls_behind(c, context): the same for a peer that was to begin with something
 * else before its handshake, in plain text, of which all is consumed (a PROXY header): what is
 * unread is taken for the beginning of the handshake. */
MUST_USE int connection_start_tls_behind(struct connection *c, struct tls_context *context);

/* connection_start_tls_to(c, context, host): the same for a client whose server is known as
 * ${host}, NUL-terminated: asked for and expected unless ${context} has a name of its own. */
MUST_USE int connection_start_tls_to(struct connection *c, struct tls_context *context,
                                     struct slice host);

/* connection_securing(c): whether a handshake is under way. connection_secure(c): whether all that
 * is read and written is inside TLS. */
bool connection_securing(const struct connection *c);
bool connection_secure(const struct connection *c);

/* connection_tls(c): what was agreed; NULL unless connection_secure. connection_tls_error(c): why
 * TLS failed, NUL-terminated, empty when it did not. */
const struct tls_info *connection_tls(const struct connection *c);
const char *connection_tls_error(const struct connection *c);

/* connection_tls_heard(c): whether a handshake was begun in which the peer has sent anything. */
bool connection_tls_heard(const struct connection *c);

/* connection_local(c): the address of our end. */
struct address connection_local(const struct connection *c);

/* connection_destination(c, how, out): where an intercepted one was meant to go; as
 * transparent_destination. */
MUST_USE int connection_destination(const struct connection *c, enum transparent how,
                                    struct address *out);

/* connection_memory(c): bytes of buffers it holds now, for tests. */
size_t connection_memory(const struct connection *c);

#endif
