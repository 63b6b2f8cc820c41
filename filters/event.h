/* event: what happened on the wire, as the engine is told it.
 *
 * The first word of the seam: events go in, verdicts come out, edits at the end of the message. The
 * SMTP front-end, the libmilter front-end and `explain` build these; nothing here knows which.
 * Slices in an event live as long as the call, unless said otherwise; the engine copies what it
 * keeps.
 */
#ifndef FILTERS_EVENT_H
#define FILTERS_EVENT_H

#include "filters/base/address.h"
#include "filters/base/slice.h"

struct header;

/* When a fact becomes known. In the order of a session; a later stage is a larger number. */
enum stage {
    STAGE_CONNECT,
    STAGE_HELO,
    STAGE_MAIL,
    STAGE_RCPT,
    STAGE_DATA,
    STAGE_HEADER,
    STAGE_MESSAGE,
};

/* stage_name(stage): "connect", "helo", ... for messages and the audit record. In field.c. */
struct slice stage_name(enum stage stage);

enum event_kind {
    EVENT_CONNECT,      /* first of a session, once */
    EVENT_HELO,         /* may come again; the last one counts */
    EVENT_AUTH,         /* the upstream has accepted a login; before a MAIL; judged with that */
    EVENT_MAIL,         /* begins a message */
    EVENT_RCPT,         /* one recipient, before the upstream is asked */
    EVENT_RCPT_REFUSED, /* the upstream refused the recipient of the last EVENT_RCPT */
    EVENT_DATA,         /* the recipients are complete */
    EVENT_HEADER,       /* the header block is complete */
    EVENT_MESSAGE,      /* the message is complete */
};

#define EVENT_SIZE_UNKNOWN (-1)

/* What TLS the client's connection is in; all zero: none. */
struct event_tls {
    bool active;
    struct slice version, cipher; /* "1.3", and the cipher's name */
    struct slice name;            /* that the client asked for (SNI); empty: none */
    struct slice client_cert;     /* subject of its certificate, if that was verified; else empty */
};

struct event {
    enum event_kind kind;
    union {
        struct {
            struct address client; /* with its port */
            struct slice listener; /* its name */
            struct event_tls tls; /* active only if the session began in it, or begins anew in it */
        } connect;
        struct {
            struct slice name; /* as given, control bytes already refused by the parser */
        } helo;
        struct {
            struct slice login; /* empty: accepted, but the exchange did not say who */
        } auth;
        struct {
            struct slice sender;   /* without brackets; empty for <> */
            int64_t declared_size; /* SIZE=, or EVENT_SIZE_UNKNOWN */
            struct event_tls tls;
            bool
                utf8; /* it has SMTPUTF8 (RFC 6531); of final rules: or the rules before heard so */
        } mail;
        struct {
            struct slice recipient; /* without brackets */
        } rcpt;
        struct {
            const struct header *header; /* as received; lives until eval_reset */
        } header;
        struct {
            struct slice body;   /* what follows the header's empty line; lives until eval_reset */
            uint64_t size_bytes; /* of the whole message, CRLF line ends, not dot-stuffed */
        } message;
    } u;
};

#endif
