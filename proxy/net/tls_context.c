#include "conf/listener_conf.h"
#include "conf/listener_tls.h"
#include "conf/upstream_conf.h"
#include "conf/upstream_tls.h"
#include "proxy/net/tls_private.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proxy/net/tls_file.h"

#define ARENA_BLOCK_BYTES 1024
#define ARENA_BYTES_MAX   ((size_t)16 * 1024 * 1024)

/* Of TLS 1.2, for clients: forward secrecy, and no MAC of SHA-1. Senders that know no AEAD cipher
 * with an RSA certificate are still about, and would go on in plain text: so CBC with SHA-2 stays.
 */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!AESCCM:!SHA1:!aNULL:!PSK"

/* -- problems -- */

/* A file of TLS, and what it is for. */
struct material {
    struct diag *diag;
    struct place place;
    struct slice file;
    enum tls_file kind;
};

/* complain(m, problem): records it; returns -1. */
static int complain(const struct material *m, const char *problem)
{
    static const char *const KINDS[] = {
        [TLS_FILE_CERTIFICATE] = "certificate",
        [TLS_FILE_KEY] = "key",
        [TLS_FILE_AUTHORITIES] = "authorities in",
    };
    diag_add(m->diag, DIAG_ERROR, m->place, "cannot use the %s \"%.*s\": %s", KINDS[m->kind],
             SLICE_ARG(m->file), problem);
    ERR_clear_error();
    return -1;
}

/* explain(m): records why OpenSSL could not use the file; returns -1. */
static int explain(const struct material *m)
{
    char problem[TLS_FILE_PROBLEM_MAX];
    unsigned long code = ERR_peek_last_error();
    const char *text = ERR_reason_error_string(code);

    if (ERR_SYSTEM_ERROR(code))
        text = strerror(ERR_GET_REASON(code));
    if (!tls_file_explain(m->file, m->kind, problem))
        (void)snprintf(problem, sizeof(problem), "it is damaged or not allowed (%s)",
                       text != NULL ? text : "no reason given");
    return complain(m, problem);
}

/* check_file(m): 0 when there is something to read, or -1 with an error. */
static int check_file(const struct material *m)
{
    char problem[TLS_FILE_PROBLEM_MAX];
    return tls_file_usable(m->file, problem) ? 0 : complain(m, problem);
}

/* Whoever starts a service is not there to type a passphrase. */
static int no_passphrase(char *out, int size, int writing, void *ctx)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)ctx;
    return 0;
}

static void out_of_memory(struct diag *diag)
{
    diag_add(diag, DIAG_ERROR, (struct place){NULL, 0}, "out of memory");
}

/* -- settings -- */

/* A client that names protocols must name SMTP: what speaks HTTP is turned away before it can be
 * taken for mail (R129, PROTOCOL T09). */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *arg)
{
    static const unsigned char smtp[] = "\x04smtp";
    unsigned char *chosen;
    (void)ssl;
    (void)arg;

    if (SSL_select_next_proto(&chosen, out_len, smtp, sizeof(smtp) - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *make_ssl(bool server)
{
    SSL_CTX *ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    if (ssl == NULL)
        return NULL;
    /* A peer that closes without close_notify has closed: what a message is, its dot tells. What
     * OpenSSL has decrypted it wipes once it is read: it may be a password (PROTOCOL A05). */
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_CLEANSE_PLAINTEXT);
    (void)SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(ssl, no_passphrase);
    /* One message of the protocol a call, so that a flood of them cannot hold the loop. */
    (void)SSL_CTX_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF); /* tickets need none */
    (void)SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    if (server)
        (void)SSL_CTX_set_cipher_list(ssl, CIPHERS);
    return ssl;
}

/* Counts calendar days; a certificate without an end is one OpenSSL has refused before. */
static long days_left(const X509 *certificate)
{
    int days = 0, seconds = 0;
    (void)ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate));
    return seconds < 0 ? days - 1 : days;
}

static long days_to_wait(const X509 *certificate)
{
    int days = 0, seconds = 0;
    (void)ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notBefore(certificate));
    return seconds > 0 ? days + 1 : days;
}

static EVP_PKEY *read_key(struct slice file)
{
    BIO *in = BIO_new_file(file.ptr, "r");
    EVP_PKEY *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;
    BIO_free(in);
    return key;
}

/* Whether ${key} belongs to one of the certificates that follow the first. */
static bool fits_later(SSL_CTX *ssl, const EVP_PKEY *key)
{
    STACK_OF(X509) *chain = NULL;
    (void)SSL_CTX_get0_chain_certs(ssl, &chain);
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (X509_check_private_key(sk_X509_value(chain, i), key) == 1)
            return true;
    return false;
}

/* explain_key(ssl, certificate, key): why the key could not be used with the certificate, which
 * could. Returns -1. */
