/* upstream: our SMTP client: one connection to the mail server behind us, for one session at a
 * time.
 *
 * It opens by itself (connect, PROXY header, greeting, EHLO or HELO or LHLO, STARTTLS, XCLIENT and
 * EHLO again), then takes one command at a time and keeps its reply. What the server says that
 * nobody asked for ends the connection (PROTOCOL D4). It only records what happened and wakes its
 * owner, who asks upstream_status.
 */
#ifndef PROXY_UPSTREAM_UPSTREAM_H
#define PROXY_UPSTREAM_UPSTREAM_H

#include "filters/base/reply.h"
#include "proxy/net/connection.h"
#include "proxy/net/outgoing.h"
#include "proxy/smtp/extension.h"
#include "proxy/upstream/identity.h"
#include "proxy/upstream/name_cache.h"
#include "proxy/upstream/rest.h"

struct config;
struct endpoint;
struct upstream;
struct upstream_conf;

enum upstream_status {
    UPSTREAM_NONE,      /* not connected */
    UPSTREAM_OPENING,   /* connecting, greeting, introducing us */
    UPSTREAM_READY,     /* takes a command; upstream_reply is the last one's */
    UPSTREAM_WAITING,   /* a command's reply is awaited */
    UPSTREAM_CHALLENGE, /* between a 334 and our response to it */
    UPSTREAM_CONTENT,   /* between its 354 and our dot */
    UPSTREAM_REFUSED,   /* it refused us while opening; upstream_reply is what it said; closed */
    UPSTREAM_LOST, /* gone, silent too long or talking nonsense; upstream_failure says which; closed
                    */
};

/* upstream_create(loop, wake, ctx): an unconnected one, or NULL. ${wake} is called after its status
 * may have changed, never from inside a call to it. */
struct upstream *upstream_create(struct loop *loop, void (*wake)(void *ctx), void *ctx);
/* upstream_destroy(u): closes at once. NULL: nothing. */
void upstream_destroy(struct upstream *u);

/* upstream_secure(u, context): what upstream_open uses where its ${conf} wants TLS; a reference is
 * taken. NULL: TLS cannot be had. */
void upstream_secure(struct upstream *u, struct tls_context *context);

/* upstream_rest(u, table): where it learns and notes which addresses have failed lately; NULL: all
 * are as good. ${table} must outlive it. */
void upstream_rest(struct upstream *u, struct rest_table *table);

/* upstream_towards(u, endpoint, source, outgoing): from the next upstream_open on it goes to
 * ${endpoint} and to none of the addresses of ${conf}, and from the address ${source} (NULL: one of
 * our own, and ${outgoing} knows the connection while it is there; NULL: it need not). It rests no
 * address then. All must outlive it; ${endpoint} NULL: as configured. */
void upstream_towards(struct upstream *u, const struct endpoint *endpoint,
                      const struct address *source, struct outgoing *outgoing);

/* upstream_resolver(u, resolver, names): who finds upstreams that are given by name, and keeps what
 * was found. Both must outlive it. Without them such an address has failed. */
void upstream_resolver(struct upstream *u, struct resolver *resolver, struct name_cache *names);

/* upstream_open(u, config, conf, helo, identity): starts to connect to ${conf} and to say EHLO
 * ${helo}, or LHLO to an LMTP server, which needs no HELO. Its addresses are tried in order until
 * one greets us or refuses with a 5xx (PROTOCOL U01). ${conf} is of ${config}, of which a reference
 * is taken; ${helo} and ${identity} are copied. Status is OPENING, or LOST at once when no socket
 * was to be had. An old connection is closed first. */
void upstream_open(struct upstream *u, struct config *config, const struct upstream_conf *conf,
                   struct slice helo, const struct identity *identity);

/* upstream_reuse(u, helo, identity): takes over a READY connection from another owner, for another
 * client: says XCLIENT anew where ${conf} wants it, and EHLO, which resets what the server knows
 * (RFC 5321, 4.1.4). Status is OPENING. When anything goes wrong before it is READY, a 421 or an
 * unwilling server included, a new connection is made in its place (PROTOCOL P07). */
void upstream_reuse(struct upstream *u, struct slice helo, const struct identity *identity);

/* upstream_bind(u, wake, ctx): another owner, as in upstream_create. */
void upstream_bind(struct upstream *u, void (*wake)(void *ctx), void *ctx);

/* upstream_keepable(u): whether its connection may serve another client: it is idle or has only the
 * reply to an RSET to come, its ${conf} has keepalive, nobody has begun to log in on it, who the
 * client is can be said again, and its server has no reason to be tired of it. */
bool upstream_keepable(const struct upstream *u);
#define UPSTREAM_DESCRIPTORS 1

#define UPSTREAM_KEEP_MAILS_MAX    100    /* MAIL commands on one connection; or half of MAILMAX */
#define UPSTREAM_KEEP_COMMANDS_MAX 20     /* commands since the last message it took */
#define UPSTREAM_KEEP_AGE_MS       300000 /* since it was made */
#define UPSTREAM_REUSE_MS          10000  /* for each reply while it is taken over */

/* upstream_current(u, config, context): whether it was opened by this configuration and made with
 * this TLS context (NULL: none). upstream_conf(u): its upstream there; after upstream_open. */
