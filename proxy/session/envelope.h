/* envelope: MAIL and RCPT: parsed, judged, said to the upstream; what it answers goes to the client
 * as it is. */
#ifndef PROXY_SESSION_ENVELOPE_H
#define PROXY_SESSION_ENVELOPE_H

#include "proxy/smtp/command.h"

struct session;

/* envelope_mail(s, command), envelope_rcpt(s, command): the commands. */
void envelope_mail(struct session *s, const struct command *command);
void envelope_rcpt(struct session *s, const struct command *command);

#endif
