/* depots: private to conf/: where the gateway keeps what must outlive it: state_dir, and the groups
 * `quarantine` and `archive`. */
#ifndef CONF_READ_DEPOTS_H
#define CONF_READ_DEPOTS_H

#include <libconfig.h>

#include "conf/read/build.h"

/* depots_read(build, root): fills state_dir where the file has none, and both depots. Nothing is
 * made: whoever needs it first does. */
void depots_read(struct build *build, const config_setting_t *root);

#endif
