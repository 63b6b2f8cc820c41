/* data: DATA and BDAT (RFC 3030): the client wants to send content, and the policy's word on it.
 *
 * Content that was sent without waiting for the 354 must never be read as commands. A BDAT that is
 * refused, out of order or not wanted still has its octets behind it: they are eaten before the
 * reply is said (PROTOCOL B04). Whichever way it comes in, the message passes through content.c and
 * delivery.c like any other.
 */
#ifndef PROXY_SESSION_DATA_H
#define PROXY_SESSION_DATA_H

#include "proxy/smtp/command.h"

struct session;

/* data_run(s, command), data_bdat(s, command): the commands. */
void data_run(struct session *s, const struct command *command);
void data_bdat(struct session *s, const struct command *command);
/* data_forget(s): a command came after a DATA that was refused, and was no content. */
void data_forget(struct session *s);

#endif
