/* listener_conf: where clients arrive, and what may become of their mail. */
#ifndef CONF_LISTENER_CONF_H
#define CONF_LISTENER_CONF_H

#include <stdbool.h>

#include "conf/listener_tls.h"
#include "conf/peers.h"
#include "conf/protocol.h"
#include "filters/base/diag.h"
#include "filters/base/endpoint.h"
#include "filters/base/newline.h"

struct policy;
struct upstream_conf;

enum auth_mode { AUTH_RELAY, AUTH_TLS_ONLY, AUTH_OFF };

/* How a listener learns where the connections it intercepts were meant to go. */
enum transparent { TRANSPARENT_OFF, TRANSPARENT_REDIRECT, TRANSPARENT_TPROXY };

enum refuse_at { REFUSE_EARLY, REFUSE_RCPT };

/* Recipients that a server behind us might send on (mailbox_routes). */
enum routed { ROUTED_REJECT, ROUTED_PASS };

/* What refuses one, for the record and for explain. */
#define ROUTED_REASON "routed address"
#define ROUTED_REPLY  "550 5.1.3 Routed addresses are not accepted here\r\n"

struct listener_conf {
    struct endpoint endpoint;
    struct slice name;
    const struct upstream_conf *upstream;
    const struct policy *policy;
    enum protocol protocol;
    enum newline_mode bare_newline;
    enum refuse_at refuse_at;
    enum routed routed_addresses;
    bool add_received;
    enum auth_mode auth;
    enum transparent transparent;         /* not OFF: the original destination is the upstream */
    bool client_source;                   /* which sees the client's address */
    struct peers proxy_protocol;          /* must begin with a PROXY header */
    struct peers xclient;                 /* may say XCLIENT and XFORWARD */
    const struct slice *strip_extensions; /* upper case */
    size_t strip_count;
    struct listener_tls tls;
    struct place place;
};

/* listener_conf_keeps(opened, next, error, error_size): whether ${next} intercepts as the socket
 * was opened for, which ${opened} says; if not, a sentence. */
bool listener_conf_keeps(const struct listener_conf *opened, const struct listener_conf *next,
                         char *error, size_t error_size);

#endif
