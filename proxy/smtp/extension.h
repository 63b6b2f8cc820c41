/* extension: what an EHLO offers: the upstream's, ours, and what the client may use.
 *
 * One table names every extension we understand; all others are dropped. A client is offered the
 * intersection with the upstream, plus what we provide ourselves (PIPELINING), minus what the
 * operator strips; MAIL and RCPT parameters are allowed only if their keyword was offered.
 */
#ifndef PROXY_SMTP_EXTENSION_H
#define PROXY_SMTP_EXTENSION_H

#include "filters/base/bytes.h"
#include "proxy/smtp/command.h"
#include "proxy/smtp/sasl.h"

enum extension {
    EXTENSION_PIPELINING = 1,
    EXTENSION_SIZE = 2,
    EXTENSION_8BITMIME = 4,
    EXTENSION_SMTPUTF8 = 8,
    EXTENSION_DSN = 16,
    EXTENSION_ENHANCEDSTATUSCODES = 32,
    EXTENSION_XCLIENT = 64,     /* the upstream's is never passed on; ours is for listed peers */
    EXTENSION_XFORWARD = 128,   /* likewise */
    EXTENSION_STARTTLS = 65536, /* of each leg its own: never in extension_offer's result */
    EXTENSION_AUTH = 131072,
};

struct capabilities {
    unsigned extensions;                              /* mask of enum extension */
    uint64_t size_limit;                              /* of SIZE; 0: none declared (RFC 1870, 3) */
    unsigned xclient_attributes, xforward_attributes; /* masks of enum identity_attribute */
    struct sasl_list mechanisms;                      /* of AUTH: those that can be relayed */
    unsigned keyword_count;                           /* lines read, for EXTENSION_LINES_MAX */
};

enum identity_attribute {
    IDENTITY_NAME = 1,
    IDENTITY_ADDR = 2,
    IDENTITY_PORT = 4,
    IDENTITY_PROTO = 8,
    IDENTITY_HELO = 16,
    IDENTITY_IDENT = 32,
    IDENTITY_SOURCE = 64,
    IDENTITY_LOGIN = 128,
    IDENTITY_REVERSE_NAME = 256,
};

#define EXTENSION_LINES_MAX 128

/* extension_read_reply(wire, caps): fills ${caps} from a whole EHLO reply (its first line is the
 * greeting and is passed over). Keywords in any case; unknown and malformed ones are dropped;
 * "AUTH=" old forms are ignored, and AUTH without a mechanism that can be relayed is none. */
void extension_read_reply(struct slice wire, struct capabilities *caps);

/* extension_find(keyword): the bit of that keyword (any case), 0 when unknown. */
unsigned extension_find(struct slice keyword);

/* extension_offer(upstream, strip, strip_count, message_limit, ehlo): what the client is offered.
 * HELO clients (${ehlo} false) get nothing. SIZE is the smaller of the upstream's limit and
 * ${message_limit} (0: none); SMTPUTF8 only with 8BITMIME (RFC 6531, 3.1). */
struct capabilities extension_offer(const struct capabilities *upstream, const struct slice *strip,
                                    size_t strip_count, uint64_t message_limit, bool ehlo);

/* extension_write_reply(out, hostname, offered): appends the whole 250 reply to EHLO, or the one
 * line to HELO when nothing is offered. XCLIENT and XFORWARD stand in it with the attributes of
 * their masks, if the caller has added them to the offer. 0 or -1. */
int extension_write_reply(struct bytes *out, struct slice hostname,
                          const struct capabilities *offered);

enum param_result {
    PARAM_OK,
    PARAM_VALUE,   /* 501 5.5.4 */
    PARAM_UNKNOWN, /* 555 5.5.4 */
    PARAM_SIZE,    /* SIZE over the offered limit: 552 5.3.4 */
};

#define EXTENSION_SIZE_UNKNOWN (-1) /* as EVENT_SIZE_UNKNOWN, which the wire cannot include */

/* extension_check_params(verb, path, offered, declared_size): judges the parameters of MAIL or
 * RCPT: each keyword offered to this client, its value well-formed (SIZE 1*20DIGIT; BODY 7BIT or
 * 8BITMIME; RET FULL or HDRS; AUTH <> or valid xtext; ENVID and ORCPT valid xtext, no NUL, CR or LF
 * inside; NOTIFY NEVER or a list of SUCCESS, FAILURE, DELAY, each once; SMTPUTF8 without value).
 * ${declared_size} gets SIZE's value or EXTENSION_SIZE_UNKNOWN (may be NULL). */
enum param_result extension_check_params(enum verb verb, const struct command_path *path,
                                         const struct capabilities *offered,
                                         int64_t *declared_size);

#endif
