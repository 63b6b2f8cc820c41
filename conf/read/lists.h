/* lists: the named lists, inline or in files. */
#ifndef CONF_READ_LISTS_H
#define CONF_READ_LISTS_H

#include "conf/read/build.h"

/* lists_read(build, root): fills build->config with the group `lists` below ${root}, and with the
 * census of each list. */
void lists_read(struct build *build, const config_setting_t *root);

#endif
