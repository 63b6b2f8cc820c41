/* startup: how the two servers begin: with a configuration, or with all that is wrong with it, and
 * not before the machine has what it names. */
#ifndef PROXY_STARTUP_H
#define PROXY_STARTUP_H

#include "conf/read/config_load.h"
#include "filters/base/must_use.h"

#define STARTUP_AS_ROOT "running as root: set `user` to drop privileges"

/* startup_run(file, program, doubt, serve): loads ${file} as config_load does, and serves with it;
 * what the load has said besides is in ${diag}. Returns what ${serve} does, or EX_CONFIG, and
 * stderr has been told why. */
MUST_USE int startup_run(const char *file, enum config_needs program, config_doubt *doubt,
                         int (*serve)(struct config *config, struct diag *diag));

/* startup_refuse(diag): says on stderr all that is in the way at once, before the first of it is.
 * Returns the exit code. */
MUST_USE int startup_refuse(const struct diag *diag);

#endif
