/* starttls: TLS towards the client (RFC 3207, RFC 8314): the command, the handshake, and what is
 * forgotten after it. */
#ifndef PROXY_SESSION_STARTTLS_H
#define PROXY_SESSION_STARTTLS_H

#include <stdbool.h>

#include "proxy/smtp/command.h"

struct session;

/* starttls_run(s, command): the command. starttls_demanded(s, verb): whether the listener wants TLS
 * before that command (530). */
void starttls_run(struct session *s, const struct command *command);
bool starttls_demanded(const struct session *s, enum verb verb);
/* starttls_implicit(s, secured): begins with a handshake; ${secured} is called after it.
 * starttls_step(s): PHASE_SECURE; false when it must wait. starttls_failed(s): the handshake has
 * failed: ends the session. */
void starttls_implicit(struct session *s, void (*secured)(struct session *s));
bool starttls_step(struct session *s);
void starttls_failed(struct session *s);

#endif
