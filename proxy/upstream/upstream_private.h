/* The upstream as its own files share it: upstream.c (what its owner asks, what it answers),
 * upstream_open.c (how it is opened), upstream_resolve.c (where it is), upstream_keep.c (whether it
 * may serve another owner). Nobody else includes this. */
#ifndef PROXY_UPSTREAM_UPSTREAM_PRIVATE_H
#define PROXY_UPSTREAM_UPSTREAM_PRIVATE_H

#include "proxy/smtp/reply_reader.h"
#include "proxy/upstream/targets.h"
#include "proxy/upstream/upstream.h"
#include "proxy/upstream/upstream_tls.h"

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

/* How a connection has been used, as servers count it. */
struct upstream_wear {
    uint64_t born_ms;
    unsigned mails;    /* MAIL commands */
    unsigned before;   /* ... of owners before this one */
    unsigned commands; /* answered since the last message it took */
    bool refused;      /* one of these, by a 4xx or 5xx */
    bool login;        /* AUTH was begun, whatever came of it */
    bool partial;      /* the content under way is a chunk with others to follow */
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
    const struct endpoint *towards; /* in place of those of ${conf}; NULL: none */
    const struct address *source;   /* NULL: our own */
    struct outgoing *outgoing;      /* NULL: none */
    struct outgoing_mark mark;      /* of ${connection} in it */
    struct targets targets;         /* of this opening */
    struct target *target;          /* the one of them in use; NULL before the first */
    bool greeted;                   /* a server has taken or refused us for good */
    struct connection *connection;
    struct upstream_leg leg;
    enum upstream_phase phase;
    bool introduced; /* XCLIENT was accepted on this connection, for this owner */
    bool reused;     /* it is being taken over from another owner; until READY */
    struct upstream_wear wear;
    struct capabilities capabilities;
    struct identity identity;
    struct bytes names; /* the EHLO name, then the client's own and its host's: identity's */
    size_t helo_len;
    bool early;         /* something came before the command it would answer had left */
    bool cut_short;     /* LOST, REFUSED or aborted: before all that was said had left */
    uint64_t end_by_ms; /* when the replies to the end of data must be there */
    struct reply_reader reader;
    struct reply reply;
    struct bytes reply_wire; /* what reply.wire points to */
    const char *failure;     /* NULL: none; static, or ${reason} */
    char reason[UPSTREAM_FAILURE_MAX];
};

#define NAMES_MAX 1024 /* two HELO names and a host's, of at most 255 octets each */

/* upstream_close(u): closes the connection, if there is one. */
void upstream_close(struct upstream *u);
/* upstream_fail(u, phase, failure), upstream_lose(u, failure): closes it for a reason, which is
 * static; the phase is then
 * ${phase}, or PHASE_LOST. */
void upstream_fail(struct upstream *u, enum upstream_phase phase, const char *failure);
void upstream_lose(struct upstream *u, const char *failure);
/* upstream_lose_because(u, failure, why): likewise, with what the system or the server's TLS says
 * of it: "failure: why"; ${why} may be empty, and may be the connection's own. */
void upstream_lose_because(struct upstream *u, const char *failure, const char *why);
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

/* upstream_keep_replied(u): counts the reply that was just taken, in the phase it was awaited in.
 * upstream_keep_limits(u): after EHLO on a connection that was taken over: takes what others have
 * used off MAILMAX; false: nothing is left of it. */
void upstream_keep_replied(struct upstream *u);
bool upstream_keep_limits(struct upstream *u);

#endif