bool upstream_current(const struct upstream *u, const struct config *config,
                      const struct tls_context *context);
const struct upstream_conf *upstream_conf(const struct upstream *u);

enum upstream_status upstream_status(const struct upstream *u);

/* upstream_check(u): looks whether the server has gone, or spoken unasked, since its last reply;
 * the status is LOST then. For the owner to call before it begins something new: a reply and the
 * farewell behind it arrive together. */
void upstream_check(struct upstream *u);

/* upstream_greet(u, helo): says EHLO ${helo} again in READY, for a client's second one; status
 * OPENING until done. */
void upstream_greet(struct upstream *u, struct slice helo);

/* upstream_verified(u): whether the connection is TLS and the server's certificate was verified
 * (R103). */
bool upstream_verified(const struct upstream *u);

/* upstream_private(u): whether its connection is one on which nobody else can read a password; see
 * upstream_tls_private. false when there is none. */
bool upstream_private(const struct upstream *u);

/* upstream_lmtp(u): whether the server is spoken to in LMTP; false before the first upstream_open.
 */
bool upstream_lmtp(const struct upstream *u);

/* upstream_capabilities(u): as its last EHLO reply offered; nothing after HELO. */
const struct capabilities *upstream_capabilities(const struct upstream *u);

/* upstream_command(u, wire): sends one command line with CRLF; only in READY. Status is WAITING
 * until its reply is there. */
void upstream_command(struct upstream *u, struct slice wire);

/* upstream_auth(u, wire): sends AUTH, a response or a cancel, with CRLF; in READY or CHALLENGE. As
 * upstream_command, and a 334 makes the status CHALLENGE. Replies may have lines as long as SASL
 * needs. From here on all buffers of the connection are wiped after use. */
void upstream_auth(struct upstream *u, struct slice wire);

/* upstream_auth_end(u): the exchange is over, and its last reply taken: wipes that, too. */
void upstream_auth_end(struct upstream *u);

/* upstream_data(u): sends DATA; as upstream_command, and a 354 makes the status CONTENT. */
void upstream_data(struct upstream *u);

/* upstream_chunk(u, size, last): sends BDAT; status CONTENT. Then upstream_content with exactly
 * ${size} octets, then upstream_end with no dot. */
void upstream_chunk(struct upstream *u, uint64_t size, bool last);

/* upstream_content(u, slices, count): sends wire-ready content; only in CONTENT. When the server
 * replies before the dot, the status leaves CONTENT: REFUSED for a 4xx or 5xx, LOST for all else.
 */
void upstream_content(struct upstream *u, const struct slice *slices, size_t count);

/* upstream_congested(u): more is queued than it should be; stop reading the client. Wakes when it
 * has drained. */
bool upstream_congested(const struct upstream *u);

/* upstream_end(u, dot, timeout_ms): sends what ends the data; status WAITING until the reply to it,
 * of an LMTP server the first one. What the server says before it has the dot is no such reply:
 * REFUSED for a 4xx or 5xx, LOST for all else. */
void upstream_end(struct upstream *u, struct slice dot, uint64_t timeout_ms);

/* upstream_end_more(u): in READY after upstream_end: an LMTP server owes another reply to the same
 * end of data, within the same time (RFC 2033, 4.2). Status WAITING, or at once what that reply or
 * its absence makes it. */
void upstream_end_more(struct upstream *u);

/* upstream_reply(u): the last reply; code 0 when there is none. Valid until the next command. */
const struct reply *upstream_reply(const struct upstream *u);

#define UPSTREAM_FAILURE_MAX 192 /* bytes of what upstream_failure says, NUL included */

/* upstream_failure(u): why it is LOST or REFUSED, for log and audit, with the system's word on it
 * where there is one; NUL-terminated, printable. Good until the next upstream_open. */
const char *upstream_failure(const struct upstream *u);

/* upstream_cut_short(u): whether it was LOST, REFUSED or aborted before all that was said to it had
 * left, so that it cannot have the message whose end that was. */
bool upstream_cut_short(const struct upstream *u);

/* upstream_insecure(u): whether it is LOST because the TLS that the configuration wants could not
 * be had; for the client that is 4.7.5 (RFC 3463, 3.8; PROTOCOL T03). */
bool upstream_insecure(const struct upstream *u);

/* upstream_address(u): where it is or was connected to: as written in the configuration, the
 * address that a name has led to, or the text of what upstream_towards was given. Good until the
 * next upstream_open. */
struct slice upstream_address(const struct upstream *u);

/* upstream_take(u): gives its connection away, for bytes that are no SMTP; status NONE. The caller
 * owns it and is to adopt it (connection_adopt). NULL when there is none. */
struct connection *upstream_take(struct upstream *u);

/* upstream_quit(u): says QUIT and closes when the server has answered or a moment has passed;
 * status NONE at once. */
void upstream_quit(struct upstream *u);
/* upstream_abort(u): closes at once, so that an unfinished transfer is discarded there (RFC
 * 5321, 4.1.1.10); status NONE. */
void upstream_abort(struct upstream *u);

/* upstream_flush(u): sends what is queued; its owner calls it at the end of a step. */
void upstream_flush(struct upstream *u);

#endif
