/* relay: the upstream as a session uses it: opens it, asks it, waits for it, says on what it says.
 */
#ifndef PROXY_SESSION_RELAY_H
#define PROXY_SESSION_RELAY_H

#include <stdbool.h>

#include "filters/base/slice.h"

struct session;

#define RELAY_LOGIN_LOST "421 4.4.2 The mail server went away, log in again\r\n"

/* relay_open(s, ready): connects to the upstream; ${ready} looks at its status. Once a login was
 * accepted there is no other upstream for this client: ends the session then. */
void relay_open(struct session *s, void (*ready)(struct session *s));
/* relay_reach(s, reached): waits until the upstream is idle, and connects to it where there is none
 * that can be used; ${reached} looks at its status. relay_greet(s, ready): greets one that is
 * usable anew, as the client has. */
void relay_reach(struct session *s, void (*reached)(struct session *s));
void relay_greet(struct session *s, void (*ready)(struct session *s));
/* relay_opened(s): whether the upstream takes commands; else the client has been told. */
bool relay_opened(struct session *s);
/* relay_usable(s): whether the upstream is there, idle, and the one the message goes to; a broken
 * or half-reset one is closed. */
bool relay_usable(struct session *s);
/* relay_offer_holds(s): offer_holds; if it does not the client has been told, and the session is
 * ended. */
bool relay_offer_holds(struct session *s);
/* relay_await(s, ready): waits until the upstream owes us no reply; ${ready} looks at its status.
 * relay_ask(s, wire, ready): sends it a command and waits for its reply. relay_step(s): PHASE_OPEN,
 * PHASE_ANSWER; false when it must wait. */
void relay_await(struct session *s, void (*ready)(struct session *s));
void relay_ask(struct session *s, struct slice wire, void (*ready)(struct session *s));
bool relay_step(struct session *s);
/* relay_introduce(s, ready): asks XFORWARD if the upstream is to be told that way who the client
 * is. Returns whether it did. */
bool relay_introduce(struct session *s, void (*ready)(struct session *s));
/* relay_say_on(s): says what the upstream said; its 421 ends the session on both sides (R35). */
void relay_say_on(struct session *s);

#endif
