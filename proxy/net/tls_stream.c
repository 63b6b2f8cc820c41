#include "proxy/net/tls_stream.h"

#include "proxy/net/tls_private.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define SUBJECT_MAX 512
#define SNI_MAX     256
#define ERROR_MAX   128

struct tls_stream {
    SSL *ssl;
    struct tls_context *context; /* a reference: the handshake looks into it */
    bool early;                  /* reads come from memory, not from the socket yet */
    bool heard;                  /* the peer has sent something */
    bool failed;                 /* nothing more may be said, close_notify neither */
    bool agreed;                 /* the handshake is over */
    unsigned reads_left;         /* in this call */
    struct tls_info info;
    char name[SNI_MAX], subject[SUBJECT_MAX], issuer[SUBJECT_MAX], error[ERROR_MAX];
};

/* -- life -- */

/* Whom a client asks for, and whom it expects. */
static int prepare_client(SSL *ssl, const struct tls_context *context, struct slice host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    char address[ADDRESS_TEXT_MAX];
    struct slice wanted = context->name.len > 0 ? context->name : host;
    if (wanted.len > 0) {
        /* The macro for this casts const away; OpenSSL copies the name. */
        void *name = (void *)(uintptr_t)wanted.ptr;
        if (SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) != 1)
            return -1;
        return context->verify && SSL_set1_host(ssl, wanted.ptr) != 1 ? -1 : 0;
    }
    if (!context->verify)
        return 0;
    (void)address_text(&context->address, address);
    return X509_VERIFY_PARAM_set1_ip_asc(param, address) == 1 ? 0 : -1;
}

/* Stands before each read of the socket. Nothing of OpenSSL's own bounds how many there are in one
 * call: it goes on through empty records, key updates and pieces of handshakes while there is
 * input. */
static long count_read(BIO *socket, int what, const char *data, size_t size, int number, long value,
                       int result, size_t *done)
{
    struct tls_stream *stream = (struct tls_stream *)(void *)BIO_get_callback_arg(socket);
    (void)data, (void)size, (void)number, (void)value, (void)done;
    if (what != BIO_CB_READ)
        return result;
    if (stream->reads_left > 0) {
        stream->reads_left--;
        return result;
    }
    BIO_set_retry_read(socket);
    return -1;
}

static void count_reads(struct tls_stream *stream)
{
    BIO *socket = SSL_get_wbio(stream->ssl); /* which reads come from, too */
    BIO_set_callback_ex(socket, count_read);
    BIO_set_callback_arg(socket, (char *)stream);
}

/* Has reads come from a copy of ${early} first. 0, or -1 when memory is out. */
static int read_early(struct tls_stream *stream, struct slice early)
{
    if (early.len == 0)
        return 0;
    BIO *memory = BIO_new(BIO_s_mem());
    size_t written = 0;
    if (memory == NULL || BIO_write_ex(memory, early.ptr, early.len, &written) != 1) {
        BIO_free(memory);
        return -1;
    }
    SSL_set0_rbio(stream->ssl, memory);
    stream->early = true;
    return 0;
}

struct tls_stream *tls_stream_create(struct tls_context *context, int fd, struct slice host,
                                     struct slice early)
{
    struct tls_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        return NULL;
    stream->context = tls_context_ref(context);
    ERR_clear_error();
    stream->ssl = SSL_new(context->pairs[0].ssl);
    if (stream->ssl == NULL || SSL_set_fd(stream->ssl, fd) != 1)
        goto err;
    count_reads(stream);
    if (read_early(stream, early) != 0)
        goto err;
    if (context->server)
        SSL_set_accept_state(stream->ssl);
    else
        SSL_set_connect_state(stream->ssl);
    if (!context->server && prepare_client(stream->ssl, context, host) != 0)
        goto err;
    return stream;

err:
    tls_stream_destroy(stream);
    return NULL;
}

void tls_stream_destroy(struct tls_stream *stream)
{
    if (stream == NULL)
        return;
    SSL_free(stream->ssl);
    tls_context_unref(stream->context);
    free(stream);
}

/* -- results -- */

/* Keeps OpenSSL's own words, and the verdict on the certificate if that was it. */
static void note_error(struct tls_stream *stream, int saved)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = ERR_reason_error_string(code);
    long verified = SSL_get_verify_result(stream->ssl);

    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK)
        text = X509_verify_cert_error_string(verified);
    if (text == NULL)
        text = saved != 0 ? strerror(saved) : "the connection was closed";
    (void)snprintf(stream->error, sizeof(stream->error), "%s", text);
    stream->failed = true;
    ERR_clear_error();
}

/* judge(stream, result, saved): what a call of OpenSSL that did not succeed says; ${saved} is errno
 * after it. */
static enum tls_result judge(struct tls_stream *stream, int result, int saved)
{
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ: return TLS_RESULT_WANT_READ;
    case SSL_ERROR_WANT_WRITE: return TLS_RESULT_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN: return TLS_RESULT_EOF;
    case SSL_ERROR_SYSCALL: note_error(stream, saved); break;
    default: /* OpenSSL's errors are plain numbers; none of the others can be gone on from */
        note_error(stream, 0);
        saved = EPROTO;
        break;
    }
    errno = saved != 0 ? saved : ECONNRESET;
    return TLS_RESULT_FAILED;
}