static int explain_key(SSL_CTX *ssl, const struct material *certificate, const struct material *key)
{
    char problem[TLS_FILE_PROBLEM_MAX];
    EVP_PKEY *own = read_key(key->file);
    if (own == NULL)
        return explain(key);
    bool later = fits_later(ssl, own);
    bool other = X509_check_private_key(SSL_CTX_get0_certificate(ssl), own) != 1;
    EVP_PKEY_free(own);
    if (later)
        return complain(certificate, "the server's own certificate must come first in it, before "
                                     "those of its authorities");
    if (!other)
        return explain(key);
    (void)snprintf(problem, sizeof(problem), "it belongs to another certificate than \"%.*s\"",
                   SLICE_ARG(certificate->file));
    return complain(key, problem);
}

/* load_pair(context, ssl, pair, diag): the chain and its key. 0, or -1 with an error. */
static int load_pair(struct tls_context *context, SSL_CTX *ssl, const struct tls_pair *pair,
                     struct diag *diag)
{
    const struct material certificate = {diag, pair->place, pair->certificate,
                                         TLS_FILE_CERTIFICATE};
    const struct material key = {diag, pair->place, pair->key, TLS_FILE_KEY};
    int unusable = check_file(&certificate); /* both are looked at, to say all that is wrong */
    if (check_file(&key) != 0 || unusable != 0)
        return -1;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ssl, pair->certificate.ptr) != 1)
        return explain(&certificate);
    if (SSL_CTX_use_PrivateKey_file(ssl, pair->key.ptr, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ssl) != 1)
        return explain_key(ssl, &certificate, &key);
    struct tls_certificate *known = &context->certificates[context->certificate_count++];
    known->file = arena_copy(&context->arena, pair->certificate);
    known->place = pair->place;
    known->days_left = days_left(SSL_CTX_get0_certificate(ssl));
    known->days_to_wait = days_to_wait(SSL_CTX_get0_certificate(ssl));
    return 0;
}

/* load_ca(ssl, ca): trusts a file, a folder, or what the system trusts. 0, or -1 with an error. */
static int load_ca(SSL_CTX *ssl, const struct material *ca)
{
    struct stat found;
    ERR_clear_error();
    if (ca->file.len == 0 || slice_equal(ca->file, SLICE("system")))
        return SSL_CTX_set_default_verify_paths(ssl) == 1 ? 0 : explain(ca);
    if (stat(ca->file.ptr, &found) == 0 && S_ISDIR(found.st_mode))
        return SSL_CTX_load_verify_dir(ssl, ca->file.ptr) == 1 ? 0 : explain(ca);
    if (check_file(ca) != 0)
        return -1;
    return SSL_CTX_load_verify_file(ssl, ca->file.ptr) == 1 ? 0 : explain(ca);
}

/* -- life -- */

static struct tls_context *make_context(bool server, size_t pairs, struct diag *diag)
{
    struct tls_context *context = calloc(1, sizeof(*context));
    if (context == NULL) {
        out_of_memory(diag);
        return NULL;
    }
    atomic_init(&context->references, 1);
    arena_init(&context->arena, ARENA_BLOCK_BYTES, ARENA_BYTES_MAX);
    context->server = server;
    context->pairs = arena_alloc(&context->arena, pairs * sizeof(*context->pairs));
    context->certificates = arena_alloc(&context->arena, pairs * sizeof(*context->certificates));
    if (context->pairs == NULL || context->certificates == NULL) {
        out_of_memory(diag);
        tls_context_unref(context);
        return NULL;
    }
    return context;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
    if (context != NULL)
        atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
    return context;
}

void tls_context_unref(struct tls_context *context)
{
    if (context == NULL ||
        atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < context->pair_count; i++)
        SSL_CTX_free(context->pairs[i].ssl);
    arena_fini(&context->arena);
    free(context);
}

const struct tls_certificate *tls_context_certificates(const struct tls_context *context,
                                                       size_t *count)
{
    *count = context->certificate_count;
    return context->certificates;
}

/* -- listeners -- */

/* A certificate that does not verify is no reason to hang up under "request": it is just no fact.
 */
static int accept_any(int verified, X509_STORE_CTX *store)
{
    (void)verified;
    (void)store;
    return 1;
}

static int ask_for_certificates(SSL_CTX *ssl, const struct listener_conf *conf, struct diag *diag)
{
    const struct listener_tls *tls = &conf->tls;
    if (tls->client_certificate == CLIENT_CERTIFICATE_NONE)
        return 0;
    const struct material ca = {diag, tls->pair.place, tls->client_ca, TLS_FILE_AUTHORITIES};
    if (check_file(&ca) != 0 || load_ca(ssl, &ca) != 0)
        return -1;
    ERR_clear_error();
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(tls->client_ca.ptr);
    if (names == NULL)
        return explain(&ca);
    SSL_CTX_set_client_CA_list(ssl, names);
    if (tls->client_certificate == CLIENT_CERTIFICATE_REQUIRE)
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    else
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, accept_any);
    return 0;
}

/* A session may be resumed only where it began, or what one listener trusts would count at another
 * (PROTOCOL T10). Each context has ticket keys of its own; this says the same once more. */
