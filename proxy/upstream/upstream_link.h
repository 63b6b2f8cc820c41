/* upstream_link: the connection to a server: what is said on it, and how it is lost. */
#ifndef PROXY_UPSTREAM_UPSTREAM_LINK_H
#define PROXY_UPSTREAM_UPSTREAM_LINK_H

#include "filters/base/slice.h"

struct upstream;

/* What it is about. */
enum upstream_phase {
    PHASE_NONE,
    PHASE_RESOLVE,
    PHASE_CONNECT,
    PHASE_SECURE,
    PHASE_GREETING,
    PHASE_EHLO,
    PHASE_HELO,
    PHASE_STARTTLS,
    PHASE_XCLIENT,
    PHASE_READY,
    PHASE_COMMAND,
    PHASE_AUTH,
    PHASE_CHALLENGE,
    PHASE_DATA,
    PHASE_CONTENT,
    PHASE_END,
    PHASE_REFUSED,
    PHASE_LOST,
};

/* upstream_link_close(u): closes the connection, or gives up the lookup of where to. Nothing there:
 * nothing. */
void upstream_link_close(struct upstream *u);

/* upstream_link_fail(u, phase, failure): closes it for a reason, which is static or ${u}'s own; the
 * phase is then ${phase}. upstream_link_lose(u, failure): the same, with PHASE_LOST. */
void upstream_link_fail(struct upstream *u, enum upstream_phase phase, const char *failure);
void upstream_link_lose(struct upstream *u, const char *failure);

/* upstream_link_lose_because(u, failure, why): likewise, with what the system or the server's TLS
 * says of it: "failure: why"; ${why} may be empty, and may be the connection's own. */
void upstream_link_lose_because(struct upstream *u, const char *failure, const char *why);

/* upstream_link_say(u, phase, wire): sends a command and waits for its reply in ${phase}. Lost when
 * something was said before it, or nothing can be sent. */
void upstream_link_say(struct upstream *u, enum upstream_phase phase, struct slice wire);

#endif