/* -- the handshake -- */

/* ${name} as text in ${out}, which has SUBJECT_MAX octets. 0, or -1 when memory is out. */
static int write_name(const X509_NAME *name, char *out, struct slice *written)
{
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *text = BIO_new(BIO_s_mem());
    int got = -1;
    if (text == NULL)
        return -1;
    if (X509_NAME_print_ex(text, name, 0, flags) >= 0)
        got = BIO_read(text, out, SUBJECT_MAX);
    BIO_free(text);
    *written = slice_make(out, got > 0 ? (size_t)got : 0);
    return got >= 0 || X509_NAME_entry_count(name) == 0 ? 0 : -1;
}

/* Whose certificate was verified, and by whom; any other is nobody's word. 0, or -1 when memory is
 * out. */
static int note_certificate(struct tls_stream *stream)
{
    X509 *certificate = SSL_get0_peer_certificate(stream->ssl);
    if (certificate == NULL || SSL_get_verify_result(stream->ssl) != X509_V_OK ||
        (SSL_get_verify_mode(stream->ssl) & SSL_VERIFY_PEER) == 0)
        return 0;
    if (write_name(X509_get_subject_name(certificate), stream->subject,
                   &stream->info.client_certificate) != 0)
        return -1;
    return write_name(X509_get_issuer_name(certificate), stream->issuer,
                      &stream->info.client_issuer);
}

static int note_agreement(struct tls_stream *stream)
{
    struct slice version = slice_str(SSL_get_version(stream->ssl));
    const char *name = SSL_get_servername(stream->ssl, TLSEXT_NAMETYPE_host_name);

    stream->agreed = true;
    stream->info.version = slice_starts(version, SLICE("TLSv")) ? slice_from(version, 4) : version;
    stream->info.cipher = slice_str(SSL_get_cipher_name(stream->ssl));
    stream->info.cipher_bits = SSL_get_cipher_bits(stream->ssl, NULL);
    if (name != NULL) {
        (void)snprintf(stream->name, sizeof(stream->name), "%s", name);
        stream->info.name = slice_str(stream->name);
    }
    return note_certificate(stream);
}

static int shake(struct tls_stream *stream)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(stream->ssl);
    stream->heard = stream->heard || BIO_number_read(SSL_get_rbio(stream->ssl)) > 0;
    return result;
}

/* Whether the handshake has used up what was read before it, and reads from the socket now. No
 * handshake ends before that: its last words answer ours. */
static bool late_bytes(struct tls_stream *stream, int result)
{
    if (!stream->early || SSL_get_error(stream->ssl, result) != SSL_ERROR_WANT_READ)
        return false;
    stream->early = false;
    return SSL_set_rfd(stream->ssl, SSL_get_wfd(stream->ssl)) == 1;
}

enum tls_result tls_stream_handshake(struct tls_stream *stream)
{
    stream->reads_left = TLS_STREAM_READS_MAX;
    int result = shake(stream);
    if (result != 1 && late_bytes(stream, result))
        result = shake(stream);
    if (result == 1 && !stream->early && note_agreement(stream) == 0)
        return TLS_RESULT_DONE;
    if (result == 1 && !stream->early) {
        note_error(stream, ENOMEM);
        errno = ENOMEM;
        return TLS_RESULT_FAILED;
    }
    enum tls_result judged = judge(stream, result, errno);
    if (judged == TLS_RESULT_EOF) { /* an end before the beginning */
        note_error(stream, 0);
        errno = ECONNRESET;
        judged = TLS_RESULT_FAILED;
    }
    return judged;
}

/* -- bytes -- */

enum tls_result tls_stream_read(struct tls_stream *stream, char *out, size_t size, size_t *got)
{
    *got = 0;
    stream->reads_left = TLS_STREAM_READS_MAX;
    while (*got < size) {
        size_t now = 0;
        ERR_clear_error();
        errno = 0;
        int result = SSL_read_ex(stream->ssl, out + *got, size - *got, &now);
        if (result != 1)
            return judge(stream, result, errno);
        *got += now;
    }
    return TLS_RESULT_DONE;
}

enum tls_result tls_stream_write(struct tls_stream *stream, struct slice data, size_t *sent)
{
    *sent = 0;
    while (*sent < data.len) {
        size_t now = 0;
        ERR_clear_error();
        errno = 0;
        int result = SSL_write_ex(stream->ssl, data.ptr + *sent, data.len - *sent, &now);
        if (result != 1)
            return judge(stream, result, errno);
        *sent += now;
    }
    return TLS_RESULT_DONE;
}

bool tls_stream_pending(const struct tls_stream *stream)
{
    return SSL_pending(stream->ssl) > 0;
}

void tls_stream_bye(struct tls_stream *stream)
{
    if (stream->failed || !stream->agreed)
        return;
    ERR_clear_error();
    (void)SSL_shutdown(stream->ssl); /* a socket that takes no more will do without */
    ERR_clear_error();
}

const struct tls_info *tls_stream_info(const struct tls_stream *stream)
{
    return &stream->info;
}

bool tls_stream_heard(const struct tls_stream *stream)
{
    return stream->heard;
}

const char *tls_stream_error(const struct tls_stream *stream)
{
    return stream->error;
}
