/* milter_conf: a milter that is asked, and what it may do. */
#ifndef CONF_MILTER_CONF_H
#define CONF_MILTER_CONF_H

#include "filters/base/diag.h"
#include "filters/base/endpoint.h"

struct ruleset;

/* What is done with a message that a milter cannot judge. */
enum milter_failure {
    MILTER_FAILURE_TEMPFAIL,
    MILTER_FAILURE_REJECT,
    MILTER_FAILURE_CONTINUE,
    MILTER_FAILURE_QUARANTINE,
    MILTER_FAILURE_SHUTDOWN,
};

/* What a milter may change. */
enum milter_may {
    MILTER_MAY_HEADERS = 1,
    MILTER_MAY_BODY = 2,
    MILTER_MAY_SENDER = 4,
    MILTER_MAY_RECIPIENTS = 8,
    MILTER_MAY_QUARANTINE = 16,
};
#define MILTER_MAY_ALL 31U

/* Whose habits a milter is used to. */
enum milter_style { MILTER_STYLE_POSTFIX, MILTER_STYLE_SENDMAIL };

#define MILTERS_MAX 32 /* of one policy */

struct milter_conf {
    struct slice name;
    struct endpoint endpoint;
    enum milter_failure on_failure;
    unsigned may;                   /* mask of enum milter_may */
    enum milter_style macros;       /* those it hears of without asking */
    enum milter_style header_index; /* how it counts header fields */
    unsigned connect_timeout_ms, command_timeout_ms, content_timeout_ms;
    /* One rule, which refuses when the milter is to be asked; it is decided before the header.
     * NULL: always. */
    struct ruleset *when;
    struct place place;
};

#endif
