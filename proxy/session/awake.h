/* awake: when the upstream of a message under way is to hear something again, so that it does not
 * give up (design.md, "Hold or stream"). */
#ifndef PROXY_SESSION_AWAKE_H
#define PROXY_SESSION_AWAKE_H

#include <stdbool.h>

#include "filters/base/must_use.h"

struct session;

/* awake_create(s): at the birth of a session; 0, or -1 when memory is out. awake_destroy(s): at its
 * end. awake_begin(s): the upstream waits for
 * content from now on; awake_end(s): no more. awake_now(s): whether it has waited for too long, and
 * can be told something. awake_noop(s): tells it so by a NOOP then. */
MUST_USE int awake_create(struct session *s);
void awake_destroy(struct session *s);
void awake_begin(struct session *s);
void awake_end(struct session *s);
bool awake_now(struct session *s);
void awake_noop(struct session *s);

#endif
