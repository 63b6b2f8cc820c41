/* resend: sends a message of the quarantine on through its upstream, without judging it again.
 *
 * On a loop of its own, from beginning to end: for a command, not for the gateway. It only sends;
 * what becomes of the stored message is the caller's.
 */
#ifndef PROXY_DEPOT_RESEND_H
#define PROXY_DEPOT_RESEND_H

#include "filters/base/must_use.h"
#include "proxy/depot/depot_read.h"
#include "proxy/net/tls_store.h"

struct config;
struct endpoint;
struct upstream_conf;

enum resend_outcome {
    RESEND_OPEN,    /* nothing has become of it: it can be sent again */
    RESEND_TAKEN,   /* the upstream has it */
    RESEND_REFUSED, /* by the upstream, for this recipient or the whole message */
    RESEND_UNKNOWN, /* the upstream went away after the end of the message: perhaps it has it */
};

struct resend_recipient {
    struct slice address;
    struct slice params;
    enum resend_outcome outcome;
    int code;          /* of the upstream's reply; 0: there was none */
    struct slice text; /* its first line, or what went wrong instead */
};

struct resend_request {
    struct config *config;
    struct tls_store *tls; /* NULL: the upstream needs none */
    const struct upstream_conf *upstream;
    const struct endpoint *destination; /* in place of its addresses; NULL: none */
    const struct depot_entry *entry;
    struct resend_recipient *recipients; /* to whom; the outcomes go here */
    size_t recipient_count;              /* at least one */
    struct arena *arena;                 /* for texts */
    struct bytes *left_out; /* parameters that the upstream does not know any more are appended, a
                             * blank before each */
};

/* resend_run(request): sends it; every recipient has its outcome then. Returns 0, or -1: memory
 * or descriptors are out, and nothing was sent. */
MUST_USE int resend_run(const struct resend_request *request);

#endif
