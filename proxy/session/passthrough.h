/* passthrough: TLS between the client and the upstream, past us: STARTTLS goes upstream, its 220
 * comes back, and from there on both connections are one pipe. What can be told of it without
 * reading is told: that nothing slips from plain text into TLS (PROTOCOL D7, T01, T02), how many
 * bytes passed, when none did for too long. */
#ifndef PROXY_SESSION_PASSTHROUGH_H
#define PROXY_SESSION_PASSTHROUGH_H

#include <stdbool.h>

struct session;

/* passthrough_run(s): a STARTTLS to which nothing is to be objected goes upstream.
 * passthrough_step(s): PHASE_PASSTHROUGH; false when it must wait. passthrough_end(s): closes the
 * upstream's side behind what is queued for it; no passage: nothing. */
void passthrough_run(struct session *s);
bool passthrough_step(struct session *s);
void passthrough_end(struct session *s);

#endif
