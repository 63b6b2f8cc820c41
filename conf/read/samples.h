/* samples: the messages inside rules that say what the policy must make of them. */
#ifndef CONF_READ_SAMPLES_H
#define CONF_READ_SAMPLES_H

#include "conf/read/build.h"

struct sample;

/* samples_read(build, setting, rule, out): one sample of the rule of that name. false: an error was
 * recorded. */
bool samples_read(struct build *build, const config_setting_t *setting, struct slice rule,
                  struct sample *out);

#endif
