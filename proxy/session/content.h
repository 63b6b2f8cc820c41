/* content: messages coming in: the header, hold or stream, to the end (design.md, "The way of a
 * message"). */
#ifndef PROXY_SESSION_CONTENT_H
#define PROXY_SESSION_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/session/transaction.h"

struct session;

/* content_begin(s, mode): the client's content follows. content_step(s): PHASE_CONTENT; false when
 * it must wait. */
void content_begin(struct session *s, enum content_mode mode);
bool content_step(struct session *s);
/* content_drain_limit(s): how many octets of a refused message are read before we hang up. */
uint64_t content_drain_limit(const struct session *s);

#endif
