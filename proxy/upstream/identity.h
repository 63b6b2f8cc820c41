/* identity: who the client is, told to an upstream that trusts us to say so (XCLIENT, XFORWARD, the
 * PROXY protocol).
 *
 * Values are xtext-encoded and checked, attributes are only those the upstream offers, a command is
 * never longer than IDENTITY_LINE_MAX, for which HELO is cut, and ADDR goes last (PROTOCOL X06,
 * R125, R126).
 */
#ifndef PROXY_UPSTREAM_IDENTITY_H
#define PROXY_UPSTREAM_IDENTITY_H

#include "conf/upstream_conf.h"
#include "filters/base/address.h"
#include "filters/base/must_use.h"
#include "proxy/smtp/extension.h"

#define IDENTITY_LINE_MAX 512

struct identity {
    struct address client; /* with port */
    struct address server; /* where it connected to; only for the PROXY protocol */
    struct slice helo;     /* empty: the client gave none */
    struct slice name;     /* empty: it has none, */
    bool name_later;       /* ... or nobody knows now, which only XCLIENT can say */
    bool esmtp;            /* it said EHLO */
    bool local;            /* the mail is a neighbour's own, as one has told us; for XFORWARD */
};

/* identity_xclient(out, identity, attributes), identity_xforward(out, identity, attributes): append
 * one command, with CRLF, of the attributes in the mask (enum identity_attribute) that we know.
 * Returns 1; 0 and nothing appended when no attribute is left to say; -1 when ${out} failed. */
MUST_USE int identity_xclient(struct bytes *out, const struct identity *identity,
                              unsigned attributes);
MUST_USE int identity_xforward(struct bytes *out, const struct identity *identity,
                               unsigned attributes);

/* identity_header(out, identity, how): appends the PROXY header, if that is ${how} the upstream
 * learns of the client. As above. */
MUST_USE int identity_header(struct bytes *out, const struct identity *identity, enum identify how);

#endif
