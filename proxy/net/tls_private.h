/* tls_private: what tls_context.c and tls_stream.c share; the only files that know OpenSSL's
 * connections. Nobody else includes it. */
#ifndef PROXY_NET_TLS_PRIVATE_H
#define PROXY_NET_TLS_PRIVATE_H

#include "proxy/net/tls_context.h"

#include <openssl/ssl.h>
#include <stdatomic.h>

struct tls_pair_context {
    SSL_CTX *ssl;
    const struct slice *names; /* in the context's arena */
    size_t name_count;
};

struct tls_context {
    atomic_uint references;
    struct arena arena;
    bool server;
    struct tls_pair_context *pairs; /* the first is the default; a client has just this one */
    size_t pair_count;
    struct tls_certificate *certificates;
    size_t certificate_count;
    struct slice name;      /* client: for SNI, NUL-terminated; empty: none */
    bool verify;            /* client: by ${name}, or by ${address} when there is none */
    struct address address; /* client */
};

#endif
