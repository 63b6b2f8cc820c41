/* hello: HELO, EHLO, LHLO: the client's name, and what it is offered. */
#ifndef PROXY_SESSION_HELLO_H
#define PROXY_SESSION_HELLO_H

#include <stdbool.h>

#include "filters/base/must_use.h"
#include "proxy/smtp/command.h"

struct session;

/* hello_create(s), hello_destroy(s): at the birth and the end of a session. */
void hello_create(struct session *s);
void hello_destroy(struct session *s);
/* hello_told(s, name): who the client says it is; it has not been greeted as that one. 0, or -1
 * when memory is out. hello_speaks(s, esmtp): whether it said so by EHLO or LHLO. hello_again(s):
 * nothing counts of what it said; before MAIL it must say it again (RFC 3207, 4.2). */
MUST_USE int hello_told(struct session *s, struct slice name);
void hello_speaks(struct session *s, bool esmtp);
void hello_again(struct session *s);
/* hello_run(s, command): any of the three. */
void hello_run(struct session *s, const struct command *command);

#endif
