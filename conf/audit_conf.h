/* audit_conf: where the record goes, and what it keeps back. */
#ifndef CONF_AUDIT_CONF_H
#define CONF_AUDIT_CONF_H

#include "filters/base/slice.h"

enum privacy { PRIVACY_PLAIN, PRIVACY_HASH, PRIVACY_OMIT };

struct audit_conf {
    struct slice file; /* "-", an absolute path, or "syslog" */
    enum privacy subject, recipients, sender;
};

#endif
