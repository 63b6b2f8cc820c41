/* upstreams: the servers behind the gateway. */
#ifndef CONF_READ_UPSTREAMS_H
#define CONF_READ_UPSTREAMS_H

#include "conf/read/build.h"

/* upstreams_read(build, root): fills build->config with the list `upstreams` below ${root}. */
void upstreams_read(struct build *build, const config_setting_t *root);

#endif
