/* offer: what the client is offered: what the upstream can do and the listener allows, and what
 * is ours. */
#ifndef PROXY_SESSION_OFFER_H
#define PROXY_SESSION_OFFER_H

#include <stdbool.h>

#include "proxy/smtp/extension.h"

struct recipient;
struct session;

/* offer_holds(s): whether what the upstream allows us to offer this client is no less than the
 * client was offered: the upstream may be connected anew (PROTOCOL K07). */
bool offer_holds(const struct session *s);
/* offer_make(s), offer_forget(s): it is offered that; it is offered nothing. */
void offer_make(struct session *s);
void offer_forget(struct session *s);
/* offer_lacks(s, recipient): whether the upstream, which is READY and not the one that the client
 * was told of, has not all that the parameters of the sender use, and those of ${recipient}; NULL:
 * of all that are accepted. */
bool offer_lacks(const struct session *s, const struct recipient *recipient);
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
