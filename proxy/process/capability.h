/* capability: what a process that gives up being root may still do (Linux: capabilities(7)). */
#ifndef PROXY_PROCESS_CAPABILITY_H
#define PROXY_PROCESS_CAPABILITY_H

#include "filters/base/must_use.h"

/* capability_hold(): before the change of user: what this process may do outlives it. 0, or -1 with
 * errno. */
MUST_USE int capability_hold(void);

/* capability_keep_transparent(): after it: gives up all but the right to speak from foreign
 * addresses (transparent_from): CAP_NET_RAW, or CAP_NET_ADMIN where that is not to be had. Threads
 * started later have the same. 0, or -1 with errno. */
MUST_USE int capability_keep_transparent(void);

#endif
