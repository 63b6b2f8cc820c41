/* offer: what the client is offered: what the upstream can do and the listener allows, and what
 * is ours. */
#ifndef PROXY_SESSION_OFFER_H
#define PROXY_SESSION_OFFER_H

#include <stdbool.h>

#include "proxy/smtp/extension.h"

struct session;

/* offer_now(s): what the upstream's capabilities allow us to offer this client. offer_holds(s):
 * whether that is no less than the client was offered: the upstream may be connected anew (PROTOCOL
 * K07). */
struct capabilities offer_now(const struct session *s);
bool offer_holds(const struct session *s);
/* offer_make(s), offer_forget(s): it is offered that; it is offered nothing. */
void offer_make(struct session *s);
void offer_forget(struct session *s);
/* offer_starttls(s): whether STARTTLS is. */
bool offer_starttls(const struct session *s);
/* offer_client_keeps(s), offer_upstream_keeps(s): whether a login is kept from the eyes of others,
 * as the listener wants it, on the client's connection, and on the upstream's.
 * offer_login_withheld(s): after EHLO: logs it when the upstream's is the reason that AUTH is not
 * offered. */
bool offer_client_keeps(const struct session *s);
bool offer_upstream_keeps(const struct session *s);
void offer_login_withheld(const struct session *s);

#endif
