/* client: what the client is told, and what is known of its connection. */
#ifndef PROXY_SESSION_CLIENT_H
#define PROXY_SESSION_CLIENT_H

#include <stdbool.h>

#include "filters/base/address.h"
#include "filters/base/must_use.h"
#include "filters/base/reply.h"
#include "filters/event.h"

struct session;

/* Whole replies that are said in more than one place. CLIENT_NOT_HERE: to a verb that is known, and
 * not to be had (R25). */
#define CLIENT_OUT_OF_MEMORY  "421 4.3.0 Out of memory\r\n"
#define CLIENT_GOING_DOWN     "421 4.3.2 The service is going down, try again later\r\n"
#define CLIENT_NOT_HERE       "502 5.5.1 Command not implemented\r\n"
#define CLIENT_NOT_RECOGNIZED "500 5.5.1 Command not recognized\r\n"
#define CLIENT_JUNK           "421 4.7.0 Too many commands without a message\r\n"

/* client_reply(s, reply): sends a reply, ours or the upstream's, and counts errors. */
void client_reply(struct session *s, const struct reply *reply);
/* client_say(s, "250 2.0.0 Ok\r\n"): the same for a fixed reply of ours. */
void client_say(struct session *s, const char *wire);
/* client_warn(s, reason): logs a warning about the peer. */
void client_warn(const struct session *s, const char *reason);
/* client_tls(s): what the policy is told of its TLS; lives as long as the connection. */
struct event_tls client_tls(const struct session *s);

/* client_accept(s, fd): its connection, which wakes the session; takes ${fd} over. 0, or -1 when
 * memory is out: ${fd} is still the caller's then. client_listen(s): notes whether it has said
 * anything. client_begins(s): what has come so far was not its own. */
MUST_USE int client_accept(struct session *s, int fd);
void client_listen(struct session *s);
void client_begins(struct session *s);
/* client_quits(s): it has said its last word. client_part(s): it has heard all that there is to
 * say: s->connection is another's from now on. */
void client_quits(struct session *s);
void client_part(struct session *s);
/* client_local(s): where it wanted to connect to, as far as that was told; ADDRESS_NONE: the socket
 * knows. */
struct address client_local(const struct session *s);

/* client_erred(s): it has made an error that no reply has counted. client_wastes(s): it has sent
 * what does no work; whether that is too much. client_put_off(s): it has to send something again,
 * through no fault of its own; that is too much only after as many as a message may have recipients
 *. client_forgive(s): what was counted, after a message. client_forgive_errors(s): errors
 * only: the next client's are its own; junk counts on, so that there is an end to it. */
void client_erred(struct session *s);
bool client_wastes(struct session *s);
bool client_put_off(struct session *s);
void client_forgive(struct session *s);
void client_forgive_errors(struct session *s);

#endif
