/* mta_answer: what an MTA is told. */
#ifndef PROXY_AS_MILTER_MTA_ANSWER_H
#define PROXY_AS_MILTER_MTA_ANSWER_H

#include "filters/base/reply.h"

enum answer_kind { ANSWER_CONTINUE, ANSWER_REJECT, ANSWER_TEMPFAIL, ANSWER_DISCARD };

struct mta_answer {
    enum answer_kind kind;
    struct reply reply; /* of a refusal; code 0: the MTA's own. Lives until the next call */
    unsigned delay_ms;  /* to wait before it is given */
};

#endif
