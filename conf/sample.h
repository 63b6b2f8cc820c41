/* sample: a message inside a rule, which says what the policy must make of it. */
#ifndef CONF_SAMPLE_H
#define CONF_SAMPLE_H

#include "conf/origin.h"
#include "filters/base/diag.h"
#include "filters/base/slice.h"

/* One sample of a rule: judged by the whole policy when the configuration is checked. */
struct sample {
    struct place place;
    struct slice rule; /* the rule it stands in */
    struct origin origin;
    struct slice sender;
    const struct slice *recipients;
    size_t recipient_count;
    struct slice message; /* the file's absolute path, empty: the sample ends at DATA */
    struct slice
        expect; /* "continue", "accept", "discard", "quarantine", or how the reply begins */
};

#endif
