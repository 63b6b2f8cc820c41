/* upstream_tls: what our SMTP client makes of TLS: decisions only; upstream acts on them. */
#ifndef PROXY_UPSTREAM_UPSTREAM_TLS_H
#define PROXY_UPSTREAM_UPSTREAM_TLS_H

#include "conf/upstream_tls.h"
#include "proxy/net/connection.h"
#include "proxy/net/tls_context.h"

/* For one upstream. */
struct upstream_leg {
    struct tls_context *context; /* a reference, or NULL: TLS cannot be had */
    enum upstream_tls_mode mode;
    struct slice host;   /* the name in its address, NUL-terminated; empty: none */
    bool plain;          /* TLS has failed once where it may be done without */
    bool lost;           /* the last connection could not be had in TLS: ... */
    const char *failure; /* static; why it is ${lost} */
};

/* What comes next. */
enum upstream_tls_next {
    UPSTREAM_TLS_NEXT_WAIT,     /* the handshake is under way */
    UPSTREAM_TLS_NEXT_GREETING, /* wait for the greeting */
    UPSTREAM_TLS_NEXT_ASK,      /* say STARTTLS */
    UPSTREAM_TLS_NEXT_HELLO,    /* say EHLO, all over */
    UPSTREAM_TLS_NEXT_OPEN,     /* go on as it is */
    UPSTREAM_TLS_NEXT_AGAIN,    /* connect again, and do without TLS */
    UPSTREAM_TLS_NEXT_LOST,     /* give up: ${failure} */
};

/* upstream_tls_connected(leg, c): the TCP connection is there; its handshake begins now if TLS is
 * implicit. upstream_tls_introduced(leg, c, offered): after EHLO or HELO; ${offered}: STARTTLS was.
 * upstream_tls_replied(leg, c, code): after the reply to STARTTLS. upstream_tls_step(leg, c): while
 * waiting for the handshake. */
enum upstream_tls_next upstream_tls_connected(struct upstream_leg *leg, struct connection *c);
enum upstream_tls_next upstream_tls_introduced(struct upstream_leg *leg, const struct connection *c,
                                               bool offered);
enum upstream_tls_next upstream_tls_replied(struct upstream_leg *leg, struct connection *c,
                                            int code);
enum upstream_tls_next upstream_tls_step(struct upstream_leg *leg, const struct connection *c);

/* upstream_tls_private(leg, c, to): whether nobody on the way can read what is said on ${c}, an
 * open connection to ${to}: it is TLS, or the operator wants none where nothing leaves this
 * machine. A loopback address for which TLS is wanted may be the near end of a tunnel: it needs
 * TLS. */
bool upstream_tls_private(const struct upstream_leg *leg, const struct connection *c,
                          const struct address *to);

#endif
