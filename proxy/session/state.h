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
 *   ground      outcome, client, awake; route; state, host.h, patience, transaction, pace
 */
#ifndef PROXY_SESSION_STATE_H
#define PROXY_SESSION_STATE_H

#include "proxy/inspect/inspect.h"
#include "proxy/net/client_name.h"
#include "proxy/net/connection.h"
#include "proxy/session/host.h"
#include "proxy/session/patience.h"
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

/* What is known of the client's name. */
struct naming {
    enum { NAMING_UNASKED, NAMING_ASKED, NAMING_KNOWN } state;
    enum client_name result;           /* known */
    struct client_name_lookup *lookup; /* asked */
    struct bytes name;                 /* found; else empty */
    void (*named)(struct session *s);  /* after NAME */
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

/* Each part, and each field that is none, has an owner, who alone writes it; others ask the owner,
 * or read. tests/lint/owners knows them. */
struct session {
    /* From its birth on. */
    struct session *next, *prev; /* in the host's list */
    struct host *host;
    void (*wake)(void *ctx); /* session_wake, for whatever it waits for; ctx: the session */
    char id[SESSION_ID_MAX];
    int64_t begin_us;
    uint64_t begin_ms;
    size_t socket; /* the listening one it came by */
    bool lmtp;     /* it speaks LMTP, as its listener did when it came */
    bool draining; /* the service is going down */

    enum phase phase; /* set by state_wait */

    struct under {                            /* what it is judged and served by */
        struct config *config;                /* as of the last MAIL; a reference */
        const struct listener_conf *listener; /* of ${config} */
        struct inspect *inspect;
    } under;
    struct macros *macros; /* what milters are told; NULL until there is one */

    struct connection *connection; /* NULL at the END */
    struct talk {
        bool heard;                     /* the client itself has sent something */
        bool quit;                      /* it has said its last word */
        bool lingers;                   /* it is counted on, though the session is over */
        unsigned errors, junk, put_off; /* since the last message */
    } talk;
    struct line {
        struct line_scan scan;
        bool auth;         /* the line under way begins with AUTH */
        struct bytes text; /* the command in flight */
    } line;
    bool auth_begun;   /* ... and no known command has come since: it may be meant as a secret */
    bool data_refused; /* likewise: content may come all the same */

    struct who {
        struct address client;  /* as XCLIENT said, else ${peer} */
        struct address peer;    /* as a PROXY header said, else the socket's */
        struct address local;   /* where it connected to, as that header said */
        struct address counted; /* whom the gateway counts it as */
        bool announced;         /* its peer began with a PROXY header */
        bool probed; /* ... that names no client but itself, as a balancer's own checks do */
    } who;
    struct original *original;    /* NULL: its listener does not intercept */
    struct naming naming;         /* of ${who.client} */
    struct attributes *forwarded; /* what XFORWARD said of this transaction; NULL: nothing */
    struct greeting {
        bool welcomed; /* the first greeting was said */
        bool waits;    /* the connect rules, for EHLO or MAIL: XCLIENT may come before */
        bool refused;  /* at connect: 503 to all but QUIT */
        void (*go_on)(struct session *s); /* after a connection that was judged late */
    } greeting;
    struct hello {
        struct bytes name; /* as last given */
        bool esmtp;        /* ... by EHLO or LHLO */
        bool greeted;      /* ... and accepted */
        bool must_greet;   /* MAIL needs one before it: there was a STARTTLS (RFC 3207, 4.2) */
    } hello;
    struct login {
        bool accepted; /* by the upstream: ${sasl} knows whose */
        struct sasl sasl;
    } login;
    void (*secured)(struct session *s); /* after SECURE */
    struct passage *passage;            /* NULL unless client and upstream speak TLS past us */

    struct upstream *upstream;          /* NULL until first needed */
    bool resetting;                     /* the RSET we sent it is not answered yet */
    void (*ready)(struct session *s);   /* after OPEN, ANSWER */
    void (*reached)(struct session *s); /* ... of an upstream that is there */
    struct capabilities offered;

    struct judging {
        struct turn turn;
        struct event event; /* its slices live in the transaction or in ${line} */
        struct patience delay;
        struct verdict verdict;                                            /* that waits it out */
        void (*decided)(struct session *s, const struct verdict *verdict); /* after both */
    } judging;
    struct patience awake;    /* within content: the upstream's */
    struct patience storing;  /* ours, with the quarantine's disk */
    struct patience settling; /* likewise, when the reply is decided */

    unsigned transactions; /* begun so far */
    struct transaction tx;
    struct last { /* the last decision, for the record of a session without transactions */
        enum verdict_kind kind;
        enum party party;
        enum stage stage;
        struct slice decider; /* static or the policy's */
    } last;
    bool recorded; /* its own audit record is written */
};

/* state_wait(s, phase): what it waits for from now on. */
void state_wait(struct session *s, enum phase phase);
#endif
