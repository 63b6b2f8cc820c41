/* on_failure: what becomes of a message when something cannot be known. */
#ifndef CONF_ON_FAILURE_H
#define CONF_ON_FAILURE_H

#include "filters/verdict.h"

struct on_failure {
    /* VERDICT_TEMPFAIL, VERDICT_REJECT or VERDICT_CONTINUE */
    enum verdict_kind by_default, regex, milter, lookup, content;
};

#endif
