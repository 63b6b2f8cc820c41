/* transparent: what goes with listeners that intercept, and what does not. */
#ifndef CONF_READ_TRANSPARENT_H
#define CONF_READ_TRANSPARENT_H

#include "conf/read/build.h"

struct listener_conf;

/* transparent_check(build, listener): what does not go with interception. */
void transparent_check(struct build *build, const struct listener_conf *listener);

/* transparent_check_all(build, root): when the listeners are read: whether each upstream has the
 * addresses it needs, and no others. */
void transparent_check_all(struct build *build, const config_setting_t *root);

#endif
