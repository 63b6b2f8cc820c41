/* auth: AUTH: an exchange between the client and the upstream, passed on line by line (RFC 4954).
 *
 * The upstream knows the users; the gateway only learns who has logged in. What the client sends
 * during the exchange is SASL data whatever it looks like, and is wiped as soon as it is sent on.
 */
#ifndef PROXY_SESSION_AUTH_H
#define PROXY_SESSION_AUTH_H

#include <stdbool.h>

#include "proxy/smtp/command.h"

struct session;

/* auth_run(s, command): the command. auth_step(s): PHASE_AUTH; false when it must wait. */
void auth_run(struct session *s, const struct command *command);
bool auth_step(struct session *s);
/* auth_forget(s): nobody has logged in; for a session that ends or starts anew with another client.
 */
void auth_forget(struct session *s);

#endif
