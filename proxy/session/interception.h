/* interception: whom the client wanted to reach, when the packet filter has handed its connection
 * to us: that server is the upstream. A connection that was meant for ourselves would come back for
 * ever. */
#ifndef PROXY_SESSION_INTERCEPTION_H
#define PROXY_SESSION_INTERCEPTION_H

#include <stdbool.h>

struct session;

/* interception_begin(s): finds out where the client of a transparent listener wanted to go. false:
 * that is not known, or is ourselves; the session is over. true also without interception.
 * interception_steer(s): has s->upstream go there; false likewise. interception_forget(s): at the
 * end of the session. */
bool interception_begin(struct session *s);
bool interception_steer(struct session *s);
void interception_forget(struct session *s);

#endif
