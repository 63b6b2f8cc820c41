/* adopt: the configuration and the policy that a session is under, and a newer one taken over. */
#ifndef PROXY_SESSION_ADOPT_H
#define PROXY_SESSION_ADOPT_H

#include "filters/base/must_use.h"

struct session;

/* adopt_create(s): what a session begins under, by its socket. 0, or -1 when memory is out; then
 * too it has a configuration. adopt_destroy(s): at its end. adopt_anew(s): nothing judged so far
 * counts: the client is another. 0, or -1 when memory is out: as it was. */
MUST_USE int adopt_create(struct session *s);
void adopt_destroy(struct session *s);
MUST_USE int adopt_anew(struct session *s);
/* adopt_newest(s): takes over the newest configuration, if there is a newer one. 0, or -1 when
 * memory is out. */
MUST_USE int adopt_newest(struct session *s);

#endif
