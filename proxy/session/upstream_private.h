/* The upstream as its own files share it: upstream.c (what its owner asks, what it answers),
 * upstream_open.c (how it is opened), upstream_resolve.c (where it is). Nobody else includes this.
 */
#ifndef PROXY_SESSION_UPSTREAM_PRIVATE_H
#define PROXY_SESSION_UPSTREAM_PRIVATE_H

#include "proxy/session/targets.h"
#include "proxy/session/upstream.h"
#include "proxy/session/upstream_tls.h"
#include "proxy/smtp/reply_reader.h"

enum upstream_phase {
    PHASE_NONE,
    PHASE_RESOLVE,
    PHASE_CONNECT,
    PHASE_SECURE,
    PHASE_GREETING,
    PHASE_EHLO,
    PHASE_HELO,
    PHASE_STARTTLS,
    PHASE_XCLIENT,
    PHASE_READY,
    PHASE_COMMAND,
    PHASE_AUTH,
    PHASE_CHALLENGE,
    PHASE_DATA,
    PHASE_CONTENT,
    PHASE_END,
    PHASE_REFUSED,
    PHASE_LOST,
};

struct upstream {
    struct loop *loop;
    void (*wake)(void *ctx);
    void *ctx;
    struct config *config; /* a reference; NULL before the first upstream_open */
    const struct upstream_conf *conf;
    struct rest_table *rests;       /* NULL: none */
    struct resolver *resolver;      /* for names; NULL: none */
    struct name_cache *names_known; /* likewise */
    struct resolver_query *query;   /* in PHASE_RESOLVE */
    struct targets targets;         /* of this opening */
    struct target *target;          /* the one of them in use; NULL before the first */
    bool greeted;                   /* a server has taken or refused us for good */
    struct connection *connection;
    struct upstream_leg leg;
    enum upstream_phase phase;
    bool introduced; /* XCLIENT was accepted on this connection */
    struct capabilities capabilities;
    struct identity identity;
    struct bytes names; /* the EHLO name, then the client's own and its host's: identity's */
    size_t helo_len;
    struct reply_reader reader;
    struct reply reply;
    struct bytes reply_wire; /* what reply.wire points to */
    const char *failure;
};

#define NAMES_MAX 1024 /* two HELO names and a host's, of at most 255 octets each */

/* upstream_close(u): closes the connection, if there is one. */
void upstream_close(struct upstream *u);
/* upstream_fail(u, phase, failure), upstream_lose(u, failure): closes it for a reason, which is
 * static; the phase is then
 * ${phase}, or PHASE_LOST. */
void upstream_fail(struct upstream *u, enum upstream_phase phase, const char *failure);
void upstream_lose(struct upstream *u, const char *failure);
/* upstream_say(u, phase, wire): sends a command and waits for its reply in ${phase}. */
void upstream_say(struct upstream *u, enum upstream_phase phase, struct slice wire);
/* upstream_wake(u): the callback of its connection. */
void upstream_wake(void *u);

/* upstream_open_step(u): goes on with a connection that was made or a handshake that has moved.
 * upstream_open_replied(u): the same after a reply, in a phase of opening. */
void upstream_open_step(struct upstream *u);
void upstream_open_replied(struct upstream *u);
/* upstream_open_next(u): tries the next address, and gives up when there is none left.
 * upstream_resolve(u): finds the addresses of ${u}->target. */
void upstream_open_next(struct upstream *u);
void upstream_resolve(struct upstream *u);
/* upstream_open_elsewhere(u): when there was no greeting from where it tried, tries the next
 * address. */
void upstream_open_elsewhere(struct upstream *u);

#endif
