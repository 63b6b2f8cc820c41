/* listener_tls: how a listener speaks TLS. */
#ifndef CONF_LISTENER_TLS_H
#define CONF_LISTENER_TLS_H

#include "filters/base/diag.h"
#include "filters/base/slice.h"

enum tls_mode {
    TLS_OFF,
    TLS_STARTTLS,
    TLS_IMPLICIT,
    TLS_PASSTHROUGH, /* STARTTLS is the upstream's: what follows passes unread */
};

enum tls_version { TLS_1_2, TLS_1_3 };

enum client_certificate {
    CLIENT_CERTIFICATE_NONE,
    CLIENT_CERTIFICATE_REQUEST,
    CLIENT_CERTIFICATE_REQUIRE
};

/* A certificate with its key, and the names a client may ask for it by (SNI). */
struct tls_pair {
    const struct slice *names; /* as written; "*.example.org" is any one label there */
    size_t name_count;
    struct slice certificate, key; /* absolute paths */
    struct place place;
};

struct listener_tls {
    enum tls_mode mode;
    struct tls_pair
        pair; /* the default one; its paths are empty when the mode is off or passthrough */
    const struct tls_pair *others;
    size_t other_count;
    bool required;
    enum client_certificate client_certificate;
    struct slice client_ca; /* empty: none */
    enum tls_version min_version;
};

#endif
