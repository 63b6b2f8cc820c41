/* tls_private: what tls_context.c, tls_choice.c and tls_stream.c share; the only files that know
 * OpenSSL's connections. Nobody else includes it. */
#ifndef PROXY_NET_TLS_PRIVATE_H
#define PROXY_NET_TLS_PRIVATE_H

#include "filters/base/address.h"
#include "filters/base/arena.h"
#include "filters/base/must_use.h"
#include "filters/base/slice.h"
#include "proxy/net/tls_context.h"

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>

struct diag;
struct listener_tls;

struct tls_pair_context {
    SSL_CTX *ssl; /* owns what follows; only the first one's makes connections */
    X509 *certificate;
    EVP_PKEY *key;
    STACK_OF(X509) * chain;    /* NULL: none */
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

/* tls_choice_begin(context): from now on each client is shown a certificate for the name it asks
 * for that it can use, if ${context} has one: of the certificates of that name the first of each
 * kind of key is offered. 0, or -1: memory is out. */
MUST_USE int tls_choice_begin(struct tls_context *context);

/* tls_choice_warn(context, tls, diag): warns of names in the groups of ${tls}, of which ${context}
 * is made, that another group takes from them. */
void tls_choice_warn(const struct tls_context *context, const struct listener_tls *tls,
                     struct diag *diag);

#endif
