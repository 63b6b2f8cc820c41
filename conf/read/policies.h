/* policies: the rules of each policy, its final rules, and the samples of both. */
#ifndef CONF_READ_POLICIES_H
#define CONF_READ_POLICIES_H

#include "conf/read/build.h"

struct policy;

/* policies_read(build, root): fills build->config with the policy "default" and the group
 * `policies` below ${root}. Limits and lists come before. */
void policies_read(struct build *build, const config_setting_t *root);

/* policies_find(build, s, name): the policy of that name, or NULL after an error at ${s}. */
const struct policy *policies_find(struct build *build, const config_setting_t *s,
                                   struct slice name);

#endif
