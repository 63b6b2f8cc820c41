/* conditions: what stands in `when`. */
#ifndef CONF_READ_CONDITIONS_H
#define CONF_READ_CONDITIONS_H

#include "conf/read/build.h"

struct condition;

/* conditions_read(build, when): what the group `when` says, or NULL after an error that left
 * nothing. */
const struct condition *conditions_read(struct build *build, const config_setting_t *when);

#endif