static void name_sessions(SSL_CTX *ssl, const struct listener_conf *conf)
{
    unsigned char id[SSL_MAX_SID_CTX_LENGTH];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < conf->name.len; i++)
        hash = (hash ^ (unsigned char)conf->name.ptr[i]) * UINT64_C(0x100000001b3);
    memset(id, 0, sizeof(id));
    memcpy(id, &hash, sizeof(hash));
    (void)SSL_CTX_set_session_id_context(ssl, id, sizeof(id));
}

static int copy_names(struct tls_context *context, const struct tls_pair *pair,
                      struct tls_pair_context *out)
{
    struct slice *names = arena_alloc(&context->arena, (pair->name_count + 1) * sizeof(*names));
    if (names == NULL)
        return -1;
    for (size_t i = 0; i < pair->name_count; i++) {
        names[i] = arena_copy(&context->arena, pair->names[i]);
        if (names[i].ptr == NULL)
            return -1;
    }
    out->names = names;
    out->name_count = pair->name_count;
    return 0;
}

/* add_pair(context, pair, diag): one certificate of a listener. 0, or -1 with an error. */
static int add_pair(struct tls_context *context, const struct tls_pair *pair, struct diag *diag)
{
    struct tls_pair_context *own = &context->pairs[context->pair_count];
    own->ssl = make_ssl(true);
    if (own->ssl == NULL || copy_names(context, pair, own) != 0) {
        SSL_CTX_free(own->ssl);
        out_of_memory(diag);
        return -1;
    }
    context->pair_count++;
    if (load_pair(context, own->ssl, pair, diag) != 0)
        return -1;
    own->certificate = SSL_CTX_get0_certificate(own->ssl);
    own->key = SSL_CTX_get0_privatekey(own->ssl);
    (void)SSL_CTX_get0_chain_certs(own->ssl, &own->chain);
    return 0;
}

/* What all clients meet, whatever name they ask for: 0, or -1 with an error. */
static int prepare_listener(struct tls_context *context, const struct listener_conf *conf,
                            struct diag *diag)
{
    SSL_CTX *ssl = context->pairs[0].ssl;
    if (conf->tls.min_version == TLS_1_3)
        (void)SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION);
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
    name_sessions(ssl, conf);
    if (ask_for_certificates(ssl, conf, diag) != 0)
        return -1;
    if (tls_choice_begin(context) != 0) {
        out_of_memory(diag);
        return -1;
    }
    tls_choice_warn(context, &conf->tls, diag);
    return 0;
}

struct tls_context *tls_context_listener(const struct listener_conf *conf, struct diag *diag)
{
    struct tls_context *context = make_context(true, 1 + conf->tls.other_count, diag);
    if (context == NULL)
        return NULL;
    int failed = add_pair(context, &conf->tls.pair, diag);
    for (size_t i = 0; i < conf->tls.other_count && failed == 0; i++)
        failed = add_pair(context, &conf->tls.others[i], diag);
    if (failed == 0 && prepare_listener(context, conf, diag) == 0)
        return context;
    tls_context_unref(context);
    return NULL;
}

/* -- upstreams -- */

static bool verifies(const struct upstream_tls *tls)
{
    return tls->mode == UPSTREAM_TLS_VERIFIED ||
           (tls->mode == UPSTREAM_TLS_IMPLICIT && tls->ca.len > 0);
}

bool tls_context_keeps(const struct tls_context *context, const struct upstream_conf *conf)
{
    return context->verify || !verifies(&conf->tls);
}

static int prepare_upstream(struct tls_context *context, const struct upstream_conf *conf,
                            struct diag *diag)
{
    const struct upstream_tls *tls = &conf->tls;
    SSL_CTX *ssl = context->pairs[0].ssl;
    struct tls_pair pair = {.certificate = tls->certificate, .key = tls->key, .place = conf->place};
    const struct material ca = {diag, conf->place, tls->ca.len > 0 ? tls->ca : SLICE("system"),
                                TLS_FILE_AUTHORITIES};

    context->verify = verifies(tls);
    if (conf->endpoint_count == 1) /* with several, none is expected: a name is required */
        context->address = conf->endpoints[0].address;
    context->name = arena_copy(&context->arena, tls->name);
    if (context->name.ptr == NULL) {
        out_of_memory(diag);
        return -1;
    }
    if (context->verify && load_ca(ssl, &ca) != 0)
        return -1;
    if (context->verify)
        SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    return tls->certificate.len > 0 ? load_pair(context, ssl, &pair, diag) : 0;
}

struct tls_context *tls_context_upstream(const struct upstream_conf *conf, struct diag *diag)
{
    struct tls_context *context = make_context(false, 1, diag);
    if (context == NULL)
        return NULL;
    context->pairs[0].ssl = make_ssl(false);
    if (context->pairs[0].ssl == NULL) {
        out_of_memory(diag);
        tls_context_unref(context);
        return NULL;
    }
    context->pair_count = 1;
    if (prepare_upstream(context, conf, diag) == 0)
        return context;
    tls_context_unref(context);
    return NULL;
}
