/* adopt: a newer configuration, taken over by a session that began under an older one. */
#ifndef PROXY_SESSION_ADOPT_H
#define PROXY_SESSION_ADOPT_H

#include "filters/base/must_use.h"

struct session;

/* adopt_newest(s): takes over the newest configuration, if there is a newer one. 0, or -1 when
 * memory is out. */
MUST_USE int adopt_newest(struct session *s);

#endif
