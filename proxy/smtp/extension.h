/* extension: what an EHLO offers: the upstream's, ours, and what the client may use.
 *
 * One table names every extension we understand; all others are dropped. A client is offered the
 * intersection with the upstream, plus what we provide ourselves (PIPELINING, CHUNKING), minus what
 * the operator strips; MAIL and RCPT parameters are allowed only if their keyword was offered.
 */
#ifndef PROXY_SMTP_EXTENSION_H
#define PROXY_SMTP_EXTENSION_H

#include "filters/base/bytes.h"
#include "filters/base/must_use.h"
#include "proxy/smtp/command.h"
#include "proxy/smtp/sasl.h"

enum extension {
    EXTENSION_PIPELINING = 1,
    EXTENSION_SIZE = 2,
    EXTENSION_8BITMIME = 4,
    EXTENSION_SMTPUTF8 = 8,
    EXTENSION_DSN = 16,
    EXTENSION_ENHANCEDSTATUSCODES = 32,
    EXTENSION_XCLIENT = 64,   /* the upstream's is never passed on; ours is for listed peers */
    EXTENSION_XFORWARD = 128, /* likewise */
    EXTENSION_CHUNKING = 1 << 16,
    EXTENSION_BINARYMIME = 1 << 17,
    EXTENSION_DELIVERBY = 1 << 18,
    EXTENSION_FUTURERELEASE = 1 << 19,
    EXTENSION_MT_PRIORITY = 1 << 20,
    EXTENSION_REQUIRETLS = 1 << 21,
    EXTENSION_LIMITS = 1 << 22,
    EXTENSION_ETRN = 1 << 23,
    EXTENSION_VRFY = 1 << 24,
    EXTENSION_EXPN = 1 << 25,
    EXTENSION_HELP = 1 << 26,
    EXTENSION_STARTTLS = 1 << 27, /* of each leg its own: never in extension_offer's result */
    EXTENSION_AUTH = 1 << 28,
};

/* Keywords whose arguments the client sees as the upstream wrote them. */
enum extension_argument {
    ARGUMENT_DELIVERBY,     /* RFC 2852, 3: the least time */
    ARGUMENT_FUTURERELEASE, /* RFC 4865, 3: the longest time, and the latest date */
    ARGUMENT_MT_PRIORITY,   /* RFC 6710, 3: the profile's name */
    ARGUMENT_COUNT,
    ARGUMENT_NONE = ARGUMENT_COUNT,
};
#define EXTENSION_ARGUMENT_MAX 64 /* octets; with a longer one the keyword is dropped */

enum extension_limit { LIMIT_MAILMAX, LIMIT_RCPTMAX, LIMIT_RCPTDOMAINMAX, LIMIT_COUNT };

struct capabilities {
    unsigned extensions;                              /* mask of enum extension */
    uint64_t size_limit;                              /* of SIZE; 0: none declared (RFC 1870, 3) */
    unsigned xclient_attributes, xforward_attributes; /* masks of enum identity_attribute */
    struct sasl_list mechanisms;                      /* of AUTH: those that can be relayed */
    unsigned keyword_count;                           /* lines read, for EXTENSION_LINES_MAX */
    uint64_t limits[LIMIT_COUNT];                     /* of LIMITS (RFC 9422); 0: not declared */
    struct {
        char text[EXTENSION_ARGUMENT_MAX];
        size_t len;
    } arguments[ARGUMENT_COUNT];
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
 * ${message_limit} (0: none); SMTPUTF8 only with 8BITMIME (RFC 6531, 3.1); BINARYMIME only with
 * CHUNKING on both sides (RFC 3030, 3). */
struct capabilities extension_offer(const struct capabilities *upstream, const struct slice *strip,
                                    size_t strip_count, uint64_t message_limit, bool ehlo);

/* extension_require_tls(offer, client_tls, upstream_tls): REQUIRETLS stays in ${offer} only if the
 * client's connection and the one to the upstream are both TLS (RFC 8689, 2). */
void extension_require_tls(struct capabilities *offer, bool client_tls, bool upstream_tls);

/* extension_limit_recipients(offer, max): of a LIMITS offer, RCPTMAX becomes the smaller of the
 * upstream's and ${max}. */
void extension_limit_recipients(struct capabilities *offer, uint64_t max);

/* extension_line_bytes(offered): the longest command line, CRLF included, that a client may send:
 * 512 octets (RFC 5321, 4.5.3.1.4) and what each extension adds for its parameters. */
size_t extension_line_bytes(const struct capabilities *offered);
#define EXTENSION_LINE_BYTES_MAX 2048 /* with all of them */

/* extension_write_reply(out, hostname, offered): appends the whole 250 reply to EHLO, or the one
 * line to HELO when nothing is offered. XCLIENT and XFORWARD stand in it with the attributes of
 * their masks, if the caller has added them to the offer. 0 or -1. */
MUST_USE int extension_write_reply(struct bytes *out, struct slice hostname,
                                   const struct capabilities *offered);

enum param_result {
    PARAM_OK,
    PARAM_VALUE,   /* 501 5.5.4 */
    PARAM_UNKNOWN, /* 555 5.5.4 */
    PARAM_SIZE,    /* SIZE over the offered limit: 552 5.3.4 */
};

#define EXTENSION_SIZE_UNKNOWN (-1) /* as EVENT_SIZE_UNKNOWN, which the wire cannot include */

/* extension_offers_param(verb, param, offered): whether that parameter of MAIL or RCPT was offered
 * and is well-formed by itself. */
bool extension_offers_param(enum verb verb, const struct command_param *param,
                            const struct capabilities *offered);

/* extension_drop_auth(path, offered): leaves AUTH= out of a MAIL where AUTH was not offered, if it
 * is well-formed: nobody can be told whose the message is then, and no AUTH= says so as well as
 * AUTH=<> (RFC 4954, 5). */
void extension_drop_auth(struct command_path *path, const struct capabilities *offered);

/* extension_check_params(verb, path, offered, declared_size): judges the parameters of MAIL or
 * RCPT: each keyword offered to this client, its value well-formed (SIZE 1*20DIGIT; BODY 7BIT,
 * 8BITMIME or, if offered, BINARYMIME; RET FULL or HDRS; AUTH <> or valid xtext; ENVID and ORCPT
 * valid xtext, no NUL, CR or LF inside; NOTIFY NEVER or a list of SUCCESS, FAILURE, DELAY, each
 * once; BY, HOLDFOR, HOLDUNTIL and MT-PRIORITY as their RFCs say, not both of HOLDFOR and
 * HOLDUNTIL; SMTPUTF8 and REQUIRETLS without value). ${declared_size} gets SIZE's value or
 * EXTENSION_SIZE_UNKNOWN (may be NULL). */
enum param_result extension_check_params(enum verb verb, const struct command_path *path,
                                         const struct capabilities *offered,
                                         int64_t *declared_size);

#endif
