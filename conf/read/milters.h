/* milters: the milters of each policy, and when each is asked. */
#ifndef CONF_READ_MILTERS_H
#define CONF_READ_MILTERS_H

#include "conf/read/build.h"

struct policy;

/* milters_read(build, group, policy): the milters in the member `milters` of ${group}, and their
 * conditions. limits_read and lists_read come before. */
void milters_read(struct build *build, const config_setting_t *group, struct policy *policy);

#endif
