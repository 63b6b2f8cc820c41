/* resolver: who is asked for names and addresses, and how long. */
#ifndef CONF_READ_RESOLVER_H
#define CONF_READ_RESOLVER_H

#include "conf/read/build.h"

/* resolver_read(build, root): fills build->config with the group `resolver` below ${root}. */
void resolver_read(struct build *build, const config_setting_t *root);

#endif
