/* milter: the group `milter`: where `postern milter` listens, and which policy it runs there. */
#ifndef CONF_READ_MILTER_H
#define CONF_READ_MILTER_H

#include "conf/read/build.h"

/* milter_read(build, root, used): reads the group `milter`, after the policies. ${used}: rules that
 * do less under an MTA than in the proxy are warned of. */
void milter_read(struct build *build, const config_setting_t *root, bool used);

#endif
