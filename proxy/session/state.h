/* state: a session as its own files share it. Nobody else includes this.
 *
 * The files stand on floors, and each uses only what is below its own:
 *
 *   roof        session
 *   table       verbs
 *   high        introduction, greeting, data, content
 *   topics      keeping, delivery, starttls, passthrough, hello, envelope, auth
 *   two sides   relay (the upstream), line (the client), settle (a message's fate), interception
 *   the end     ending, parting, record
 *   the judge   judging, adopt, macros, naming; origin, offer, lmtp, rewriting, parameters
 *   ground      outcome, client, awake; state.h, host.h, transaction, pace
 */
#ifndef PROXY_SESSION_STATE_H
#define PROXY_SESSION_STATE_H

#include "proxy/inspect/inspect.h"
#include "proxy/net/client_name.h"
#include "proxy/net/connection.h"
#include "proxy/session/host.h"
#include "proxy/session/transaction.h"
#include "proxy/smtp/attributes.h"
#include "proxy/smtp/extension.h"
#include "proxy/upstream/upstream.h"

enum phase {
    PHASE_HEADER,
    PHASE_SECURE,
    PHASE_COMMAND,
    PHASE_JUDGE,
    PHASE_NAME,
    PHASE_DELAY,
    PHASE_OPEN,
    PHASE_ANSWER,
    PHASE_AUTH,
    PHASE_CONTENT,
    PHASE_STORE,
    PHASE_SETTLE,
    PHASE_SEND,
    PHASE_PASSTHROUGH,
    PHASE_END,
};

#define SESSION_ID_MAX 24
#define HELO_MAX       255

/* What is known of the client's name. */
struct naming {
    enum { NAMING_UNASKED, NAMING_ASKED, NAMING_KNOWN } state;
    enum client_name result;           /* known */
    struct client_name_lookup *lookup; /* asked */
    struct bytes name;                 /* found; else empty */
};

/* Where a client wanted to go that was intercepted. */
struct original {
    struct endpoint endpoint;
    char text[ADDRESS_TEXT_MAX]; /* the endpoint's */
};

/* What has passed in one direction past us. */
struct flow {
    uint64_t bytes;
    bool paused; /* the other side takes no more for now */
    bool ended;  /* it was told that there is no more */
};

/* TLS between client and upstream, past us. */
struct passage {
    struct connection *upstream;
    struct flow from_client, from_upstream;
};

struct session {
    struct session *next, *prev; /* in the host's list */
    struct host *host;
    struct config *config;   /* as of the last MAIL; a reference */
    void (*wake)(void *ctx); /* session_wake, for whatever it waits for; ctx: the session */
    size_t socket;           /* the listening one it came by */
    const struct listener_conf *listener; /* of ${config} */
    struct address client;                /* as XCLIENT said, else ${peer} */
    struct address peer;                  /* as a PROXY header said, else the socket's */
    struct address local;      /* where it connected to, likewise; ADDRESS_NONE: ask the socket */
    struct original *original; /* NULL: its listener does not intercept */
    struct address counted;    /* whom the gateway counts it as */
    bool lingers;              /* the connection is counted on, though it is over */
    struct naming naming;      /* of ${client} */
    struct attributes *forwarded; /* what XFORWARD said of this transaction; NULL: nothing */
    struct connection *connection;
    struct upstream *upstream; /* NULL until first needed */
    struct passage *passage;   /* NULL unless client and upstream speak TLS past us */
    struct inspect *inspect;
    struct macros *macros;    /* what milters are told; NULL until there is one */
    struct loop_timer *timer; /* the end of a delay, or of patience with a disk */
    struct loop_timer *awake; /* within content: when the upstream is to hear something again */
    struct turn turn;         /* of being judged */
    char id[SESSION_ID_MAX];
    int64_t begin_us;
    uint64_t begin_ms;

    enum phase phase;
    bool timer_fired;
    bool awake_due; /* ... it is now */
    struct event
        event; /* under judgement in JUDGE; its slices live in the transaction or in ${line} */
    struct verdict verdict; /* waiting out its delay in DELAY */
    void (*decided)(struct session *s, const struct verdict *verdict); /* after JUDGE and DELAY */
    void (*ready)(struct session *s);   /* after OPEN, ANSWER, SECURE */
    void (*named)(struct session *s);   /* after NAME */
    void (*welcome)(struct session *s); /* after a connection that was judged late */

    struct line_scan scan;
    bool auth_line;     /* the line under way begins with AUTH */
    struct bytes line;  /* the command in flight */
    struct bytes helo;  /* as last given */
    bool lmtp;          /* it speaks LMTP, as its listener did when it came */
    bool esmtp;         /* ... by EHLO or LHLO */
    bool greeted;       /* ... and accepted */
    bool must_greet;    /* MAIL needs a greeting before it: there was a STARTTLS (RFC 3207, 4.2) */
    bool announced;     /* its peer began with a PROXY header */
    bool probed;        /* ... that names no client but itself, as a balancer's own checks do */
    bool heard;         /* the client itself has sent something */
    bool welcomed;      /* the first greeting was said */
    bool connect_waits; /* for EHLO or MAIL: XCLIENT may come before */
    bool turned_away;   /* refused at connect: 503 to all but QUIT */
    bool quit;          /* the client has said its last word */
    bool authenticated; /* the upstream has accepted a login: s->sasl knows whose */
    struct sasl sasl;
    bool draining;
    bool data_refused; /* ... and no known command has come since */
    bool auth_begun;   /* likewise: what comes may be meant as its secret */
    bool resetting;    /* the RSET we sent upstream is not answered yet */
    struct capabilities offered;
    unsigned errors, junk, put_off; /* since the last message */
    unsigned transactions;          /* begun so far */
    bool recorded;                  /* its own audit record is written */
    enum verdict_kind last_verdict; /* the last decision, for a session without transactions */
    enum party last_party;
    enum stage last_stage;
    struct slice last_decider; /* static or the policy's */
    struct transaction tx;
};

#endif
