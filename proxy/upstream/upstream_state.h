/* upstream_state: an upstream as its own files share it; nobody else includes this. Each part is
 * explained in the header of the file that owns it.
 *
 * From the roof down, each file calling only those below it:
 *   upstream           its life, what happens on its connection, what its owner asks
 *   upstream_hear      what the server says
 *   upstream_open      how it is opened
 *   upstream_resolve, upstream_keep, upstream_tls     where it is; may it serve another; its TLS
 *   upstream_link      what is said on its connection, and how that is lost
 */
#ifndef PROXY_UPSTREAM_UPSTREAM_STATE_H
#define PROXY_UPSTREAM_UPSTREAM_STATE_H

#include "proxy/smtp/reply_reader.h"
#include "proxy/upstream/targets.h"
#include "proxy/upstream/upstream.h"
#include "proxy/upstream/upstream_keep.h"
#include "proxy/upstream/upstream_link.h"
#include "proxy/upstream/upstream_tls.h"

#define NAMES_MAX 1024 /* two HELO names and a host's, of at most 255 octets each */

struct upstream {
    struct loop *loop;
    void (*turn)(void *u); /* whoever has news for it calls this */
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

#endif
