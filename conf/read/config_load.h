/* config_load: from a file to a configuration. */
#ifndef CONF_READ_CONFIG_LOAD_H
#define CONF_READ_CONFIG_LOAD_H

#include "conf/needs.h"
#include "filters/base/diag.h"

/* The file, and ten that include each other; later lists and certificates, one at a time. */
#define CONFIG_LOAD_DESCRIPTORS 11

struct config;

/* What is to be said of a configuration without errors by whoever can try it; an error refuses it.
 */
typedef void config_doubt(const struct config *config, struct diag *diag);

/* config_load(path, needs, doubt, diag): reads and checks the file, what it includes, its list
 * files and rules; then ${doubt} looks at it: relay_check of those who serve or check a proxy, NULL
 * of others. Returns a configuration with one reference, or NULL with errors in ${diag}; warnings
 * and notes may be there either way. Samples are not run (trial_samples). Blocking file I/O: not
 * for an event loop's thread. */
struct config *config_load(const char *path, enum config_needs needs, config_doubt *doubt,
                           struct diag *diag);

#endif
