/* tls_stream: TLS on one socket that does not block. Private to proxy/net.
 *
 * It owns neither socket nor buffers: connection asks it to shake hands, read and write, and
 * watches the socket for what it wants next.
 */
#ifndef PROXY_NET_TLS_STREAM_H
#define PROXY_NET_TLS_STREAM_H

#include "proxy/net/connection.h"

struct tls_context;
struct tls_stream;

/* How often one call may read from the socket: a record costs two reads, its length and the rest,
 * however small it is. Sixty-four records of 16 KiB are more than a call has room for; a peer that
 * sends one octet in each waits for the next turn, as do others meanwhile. */
#define TLS_STREAM_READS_MAX 128

enum tls_result {
    TLS_RESULT_DONE,
    TLS_RESULT_WANT_READ,
    TLS_RESULT_WANT_WRITE,
    TLS_RESULT_EOF,
    TLS_RESULT_FAILED, /* errno tells; tls_stream_error says more */
};

/* tls_stream_create(context, fd, host, early): for a socket in the middle of nothing; server or
 * client as the context is, of which it takes a reference. A client asks for and expects ${host}
 * unless the context has a name; NUL-terminated, empty: none. ${early}: what was read from the
 * socket already and is the beginning of the handshake; copied; mostly empty. NULL: out of memory.
 */
struct tls_stream *tls_stream_create(struct tls_context *context, int fd, struct slice host,
                                     struct slice early);
void tls_stream_destroy(struct tls_stream *stream); /* says nothing to the peer; NULL: nothing */

/* tls_stream_handshake(stream): goes on with it. Here and below WANT_READ is said also when
 * TLS_STREAM_READS_MAX reads were made; what was not read is still in the socket then, which goes
 * on to announce it. */
enum tls_result tls_stream_handshake(struct tls_stream *stream);

/* tls_stream_read(stream, out, size, got): reads until ${size} bytes are there or the result says
 * why not; either way ${got} were read. */
enum tls_result tls_stream_read(struct tls_stream *stream, char *out, size_t size, size_t *got);

/* tls_stream_write(stream, data, sent): sends as much as the socket takes. What was not sent must
 * be the beginning of the next call's ${data}, wherever it stands then. */
enum tls_result tls_stream_write(struct tls_stream *stream, struct slice data, size_t *sent);

/* tls_stream_pending(stream): whether it holds input that the socket will not announce. */
bool tls_stream_pending(const struct tls_stream *stream);

/* tls_stream_bye(stream): says close_notify, if the socket takes it. */
void tls_stream_bye(struct tls_stream *stream);

/* tls_stream_info(stream): what was agreed, after the handshake. Lives as long as the stream. */
const struct tls_info *tls_stream_info(const struct tls_stream *stream);

/* tls_stream_heard(stream): whether the peer has sent any octet of its handshake. */
bool tls_stream_heard(const struct tls_stream *stream);

/* tls_stream_error(stream): why it failed; NUL-terminated; empty before. */
const char *tls_stream_error(const struct tls_stream *stream);

#endif
