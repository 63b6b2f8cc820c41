/* milter_service: where `postern milter` listens. */
#ifndef CONF_MILTER_SERVICE_H
#define CONF_MILTER_SERVICE_H

#include <stdbool.h>

#include "filters/base/diag.h"
#include "filters/base/endpoint.h"

struct policy;

#define MILTER_MODE_DEFAULT 0660
/* A rule's delay is waited for by the MTA, which gives up on a milter that is silent for long. */
#define MILTER_DELAY_MAX_MS 20000

/* Where `postern milter` listens, and what it does there. */
struct milter_service {
    bool given;
    struct endpoint endpoint;
    const struct policy *policy;
    unsigned mode; /* of a unix socket */
    struct place place;
};

#endif
