/* introduction: who the client is, as told by a peer that the listener believes: a PROXY header
 * before all else, XCLIENT, and XFORWARD, which only informs. From nobody else is any of it taken,
 * and none of it goes upstream but by what we write ourselves (identity.c). */
#ifndef PROXY_SESSION_INTRODUCTION_H
#define PROXY_SESSION_INTRODUCTION_H

#include <stdbool.h>

#include "filters/base/address.h"
#include "proxy/smtp/command.h"

struct session;

/* introduction_begin(s, client): who has connected, and is the client unless we are told otherwise.
 */
void introduction_begin(struct session *s, const struct address *client);
/* introduction_await(s): the peer must begin with a PROXY header. introduction_step(s):
 * PHASE_HEADER; false when it must wait. */
void introduction_await(struct session *s);
bool introduction_step(struct session *s);
/* introduction_xclient(s, command), introduction_xforward(s, command): the commands. */
void introduction_xclient(struct session *s, const struct command *command);
void introduction_xforward(struct session *s, const struct command *command);

#endif
