/* hello: HELO, EHLO, LHLO: the client's name, and what it is offered. */
#ifndef PROXY_SESSION_HELLO_H
#define PROXY_SESSION_HELLO_H

#include "proxy/smtp/command.h"

struct session;

/* hello_run(s, command): any of the three. */
void hello_run(struct session *s, const struct command *command);

#endif
