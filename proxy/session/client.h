/* client: what the client is told, and what is known of its connection. */
#ifndef PROXY_SESSION_CLIENT_H
#define PROXY_SESSION_CLIENT_H

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

#endif
