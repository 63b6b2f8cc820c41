/* log_conf: where the log goes, and how much of it. */
#ifndef CONF_LOG_CONF_H
#define CONF_LOG_CONF_H

#include "filters/base/slice.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_conf {
    struct slice to; /* "stderr", "syslog" or an absolute path */
    enum log_level level;
};

#endif
