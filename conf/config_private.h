/* config_private: private to conf/: a configuration as its load begins it. */
#ifndef CONF_CONFIG_PRIVATE_H
#define CONF_CONFIG_PRIVATE_H

#include "conf/config.h"
#include "filters/base/arena.h"

#define CONFIG_BYTES_MAX ((size_t)1024 * 1024 * 1024) /* a guard against mistakes, not a limit */

/* config_create(): an empty one with one reference, for config_unref; or NULL when memory is out.
 */
struct config *config_create(void);

/* config_arena(config): where all of it lives but its rulesets and lists. */
struct arena *config_arena(struct config *config);

#endif
