/* routes: private to conf/: where rules route messages to, beside the listeners by which they come.
 */
#ifndef CONF_READ_ROUTES_H
#define CONF_READ_ROUTES_H

#include "conf/read/build.h"

/* routes_check(build): errors where a listener cannot have its messages routed, for its clients
 * choose the upstream or speak past us, and where an upstream that a rule names has no address.
 * After policies and listeners are read. */
void routes_check(struct build *build);

#endif
