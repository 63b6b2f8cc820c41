/* actions: what stands in `then`, in the order of the file. */
#ifndef CONF_READ_ACTIONS_H
#define CONF_READ_ACTIONS_H

#include "conf/read/build.h"

struct rule;

/* actions_read(build, then, rule): fills the rule's actions in file order. */
void actions_read(struct build *build, const config_setting_t *then, struct rule *rule);

#endif
