/* listeners: where clients arrive, and what may become of their mail. */
#ifndef CONF_READ_LISTENERS_H
#define CONF_READ_LISTENERS_H

#include "conf/read/build.h"

/* listeners_read(build, root): fills build->config with the list `listeners` below ${root}.
 * Upstreams and policies come before. */
void listeners_read(struct build *build, const config_setting_t *root);

#endif
