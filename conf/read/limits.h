/* limits: the groups of plain values, their defaults and their bounds: limits, timeouts,
 * on_failure, audit, log. */
#ifndef CONF_READ_LIMITS_H
#define CONF_READ_LIMITS_H

#include "conf/read/build.h"

/* limits_read(build, root): fills build->config with the groups of plain values below ${root}:
 * `limits`, `timeouts`, `on_failure`, `audit` and `log`. */
void limits_read(struct build *build, const config_setting_t *root);

#endif
